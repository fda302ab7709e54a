#include "brokers/ibkr/rest_answer.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <utility>

#include "brokers/ibkr/contract_json.hpp"

namespace tidegate::ibkr {
namespace {

using RestKind = RestAnswer::Kind;

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

std::optional<bool> truth_of(const rapidjson::Value* value) {
  return value != nullptr && value->IsBool() ? std::optional{value->GetBool()} : std::nullopt;
}

/// A page, which the gateway program shows under every address it does not know, and in front of a login.
bool is_page(const RestAnswer& answer) { return answer.body.find_first_not_of(" \t\r\n") == answer.body.find('<') && !answer.body.empty(); }

RestKind classify(const RestAnswer& answer, bool object_or_array) {
  const std::string words = lower(answer.words);
  const bool no_session = words.find("no session") != std::string::npos;
  if (answer.status == 401 || no_session) return RestKind::NoLogin;
  if (answer.status == 429) return RestKind::RateLimited;
  if (answer.status == 403) return RestKind::Refused;
  if (answer.status >= 500 || !object_or_array) return RestKind::Unreachable;
  return answer.status >= 400 ? RestKind::Refused : RestKind::Success;
}

}  // namespace

bool means_certificate(std::string_view words) {
  return words.find("certificate") != std::string_view::npos || words.find("tls.ca_file") != std::string_view::npos;
}

RestAnswer read_answer(net::HttpAnswer&& given) {
  RestAnswer answer;
  answer.status = given.status;
  answer.retry_after = retry_after_of(given);
  answer.body = std::move(given.body);
  if (answer.status == 0) {
    answer.kind = means_certificate(given.error) ? RestKind::Untrusted : RestKind::Unreachable;
    answer.words = std::move(given.error);
    return answer;
  }
  rapidjson::Document document;
  const bool json = parse_json(document, answer.body) && (document.IsObject() || document.IsArray());
  if (json) answer.words = json_text(json_member(document, "error"));
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

AuthStatus read_auth_status(const rapidjson::Value& object) {
  return {.authenticated = truth_of(json_member(object, "authenticated")),
          .established = truth_of(json_member(object, "established")),
          .competing = truth_of(json_member(object, "competing")),
          .message = std::string{json_text(json_member(object, "message"))}};
}

std::optional<AuthStatus> read_auth_status(std::string_view body) {
  rapidjson::Document document;
  if (!parse_json(document, body) || json_member(document, "authenticated") == nullptr) return std::nullopt;
  return read_auth_status(document);
}

std::string read_session(std::string_view body) {
  rapidjson::Document document;
  return parse_json(document, body) ? std::string{json_text(json_member(document, "session"))} : std::string{};
}

std::optional<AuthStatus> read_tickle_status(std::string_view body) {
  rapidjson::Document document;
  if (!parse_json(document, body)) return std::nullopt;
  const rapidjson::Value* server = json_member(document, "iserver");
  const rapidjson::Value* status = server == nullptr ? nullptr : json_member(*server, "authStatus");
  if (status == nullptr || json_member(*status, "authenticated") == nullptr) return std::nullopt;
  return read_auth_status(*status);
}

std::string read_account(std::string_view body) {
  rapidjson::Document document;
  if (!parse_json(document, body)) return {};
  if (const std::string_view selected = json_text(json_member(document, "selectedAccount")); !selected.empty()) return std::string{selected};
  const rapidjson::Value* accounts = json_member(document, "accounts");
  if (accounts == nullptr || !accounts->IsArray() || accounts->Empty()) return {};
  return std::string{json_text(&(*accounts)[0])};
}

}  // namespace tidegate::ibkr
