// Keeps Kite's instrument list current: from the day's cache file or REST at the start, then when a trading day begins, and when the socket announces
// another list.
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
#include "brokers/zerodha/options.hpp"
#include "gateway/net/event_loop.hpp"
#include "gateway/net/http_client.hpp"

namespace tidegate::zerodha {

/// The loop's thread.
class InstrumentList {
 public:
  using OnList = std::function<void(std::vector<Instrument>&&)>;
  /// An attempt failed and will be repeated. `refused`: the broker answered, and said no.
  using OnFailure = std::function<void(bool refused, std::string_view words)>;

  InstrumentList(SessionHost& host, const BrokerConfig& config, const Settings& settings, OnList on_list, OnFailure on_failure);
  ~InstrumentList() { stop(); }
  InstrumentList(const InstrumentList&) = delete;
  InstrumentList& operator=(const InstrumentList&) = delete;

  void start();
  void stop();
  /// The mark of the list that the server holds, as a connection told it; another one than before means that the list changed.
  void announced(std::string_view etag);
  /// A wish names an instrument that is not in the list. Strikes are added during the day, so a list that came from the disk may lack it.
  void missed();

 private:
  void begin();
  void fetch();
  void on_answer(net::HttpAnswer&& answer, common::TradingDay day);
  void failed(bool refused, std::string_view words);
  /// Takes the newest cached list when there is none at all; the requests go on.
  void fall_back();
  bool take(std::string_view text, common::TradingDay day, std::string_view from);
  void recheck();
  void schedule_next_day();
  void on_time();

  [[nodiscard]] common::TradingDay today() const { return common::trading_day(host_.clock().utc(), settings_.instruments_at); }

  SessionHost& host_;
  const BrokerConfig& config_;
  const Settings& settings_;
  OnList on_list_;
  OnFailure on_failure_;
  common::InstrumentCache cache_;
  common::Backoff backoff_;
  net::Timer timer_;          // the next attempt, or the next trading day
  net::Timer recheck_timer_;  // a list that was announced
  std::optional<net::HttpClient::Token> under_way_;
  std::optional<common::TradingDay> day_;  // of the list in use
  MonoTime requested_at_{};
  bool requested_ = false;  // since the start
  bool due_ = false;        // asked for, and not come yet
  std::string etag_;
  bool cache_warned_ = false;
};

}  // namespace tidegate::zerodha
