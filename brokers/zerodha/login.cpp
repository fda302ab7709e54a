#include "brokers/zerodha/login.hpp"

#include <openssl/evp.h>
#include <rapidjson/document.h>

#include <array>
#include <chrono>
#include <string>

#include "brokers/common/safe_text.hpp"
#include "brokers/zerodha/options.hpp"
#include "brokers/zerodha/url.hpp"
#include "gateway/net/http_client.hpp"

namespace tidegate::zerodha {
namespace {

using Verdict = CredentialAnswer::Verdict;

constexpr std::string_view kParameter = "request_token=";
constexpr std::size_t kTokenBytesMax = 512;

std::string sha256_hex(const std::string& text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) return {};
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) {
    hex += kHex[digest[i] >> 4U];
    hex += kHex[digest[i] & 0xFU];
  }
  return hex;
}

std::string complaint_of(const BrokerConfig& config) {
  if (config.text("api_key").empty()) return R"(api_key: missing; set it, e.g. api_key: "${KITE_API_KEY}")";
  if (config.text("api_secret").empty()) return R"(api_secret: missing, a login needs it; set it, e.g. api_secret: "${KITE_API_SECRET:-}")";
  return {};
}

std::string url_of(const BrokerConfig& config) {
  const std::string& page = config.text("login_url");
  const char joint = page.find('?') == std::string::npos ? '?' : '&';
  return page + joint + "v=3&api_key=" + common::percent_encoded(config.text("api_key"));
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\"'";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

bool is_token(std::string_view text) {
  return !text.empty() && text.size() <= kTokenBytesMax &&
         text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+=%") == std::string_view::npos;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

std::string percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0;
    decoded += escape ? static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2])) : text[i];
    if (escape) i += 2;
  }
  return decoded;
}

/// What a person brings back: the token alone, or the whole address that the browser ended at.
std::string request_token_of(std::string_view pasted) {
  std::string_view text = trimmed(pasted);
  std::size_t at = text.find(kParameter);
  while (at != std::string_view::npos && at != 0 && text[at - 1] != '?' && text[at - 1] != '&') at = text.find(kParameter, at + 1);
  if (at != std::string_view::npos) {
    text.remove_prefix(at + kParameter.size());
    text = text.substr(0, text.find_first_of("&#"));
    return is_token(text) ? percent_decoded(text) : std::string{};
  }
  return is_token(text) && text.find_first_of("=%") == std::string_view::npos ? std::string{text} : std::string{};
}

net::HttpCall exchange(const BrokerConfig& config, const std::string& request_token) {
  const Settings settings{config};
  const std::string& api_key = config.text("api_key");
  net::HttpCall call;
  call.method = "POST";
  call.url = settings.rest_url + "/session/token";
  call.headers.emplace_back("X-Kite-Version", "3");
  call.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  call.body = "api_key=" + common::percent_encoded(api_key) + "&request_token=" + common::percent_encoded(request_token) +
              "&checksum=" + sha256_hex(api_key + request_token + config.text("api_secret"));
  call.tls = {.verify = config.tls_verify, .ca_file = config.tls_ca_file};
  call.timeout = std::chrono::duration_cast<std::chrono::milliseconds>(settings.rest_timeout);
  call.body_bytes_max = 1U << 20U;
  return call;
}

const rapidjson::Value* member(const rapidjson::Value& object, const char* name) {
  if (!object.IsObject()) return nullptr;
  const auto it = object.FindMember(name);
  return it == object.MemberEnd() ? nullptr : &it->value;
}

std::string text_of(const rapidjson::Value* value) {
  return value != nullptr && value->IsString() ? std::string{value->GetString(), value->GetStringLength()} : std::string{};
}

CredentialAnswer read_answer(const net::HttpAnswer& answer, std::string& access_token) {
  if (answer.status == 0) return {Verdict::Unknown, "Kite could not be asked: " + printable(answer.error, {})};
  rapidjson::Document document;
  // Iterative: a hostile nesting depth must not use up the stack.
  document.Parse<rapidjson::kParseIterativeFlag>(answer.body.data(), answer.body.size());
  const bool readable = !document.HasParseError() && document.IsObject();
  const rapidjson::Value* data = readable ? member(document, "data") : nullptr;
  const std::string token = data != nullptr ? text_of(member(*data, "access_token")) : std::string{};
  if (answer.status == 200) {
    // The first line of a file is all that is read of it later.
    if (token.empty() || token.find_first_of("\r\n") != std::string::npos) return {Verdict::Unknown, "Kite's answer holds no access token"};
    access_token = token;
    return {Verdict::Works, "logged in"};
  }
  const std::string message = readable ? printable(text_of(member(document, "message")), {}) : std::string{};
  const std::string status = "HTTP " + std::to_string(answer.status);
  const std::string words = status + (message.empty() ? "" : ": " + message);
  if (answer.status >= 500 || answer.status == 429) return {Verdict::Unknown, "Kite could not exchange the token now (" + words + "); try again"};
  return {Verdict::Refused, "Kite refused the login (" + words +
                                "); a request token is good for a few minutes and for one use: log in again, and check api_key and "
                                "api_secret"};
}

}  // namespace

constinit const LoginHelper kLogin{
    .token_key = "access_token",
    .complaint = complaint_of,
    .url = url_of,
    .request_token = request_token_of,
    .exchange = exchange,
    .read_answer = read_answer,
};

}  // namespace tidegate::zerodha
