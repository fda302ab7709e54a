#include "brokers/zerodha/refusal.hpp"

#include <algorithm>
#include <chrono>
#include <string>

namespace tidegate::zerodha {
namespace {

constexpr int kDaySeconds = 24 * 3600;
constexpr std::size_t kWordsMax = 80;  // of the 119 that a status has

Duration retry_after(const net::WsClosed& closed) { return std::chrono::seconds{std::clamp(closed.retry_after_seconds, 0, kDaySeconds)}; }

common::LossVerdict judge_refusal(const net::WsClosed& closed, const Settings& settings) {
  common::LossVerdict verdict{.park = false, .wait_min = retry_after(closed), .state = BrokerState::Reconnecting, .reason = {}};
  verdict.reason = "connection refused with HTTP " + std::to_string(closed.http_status);
  if (is_rate_limit(closed)) {
    verdict.wait_min = std::max(verdict.wait_min, settings.rate_limit_wait);
    verdict.reason += ": Kite allows 3 connections per api_key; close those of other programs";
  } else if (is_our_fault(closed)) {
    verdict.wait_min = std::max(verdict.wait_min, settings.refused_wait);
    verdict.state = BrokerState::Down;
    verdict.reason += closed.http_status == 400 ? ": check the characters of api_key and access_token" : ": check ws_url";
  }
  return verdict;
}

}  // namespace

bool refuses_credentials(const net::WsClosed& closed) { return !closed.opened && closed.http_status == 403; }
bool is_rate_limit(const net::WsClosed& closed) { return !closed.opened && closed.http_status == 429; }
bool is_our_fault(const net::WsClosed& closed) {
  return !closed.opened && closed.http_status >= 300 && closed.http_status < 500 && closed.http_status != 408 && !is_rate_limit(closed);
}

common::LossVerdict judge_closed(const net::WsClosed& closed, const Settings& settings, const Credentials& used) {
  if (!closed.opened && closed.http_status >= 300) return judge_refusal(closed, settings);
  common::LossVerdict verdict{.park = false, .wait_min = {}, .state = BrokerState::Reconnecting, .reason = {}};
  verdict.reason = closed.opened ? "connection lost" : "cannot connect";
  if (!closed.reason.empty()) verdict.reason += ": " + printable(closed.reason, used, kWordsMax);
  return verdict;
}

}  // namespace tidegate::zerodha
