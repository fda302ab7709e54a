// REST requests for trades that the streams did not bring, under the venue's weight limit. Source: docs/protocols/binance.md#old-trades.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "brokers/binance/rest_client.hpp"
#include "gateway/net/event_loop.hpp"

namespace tidegate::binance {

/// "/api/v3/historicalTrades?symbol=BTCUSDT&fromId=17&limit=3" for trades 17 to 19, `aggTrades` where the streams carry aggregates; or, with
/// `newest_only`, "/api/v3/trades?symbol=BTCUSDT&limit=1000".
[[nodiscard]] std::string trades_target(const Settings& settings, std::string_view symbol, std::uint64_t first, std::uint64_t last, bool newest_only);

/// One request under way at a time, first come first served; of each symbol the last wish holds. What fails is not repeated here: who misses trades
/// asks again. Where the venue refuses old trades by their number, the newest ones have to do. The loop's thread.
class TradeFills {
 public:
  /// An answer, with what was asked: "GET " and the target.
  using Push = std::function<void(std::string&& request, std::string&& body)>;

  TradeFills(SessionHost& host, const BrokerConfig& config, const Settings& settings, RestClient& rest, Push push);

  void request(std::string_view symbol, std::uint64_t first, std::uint64_t last);
  void stop();

 private:
  struct Wish {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    MonoTime since;
  };

  void pump();
  [[nodiscard]] std::int64_t request_weight() const;
  void send(const std::string& symbol, const Wish& wish);
  void on_answer(const std::string& symbol, const Wish& wish, const std::string& target, RestAnswer&& answer);
  void on_refusal(std::string_view words);
  void again(const std::string& symbol, const Wish& wish);

  SessionHost& host_;
  const BrokerConfig& config_;
  const Settings& settings_;
  RestClient& rest_;
  Push push_;
  net::Timer timer_;
  std::map<std::string, Wish, std::less<>> wishes_;  // at most one for each listed symbol
  std::deque<std::string> queue_;                    // their order
  bool under_way_ = false;
  bool newest_only_ = false;
  bool refusal_told_ = false;
  bool stopped_ = false;
};

}  // namespace tidegate::binance
