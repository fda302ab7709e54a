// Kite's instrument list, kept current: each trading day, and when the socket announces another list.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "brokers/common/daily_list.hpp"
#include "brokers/zerodha/options.hpp"
#include "gateway/net/http_client.hpp"

namespace tidegate::zerodha {

/// The loop's thread.
class InstrumentList : private common::ListSource {
 public:
  using OnList = common::DailyList::OnList;
  using OnFailure = common::DailyList::OnFailure;

  InstrumentList(SessionHost& host, const BrokerConfig& config, const Settings& settings, OnList on_list, OnFailure on_failure);

  void start() { list_.start(); }
  void stop() { list_.stop(); }
  /// Gives the list of the day again.
  void read_again() { list_.read_again(); }
  /// The mark of the list that the server holds, as a connection told it; another one than before means that the list changed.
  void announced(std::string_view etag);
  /// A wish names an instrument that is not in the list.
  void missed() { list_.missed(); }

 private:
  void fetch(common::TradingDay day, std::function<void(common::ListAttempt&&)> done) override;
  void cancel_fetch() noexcept override;
  Result<common::ParsedInstruments> parse(std::string_view text) override;

  SessionHost& host_;
  const BrokerConfig& config_;
  const Settings& settings_;
  std::optional<net::HttpClient::Token> under_way_;
  std::string etag_;
  common::DailyList list_;  // last: ends first, and what it has under way with it
};

}  // namespace tidegate::zerodha
