// Keeps the venue's instrument list current: read at the start until it comes, then again at intervals.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "brokers/binance/instruments.hpp"
#include "brokers/binance/rest_client.hpp"
#include "brokers/common/backoff.hpp"
#include "gateway/net/event_loop.hpp"

namespace tidegate::binance {

/// The loop's thread.
class InstrumentList {
 public:
  using OnList = std::function<void(ExchangeInfo&&)>;
  /// An attempt failed and will be repeated. `refused`: the venue answered, and said no.
  using OnFailure = std::function<void(bool refused, std::string_view words)>;

  InstrumentList(SessionHost& host, const BrokerConfig& config, const Settings& settings, RestClient& rest, OnList on_list, OnFailure on_failure);

  void start();
  void stop() { timer_.cancel(); }
  /// Reads the list now, and not only when it is time.
  void read_again();

 private:
  void fetch();
  void on_answer(RestAnswer&& answer);
  void failed(bool refused, std::string_view words);

  const Settings& settings_;
  RestClient& rest_;
  OnList on_list_;
  OnFailure on_failure_;
  common::Backoff backoff_;
  net::Timer timer_;
  bool under_way_ = false;
};

}  // namespace tidegate::binance
