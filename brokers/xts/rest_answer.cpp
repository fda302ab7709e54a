#include "brokers/xts/rest_answer.hpp"

#include <rapidjson/document.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <utility>

#include "brokers/xts/broker_clock.hpp"

namespace tidegate::xts {
namespace {

using Kind = RestAnswer::Kind;

constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::int64_t kRetryAfterMax = 24 * 3600;
constexpr std::int64_t kIndiaSeconds = 19'800;  // ahead of UTC
constexpr std::int64_t kSecondsADay = 86'400;
constexpr std::int64_t kSecondsMax = 8'000'000'000;  // in nanoseconds still 64 bits

const rapidjson::Value* member(const rapidjson::Value& object, const char* name) {
  if (!object.IsObject()) return nullptr;
  const auto it = object.FindMember(name);
  return it == object.MemberEnd() ? nullptr : &it->value;
}

std::string_view text_of(const rapidjson::Value* value) {
  if (value == nullptr || !value->IsString()) return {};
  return {value->GetString(), value->GetStringLength()};
}

// Iterative: a hostile nesting depth must not use up the stack.
void parse(rapidjson::Document& document, std::string_view text) { document.Parse<rapidjson::kParseIterativeFlag>(text.data(), text.size()); }

/// The envelope, also when it is the only element of an array; null: the body is none.
const rapidjson::Value* envelope_of(const rapidjson::Document& document) {
  if (document.HasParseError()) return nullptr;
  const rapidjson::Value* value = &document;
  if (value->IsArray() && value->Size() == 1) value = &(*value)[0];
  return value->IsObject() ? value : nullptr;
}

std::string lower(std::string_view text) {
  std::string result{text};
  std::transform(result.begin(), result.end(), result.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

/// Calls `take` with the text of each quote in result.listQuotes: an array of texts, or one bare text.
template <class Take>
void for_each_quote(const rapidjson::Value& envelope, Take&& take) {
  const rapidjson::Value* result = member(envelope, "result");
  const rapidjson::Value* quotes = result == nullptr ? nullptr : member(*result, "listQuotes");
  if (quotes == nullptr) return;
  if (quotes->IsString()) return take(text_of(quotes));
  if (!quotes->IsArray()) return;
  for (const auto& quote : quotes->GetArray()) take(text_of(&quote));
}

// The order matters: the text of the limit holds "already subscribed", and that of the rate limit "limit exceeded" (section 3.2).
Kind classify(int status, std::string_view code, std::string_view words) {
  const auto has = [&words](std::string_view word) { return words.find(word) != std::string_view::npos; };
  if (status == 429 || code.starts_with("e-apirl") || has("rate limit")) return Kind::RateLimited;
  if (has("limit") && has("exceed")) return Kind::LimitReached;
  if (has("already subscribed")) return Kind::AlreadySubscribed;
  if (status == 401 || has("token") || (has("session") && has("expired"))) return Kind::TokenRejected;
  if (code.starts_with("e-instrument") || (has("instrument") && (has("not found") || has("invalid")))) return Kind::NotFound;
  return Kind::Refused;
}

void read_envelope(const rapidjson::Value& envelope, RestAnswer& answer) {
  const std::string code = lower(text_of(member(envelope, "code")));
  answer.words = text_of(member(envelope, "description"));
  if (answer.words.empty()) answer.words = text_of(member(envelope, "message"));
  if (const rapidjson::Value* result = member(envelope, "result"); result != nullptr) {
    const rapidjson::Value* remaining = member(*result, "Remaining_Subscription_Count");
    if (remaining != nullptr && remaining->IsInt64()) answer.remaining = std::max<std::int64_t>(remaining->GetInt64(), 0);
  }
  for_each_quote(envelope, [&answer](std::string_view quote) { answer.quotes += quote.empty() ? 0 : 1; });
  if (lower(text_of(member(envelope, "type"))) == "success") {
    answer.kind = Kind::Success;
  } else {
    answer.kind = classify(answer.status, code, lower(answer.words));
    // The broker's own trouble says nothing about what was asked.
    if (answer.kind == Kind::Refused && answer.status >= 500) answer.kind = Kind::Unreachable;
  }
}

/// A body that is no envelope blames nothing that was asked, unless its few words do.
void read_plain(RestAnswer& answer) {
  answer.words = "HTTP " + std::to_string(answer.status);
  const bool page = answer.body.find('<') != std::string::npos;
  if (!page && !answer.body.empty()) answer.words += ": " + answer.body.substr(0, 200);
  const Kind kind = classify(answer.status, {}, page ? std::string{} : lower(answer.body));
  answer.kind = kind == Kind::Refused || kind == Kind::NotFound ? Kind::Unreachable : kind;
  if (answer.status == 404) answer.words += ": no XTS application there; check the path of rest_url";
}

int base64url_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '-' || c == '+') return 62;
  return c == '_' || c == '/' ? 63 : -1;
}

std::optional<std::string> from_base64url(std::string_view text) {
  std::string bytes;
  std::uint32_t buffer = 0;
  int bits = 0;
  while (text.ends_with('=')) text.remove_suffix(1);
  for (const char c : text) {
    const int digit = base64url_digit(c);
    if (digit < 0) return std::nullopt;
    buffer = (buffer << 6U) | static_cast<std::uint32_t>(digit);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>((buffer >> static_cast<unsigned>(bits)) & 0xFFU);
  }
  return bytes;
}

/// Zero: not sent.
std::int64_t last_update(const rapidjson::Value& quote) {
  const rapidjson::Value* nested = member(quote, "Touchline");
  const rapidjson::Value* value = member(nested != nullptr && nested->IsObject() ? *nested : quote, "LastUpdateTime");
  return value != nullptr && value->IsInt64() ? value->GetInt64() : 0;
}

bool read_number(std::string_view text, int& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && text.front() != '-';
}

}  // namespace

RestAnswer read_answer(net::HttpAnswer&& given) {
  RestAnswer answer;
  answer.status = given.status;
  if (given.status == 0) {
    answer.words = std::move(given.error);
    return answer;
  }
  const std::string_view wait = given.header("retry-after");
  if (std::int64_t seconds = 0; std::from_chars(wait.data(), wait.data() + wait.size(), seconds).ec == std::errc{}) {
    answer.retry_after = std::chrono::seconds{std::clamp<std::int64_t>(seconds, 0, kRetryAfterMax)};
  }
  answer.body = std::move(given.body);
  rapidjson::Document document;
  parse(document, answer.body);
  if (const rapidjson::Value* envelope = envelope_of(document)) {
    read_envelope(*envelope, answer);
  } else {
    read_plain(answer);
  }
  if (answer.words.empty()) answer.words = "HTTP " + std::to_string(answer.status);
  return answer;
}

std::optional<Login> read_login(std::string_view body) {
  rapidjson::Document document;
  parse(document, body);
  const rapidjson::Value* envelope = envelope_of(document);
  const rapidjson::Value* result = envelope == nullptr ? nullptr : member(*envelope, "result");
  if (result == nullptr) return std::nullopt;
  Login login{.token = std::string{text_of(member(*result, "token"))},
              .user = std::string{text_of(member(*result, "userID"))},
              .application_expiry = std::string{text_of(member(*result, "application_expiry_date"))}};
  // It becomes a header and a part of a URL.
  const bool sound = std::all_of(login.token.begin(), login.token.end(), [](char c) { return c > ' ' && c <= '~'; });
  if (login.token.empty() || !sound) return std::nullopt;
  return login;
}

std::optional<UtcTime> token_end(std::string_view token) {
  const std::size_t first = token.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  token.remove_prefix(first + 1);
  const auto claims = from_base64url(token.substr(0, token.find('.')));
  if (!claims) return std::nullopt;
  rapidjson::Document document;
  parse(document, *claims);
  if (document.HasParseError()) return std::nullopt;
  const rapidjson::Value* end = member(document, "exp");
  if (end == nullptr || !end->IsInt64() || end->GetInt64() <= 0 || end->GetInt64() > kSecondsMax) return std::nullopt;
  return UtcTime{end->GetInt64() * kSecondNs};
}

std::optional<std::int64_t> days_until(std::string_view date, UtcTime now) {
  int day = 0;
  int month = 0;
  int year = 0;
  if (date.size() != 10 || date[2] != '-' || date[5] != '-') return std::nullopt;
  if (!read_number(date.substr(0, 2), day) || !read_number(date.substr(3, 2), month) || !read_number(date.substr(6), year)) return std::nullopt;
  const std::chrono::year_month_day parsed{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                           std::chrono::day{static_cast<unsigned>(day)}};
  if (!parsed.ok()) return std::nullopt;
  const std::int64_t end = std::chrono::sys_days{parsed}.time_since_epoch().count() * kSecondsADay + kSecondsADay - kIndiaSeconds;
  return (end - now.ns / kSecondNs) / kSecondsADay;
}

std::optional<UtcTime> newest_update(std::string_view body, UtcTime now) {
  rapidjson::Document document;
  parse(document, body);
  const rapidjson::Value* envelope = envelope_of(document);
  std::optional<UtcTime> newest;
  if (envelope == nullptr) return newest;
  for_each_quote(*envelope, [&](std::string_view text) {
    rapidjson::Document quote;
    parse(quote, text);
    if (quote.HasParseError()) return;
    const UtcTime updated = BrokerClock{now}.since_1980(last_update(quote));
    if (updated.known() && (!newest || *newest < updated)) newest = updated;
  });
  return newest;
}

}  // namespace tidegate::xts
