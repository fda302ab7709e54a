#include "brokers/ibkr/rest_answer.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <utility>

#include "brokers/ibkr/json_members.hpp"

namespace tidegate::ibkr {
namespace {

using Kind = RestAnswer::Kind;

constexpr std::int64_t kRetryAfterMax = 24 * 3600;
constexpr std::size_t kPlainWordsMax = 100;

std::string lower(std::string_view text) {
  std::string result{text};
  std::transform(result.begin(), result.end(), result.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

std::optional<Duration> retry_after_of(const net::HttpAnswer& answer) {
  const std::string_view text = answer.header("retry-after");
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return std::chrono::seconds{std::clamp<std::int64_t>(seconds, 0, kRetryAfterMax)};
}

AuthStatus status_of(const rapidjson::Value* value) {
  return {.authenticated = truth_of(member(value, "authenticated")),
          .established = truth_of(member(value, "established")),
          .competing = truth_of(member(value, "competing")),
          .message = std::string{text_of(member(value, "message"))}};
}

/// A page, which the gateway program shows under every address it does not know, and in front of a login.
bool is_page(const RestAnswer& answer) { return answer.body.find_first_not_of(" \t\r\n") == answer.body.find('<') && !answer.body.empty(); }

Kind classify(const RestAnswer& answer, bool object_or_array) {
  const std::string words = lower(answer.words);
  const bool no_session = words.find("no session") != std::string::npos;
  if (answer.status == 401 || no_session) return Kind::NoLogin;
  if (answer.status == 429) return Kind::RateLimited;
  if (answer.status == 403) return Kind::Refused;
  if (answer.status >= 500 || !object_or_array) return Kind::Unreachable;
  return answer.status >= 400 ? Kind::Refused : Kind::Success;
}

}  // namespace

bool means_certificate(std::string_view words) {
  const std::string text = lower(words);
  return text.find("certificate") != std::string::npos && text.find("setting certificate") == std::string::npos;  // our own file
}

RestAnswer read_answer(net::HttpAnswer&& given) {
  RestAnswer answer;
  answer.status = given.status;
  answer.retry_after = retry_after_of(given);
  answer.body = std::move(given.body);
  if (answer.status == 0) {
    const bool untrusted = means_certificate(given.error);
    answer.kind = untrusted ? Kind::Untrusted : Kind::Unreachable;
    answer.words = untrusted ? std::string{kCertificateWords} : given.error;
    return answer;
  }
  rapidjson::Document document;
  parse(document, answer.body);
  const bool json = !document.HasParseError() && (document.IsObject() || document.IsArray());
  if (json) answer.words = text_of(member(&document, "error"));
  if (answer.words.empty()) {
    answer.words = "HTTP " + std::to_string(answer.status);
    if (is_page(answer)) {
      answer.words += answer.status == 404 ? ", a page: check the path of rest_url" : ", a page";
    } else if (!json && !answer.body.empty()) {
      answer.words += ": " + answer.body.substr(0, kPlainWordsMax);
    }
  }
  answer.kind = classify(answer, json);
  return answer;
}

void AuthStatus::merge(const AuthStatus& news) {
  if (news.authenticated) authenticated = news.authenticated;
  if (news.established) established = news.established;
  if (news.competing) competing = news.competing;
  if (!news.message.empty()) message = news.message;
}

std::optional<AuthStatus> read_auth_status(std::string_view body) {
  rapidjson::Document document;
  parse(document, body);
  if (document.HasParseError() || member(&document, "authenticated") == nullptr) return std::nullopt;
  return status_of(&document);
}

std::string read_session(std::string_view body) {
  rapidjson::Document document;
  parse(document, body);
  return document.HasParseError() ? std::string{} : std::string{text_of(member(&document, "session"))};
}

std::optional<AuthStatus> read_tickle_status(std::string_view body) {
  rapidjson::Document document;
  parse(document, body);
  if (document.HasParseError()) return std::nullopt;
  const rapidjson::Value* status = member(member(&document, "iserver"), "authStatus");
  return member(status, "authenticated") == nullptr ? std::nullopt : std::optional{status_of(status)};
}

std::string read_account(std::string_view body) {
  rapidjson::Document document;
  parse(document, body);
  if (document.HasParseError()) return {};
  if (const std::string_view selected = text_of(member(&document, "selectedAccount")); !selected.empty()) return std::string{selected};
  const rapidjson::Value* accounts = member(&document, "accounts");
  if (accounts == nullptr || !accounts->IsArray() || accounts->Empty()) return {};
  return std::string{text_of(&(*accounts)[0])};
}

}  // namespace tidegate::ibkr
