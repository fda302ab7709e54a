#include "brokers/zerodha/instrument_list.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <utility>

#include "brokers/zerodha/instruments.hpp"

namespace tidegate::zerodha {
namespace {

/// Longest wait for the next trading day before the clock is asked again: it may have been set, or the machine may have slept.
constexpr std::chrono::minutes kLookAgain{10};
constexpr std::int64_t kDaySeconds = 24 * 3600;

Duration retry_after(std::string_view header) {
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(header.data(), header.data() + header.size(), seconds);
  if (error != std::errc{} || end != header.data() + header.size()) return Duration::zero();
  return std::chrono::seconds{std::clamp<std::int64_t>(seconds, 0, kDaySeconds)};
}

}  // namespace

InstrumentList::InstrumentList(SessionHost& host, const BrokerConfig& config, const Settings& settings, OnList on_list, OnFailure on_failure)
    : host_(host),
      config_(config),
      settings_(settings),
      on_list_(std::move(on_list)),
      on_failure_(std::move(on_failure)),
      cache_(settings.instruments_cache, config.name, ".csv"),
      backoff_(config.reconnect_initial, config.reconnect_maximum, host.random_seed()),
      timer_(host.loop()),
      recheck_timer_(host.loop()) {}

void InstrumentList::start() {
  timer_.start(Duration::zero(), [this] { begin(); });
}

void InstrumentList::stop() {
  timer_.cancel();
  recheck_timer_.cancel();
  if (under_way_) host_.http().cancel(*under_way_);
  under_way_.reset();
}

void InstrumentList::begin() {
  const common::TradingDay day = today();
  const auto cached = cache_.read(day);
  if (!cached) return fetch();
  schedule_next_day();
  if (take(*cached, day, "the cache")) return;
  fetch();
}

void InstrumentList::fetch() {
  if (under_way_) return;
  timer_.cancel();
  due_ = requested_ = true;
  requested_at_ = host_.clock().mono();
  count(host_.counters().rest_requests);
  net::HttpCall call;
  call.url = settings_.rest_url + "/instruments";  // needs no Authorization (section 7.1)
  call.headers.emplace_back("X-Kite-Version", "3");
  call.tls = {.verify = config_.tls_verify, .ca_file = config_.tls_ca_file};
  call.timeout = std::chrono::duration_cast<std::chrono::milliseconds>(settings_.rest_timeout);
  under_way_ = host_.http().send(std::move(call), host_.loop(), [this, day = today()](net::HttpAnswer&& answer) {
    under_way_.reset();
    on_answer(std::move(answer), day);
  });
}

void InstrumentList::on_answer(net::HttpAnswer&& answer, common::TradingDay day) {
  if (answer.status != 200) {
    count(host_.counters().rest_failures);
    if (answer.status == 429) count(host_.counters().rate_limited);
    const std::string words = answer.status == 0 ? answer.error : "HTTP " + std::to_string(answer.status);
    const bool refused = answer.status >= 400 && answer.status < 500 && answer.status != 408 && answer.status != 429;
    failed(refused, words);
    if (const Duration wait = retry_after(answer.header("retry-after")); wait > backoff_.ceiling() && timer_.pending()) {
      timer_.start(wait, [this] { on_time(); });
    }
    return;
  }
  due_ = false;
  schedule_next_day();
  if (!take(answer.body, day, "the answer")) return failed(false, "the answer is no instrument list");
  backoff_.reset();
  const std::string problem = cache_.write(day, answer.body);
  if (!problem.empty() && !std::exchange(cache_warned_, true)) {
    spdlog::warn("{}: the instrument list is not kept for the next start: {}; set instruments_cache to a folder that can be written, or to none",
                 config_.name, problem);
  }
}

bool InstrumentList::take(std::string_view text, common::TradingDay day, std::string_view from) {
  auto list = parse_instruments(text);
  if (!list.ok() || list->instruments.empty()) {
    spdlog::warn("{}: {} is no instrument list", config_.name, from);
    return false;
  }
  if (list->bad_rows > 0) {
    spdlog::warn("{}: {} rows of the instrument list cannot be read, the first in line {}: {} {}", config_.name, list->bad_rows, list->first_bad_line,
                 tidegate::to_text(list->first_bad.reason), list->first_bad.field);
  }
  day_ = day;
  on_list_(std::move(list.value().instruments));
  return true;
}

void InstrumentList::failed(bool refused, std::string_view words) {
  due_ = true;
  timer_.start(backoff_.next(), [this] { on_time(); });
  fall_back();
  on_failure_(refused, words);
}

void InstrumentList::fall_back() {
  if (day_) return;
  const common::TradingDay day = today();
  for (const common::TradingDay old : cache_.days()) {
    if (old == day) continue;  // was tried at the start
    const auto text = cache_.read(old);
    if (!text || !take(*text, old, "the cache")) continue;
    return spdlog::warn("{}: the instrument list of {} is used until today's comes", config_.name, common::to_text(old));
  }
}

void InstrumentList::announced(std::string_view etag) {
  if (etag.empty() || etag == etag_) return;
  const bool first = etag_.empty();
  etag_ = etag;
  if (!first) recheck();
}

void InstrumentList::missed() {
  if (!requested_) recheck();
}

void InstrumentList::recheck() {
  if (recheck_timer_.pending()) return;
  const Duration since = host_.clock().mono() - requested_at_;
  const Duration wait = requested_ ? std::max(settings_.instruments_recheck - since, Duration::zero()) : Duration::zero();
  recheck_timer_.start(wait, [this] { fetch(); });
}

void InstrumentList::schedule_next_day() {
  const UtcTime now = host_.clock().utc();
  const Duration left{common::next_trading_day(now, settings_.instruments_at).ns - now.ns};
  timer_.start(std::clamp<Duration>(left, std::chrono::milliseconds{1}, kLookAgain), [this] { on_time(); });
}

void InstrumentList::on_time() {
  if (!due_ && day_ && *day_ == today()) return schedule_next_day();
  fetch();
}

}  // namespace tidegate::zerodha
