// Keeps a broker's instrument list current: from the day's cache file or the broker at the start, then when a trading day begins, and when there is
// reason to think that it changed.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "brokers/adapter.hpp"
#include "brokers/common/backoff.hpp"
#include "brokers/common/instrument_cache.hpp"
#include "brokers/common/instrument_fields.hpp"
#include "brokers/common/log_pacer.hpp"
#include "brokers/common/trading_day.hpp"
#include "gateway/net/event_loop.hpp"
#include "gateway/net/http_client.hpp"

namespace tidegate::common {

/// What asking the broker for its list came to.
struct ListAttempt {
  std::string text;      // the list in the form that the cache keeps; empty: nothing new came
  std::string problem;   // empty: the list is whole. Otherwise what is missing and why, without credentials
  bool refused = false;  // the broker answered, and said no
  Duration wait{};       // the broker wants to be left alone so long
};

/// For an answer other than 200: what is wrong in words, whether it is a refusal, and its Retry-After.
[[nodiscard]] ListAttempt failed_attempt(const net::HttpAnswer& answer);

/// The broker's side of a DailyList.
class ListSource {
 public:
  virtual ~ListSource() = default;
  /// Asks the broker for the list of `day`; `done` runs once, later, unless cancelled.
  virtual void fetch(TradingDay day, std::function<void(ListAttempt&&)> done) = 0;
  virtual void cancel_fetch() noexcept = 0;
  /// Reads what an attempt or the cache holds.
  virtual Result<ParsedInstruments> parse(std::string_view text) = 0;
};

/// The loop's thread.
class DailyList {
 public:
  using OnList = std::function<void(std::vector<Instrument>&&)>;
  /// An attempt failed in whole or in part and will be repeated. `refused`: the broker answered, and said no.
  using OnFailure = std::function<void(bool refused, std::string_view words)>;

  struct Settings {
    std::string cache_folder;  // empty: no cache
    std::string_view cache_suffix;
    Duration at{};       // time of day in India at which a trading day begins
    Duration recheck{};  // least time between a request and one because the list may have changed
  };

  DailyList(SessionHost& host, const BrokerConfig& config, const Settings& settings, ListSource& source, OnList on_list, OnFailure on_failure);
  ~DailyList() { stop(); }
  DailyList(const DailyList&) = delete;
  DailyList& operator=(const DailyList&) = delete;

  void start();
  void stop();
  /// Gives the list of the day again, from the cache or the broker.
  void read_again();
  /// The broker has another list now.
  void changed();
  /// A wish names an instrument that is not in the list. Contracts are added during the day, so a list that came from the disk may lack it.
  void missed();

 private:
  void begin();
  void fetch();
  void on_attempt(ListAttempt&& attempt, TradingDay day);
  void failed(const ListAttempt& attempt);
  void tell(std::string_view problem);
  /// Takes the newest cached list when there is none at all; the requests go on.
  void fall_back();
  bool take(std::string_view text, TradingDay day, std::string_view from);
  void keep(std::string_view text, TradingDay day);
  void schedule_next_day();
  void on_time();

  [[nodiscard]] TradingDay today() const { return trading_day(host_.clock().utc(), at_); }

  SessionHost& host_;
  const BrokerConfig& config_;
  ListSource& source_;
  OnList on_list_;
  OnFailure on_failure_;
  Duration at_;
  Duration recheck_;
  InstrumentCache cache_;
  Backoff backoff_;
  net::Timer timer_;          // the next attempt, or the next trading day
  net::Timer recheck_timer_;  // a list that changed
  bool under_way_ = false;
  std::optional<TradingDay> day_;  // of the list in use
  MonoTime requested_at_{};
  bool requested_ = false;  // since the start
  bool due_ = false;        // asked for, and not whole yet
  bool cache_warned_ = false;
  LogPacer log_;
};

}  // namespace tidegate::common
