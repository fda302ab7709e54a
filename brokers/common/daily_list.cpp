#include "brokers/common/daily_list.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <utility>

namespace tidegate::common {
namespace {

/// Longest wait for the next trading day before the clock is asked again: it may have been set, or the machine may have slept.
constexpr std::chrono::minutes kClockLookAgain{10};
constexpr std::int64_t kDaySeconds = 24 * 3600;

Duration retry_after(std::string_view header) {
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(header.data(), header.data() + header.size(), seconds);
  if (error != std::errc{} || end != header.data() + header.size()) return Duration::zero();
  return std::chrono::seconds{std::clamp<std::int64_t>(seconds, 0, kDaySeconds)};
}

}  // namespace

ListAttempt failed_attempt(const net::HttpAnswer& answer) {
  ListAttempt attempt;
  attempt.problem = answer.status == 0 ? answer.error : "HTTP " + std::to_string(answer.status);
  attempt.refused = answer.status >= 400 && answer.status < 500 && answer.status != 408 && answer.status != 429;
  attempt.wait = retry_after(answer.header("retry-after"));
  return attempt;
}

DailyList::DailyList(SessionHost& host, const BrokerConfig& config, const Settings& settings, ListSource& source, OnList on_list,
                     OnFailure on_failure)
    : host_(host),
      config_(config),
      source_(source),
      on_list_(std::move(on_list)),
      on_failure_(std::move(on_failure)),
      at_(settings.at),
      recheck_(settings.recheck),
      cache_(settings.cache_folder, config.name, settings.cache_suffix),
      backoff_(config.reconnect_initial, config.reconnect_maximum, host.random_seed()),
      timer_(host.loop()),
      recheck_timer_(host.loop()) {}

void DailyList::start() {
  timer_.start(Duration::zero(), [this] { begin(); });
}

void DailyList::read_again() {
  if (under_way_) return;  // what comes is given anyway
  if (due_) return fetch();
  start();
}

void DailyList::stop() {
  timer_.cancel();
  recheck_timer_.cancel();
  if (std::exchange(under_way_, false)) source_.cancel_fetch();
}

void DailyList::begin() {
  const TradingDay day = today();
  const auto cached = cache_.read(day);
  if (!cached) return fetch();
  schedule_next_day();
  if (take(*cached, day, "the cache")) return;
  fetch();
}

void DailyList::fetch() {
  if (under_way_) return;
  timer_.cancel();
  under_way_ = due_ = requested_ = true;
  requested_at_ = host_.clock().mono();
  source_.fetch(today(), [this, day = today()](ListAttempt&& attempt) {
    under_way_ = false;
    on_attempt(std::move(attempt), day);
  });
}

void DailyList::on_attempt(ListAttempt&& attempt, TradingDay day) {
  if (attempt.text.empty()) return failed(attempt);
  due_ = false;
  schedule_next_day();
  if (!take(attempt.text, day, "the answer")) return failed({.text = {}, .problem = "the answer is no instrument list"});
  if (!attempt.problem.empty()) return failed(attempt);
  backoff_.reset();
  keep(attempt.text, day);
}

bool DailyList::take(std::string_view text, TradingDay day, std::string_view from) {
  auto list = source_.parse(text);
  if (!list.ok() || list->instruments.empty()) {
    spdlog::warn("{}: {} is no instrument list", config_.name, from);
    return false;
  }
  if (list->bad_rows > 0) {
    spdlog::warn("{}: {} rows of the instrument list cannot be read, the first in line {}: {} {}", config_.name, list->bad_rows, list->first_bad_line,
                 tidegate::to_text(list->first_bad.reason), list->first_bad.field);
  }
  if (list->duplicates > 0) {
    spdlog::warn("{}: {} rows of the instrument list have the symbol or the id of an earlier one, and are left out", config_.name, list->duplicates);
  }
  day_ = day;
  on_list_(std::move(list.value().instruments));
  return true;
}

void DailyList::keep(std::string_view text, TradingDay day) {
  const std::string problem = cache_.write(day, text);
  if (!problem.empty() && !std::exchange(cache_warned_, true)) {
    spdlog::warn("{}: the instrument list is not kept for the next start: {}; set instruments_cache to a folder that can be written, or to none",
                 config_.name, problem);
  }
}

void DailyList::failed(const ListAttempt& attempt) {
  due_ = true;
  timer_.start(std::max(backoff_.next(), attempt.wait), [this] { on_time(); });
  tell(attempt.problem);
  fall_back();
  on_failure_(attempt.refused, attempt.problem);
}

// With a list in use nothing else would show that it is old, or lacks a part.
void DailyList::tell(std::string_view problem) {
  if (!day_) return;
  if (const auto kept_back = log_.take(host_.clock().mono())) {
    spdlog::warn("{}: instruments are missing or of an earlier day: {}; they are asked for again ({} more were left out)", config_.name, problem,
                 *kept_back);
  }
}

void DailyList::fall_back() {
  if (day_) return;
  const TradingDay day = today();
  for (const TradingDay old : cache_.days()) {
    if (old == day) continue;  // was tried at the start
    const auto text = cache_.read(old);
    if (!text || !take(*text, old, "the cache")) continue;
    return spdlog::warn("{}: the instrument list of {} is used until today's comes", config_.name, to_text(old));
  }
}

void DailyList::missed() {
  if (!requested_) changed();
}

void DailyList::changed() {
  if (recheck_timer_.pending()) return;
  const Duration since = host_.clock().mono() - requested_at_;
  const Duration wait = requested_ ? std::max(recheck_ - since, Duration::zero()) : Duration::zero();
  recheck_timer_.start(wait, [this] { fetch(); });
}

void DailyList::schedule_next_day() {
  const UtcTime now = host_.clock().utc();
  const Duration left{next_trading_day(now, at_).ns - now.ns};
  timer_.start(std::clamp<Duration>(left, std::chrono::milliseconds{1}, kClockLookAgain), [this] { on_time(); });
}

void DailyList::on_time() {
  if (!due_ && day_ && *day_ == today()) return schedule_next_day();
  fetch();
}

}  // namespace tidegate::common
