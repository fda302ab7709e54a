#include "brokers/binance/refusal.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <string>

namespace tidegate::binance {
namespace {

constexpr int kPolicyViolation = 1008;
constexpr std::int64_t kWeekSeconds = 7 * 24 * 3600;

std::string with_words(std::string text, const net::WsClosed& closed) {
  if (!closed.reason.empty()) text.append(": ").append(closed.reason);
  return text;
}

common::LossVerdict judge_refusal(const net::WsClosed& closed, const Settings& settings) {
  common::LossVerdict verdict{.park = false, .wait_min = {}, .state = BrokerState::Down, .reason = {}};
  verdict.reason = "connection refused with HTTP " + std::to_string(closed.http_status);
  switch (closed.http_status) {
    case 451:
      verdict.park = true;
      verdict.reason += ": the venue does not serve this location; set ws_url to a host that does";
      break;
    case 403:
      verdict.wait_min = settings.refused_wait;
      verdict.reason += ": blocked by the venue's firewall, after too many attempts or for this location";
      break;
    case 418:
    case 429:
      verdict.wait_min = closed.retry_after_seconds > 0 ? retry_after(closed.retry_after_seconds) : settings.refused_wait;
      verdict.reason += ": too many requests from this address";
      break;
    case 404:
      verdict.reason += ": check ws_url";
      break;
    default:
      break;
  }
  return verdict;
}

}  // namespace

common::LossVerdict judge_closed(const net::WsClosed& closed, const Settings& settings) {
  if (!closed.opened && closed.http_status >= 300) return judge_refusal(closed, settings);
  common::LossVerdict verdict{.park = false, .wait_min = {}, .state = BrokerState::Reconnecting, .reason = {}};
  if (!closed.opened) {
    verdict.reason = with_words("cannot connect", closed);
  } else if (closed.code == kPolicyViolation) {
    verdict.wait_min = settings.slow_down_wait;
    verdict.reason = with_words("closed by the venue with 1008", closed);
  } else {
    verdict.reason = with_words("connection lost", closed);
  }
  return verdict;
}

bool is_rate_limit(const net::WsClosed& closed) {
  if (closed.opened) return closed.code == kPolicyViolation;
  return closed.http_status == 429 || closed.http_status == 418;
}

Duration retry_after(std::int64_t seconds) { return std::chrono::seconds{std::clamp<std::int64_t>(seconds, 0, kWeekSeconds)}; }

Duration retry_after(std::string_view header, Duration standard) {
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(header.data(), header.data() + header.size(), seconds);
  if (error != std::errc{} || end != header.data() + header.size() || seconds <= 0) return standard;
  return retry_after(seconds);
}

}  // namespace tidegate::binance
