// The venue's REST: paths, weights, errors. Symbol data comes from the feed.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/sim/binance/feed.hpp"
#include "tools/sim/binance/limits.hpp"

namespace tidegate::sim::binance {

struct RestCall {
  std::string method;
  std::string target;  // path and query as sent
  std::string remote_address;
};

struct RestAnswer {
  int status = 200;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

/// What may be wrong with an answer of old trades.
enum class TradeFault : std::uint8_t {
  Empty,      // none
  Half,       // every second one is not there
  Backwards,  // the newest first
  Twice,      // each comes twice
  Far,        // with numbers that nobody asked for
  Cut,        // the JSON ends in the middle
  NoHistory,  // historicalTrades alone: refused, as where the venue wants a key for it
};

struct RestOptions {
  Serves serves = Serves::Both;
  std::int64_t spot_weight_limit = 6000;
  std::int64_t usdm_weight_limit = 2400;
  std::int64_t minute_ns = 60 * kSecondNs;  // of the weight limit
};

class Rest {
 public:
  Rest(Feed& feed, const RestOptions& options) : feed_(feed), options_(options) {}

  /// Counts the call's weight and answers it. None: the data is not there yet; ask again with finish().
  std::optional<RestAnswer> answer(const RestCall& call, Now now);
  /// As answer(), without counting again.
  std::optional<RestAnswer> finish(const RestCall& call, Now now);

  // Faults.
  int refuse_status = 0;  // 429 or 418 until then
  std::int64_t refuse_until_ns = 0;
  std::int64_t unavailable_count = 0;   // answered 503
  std::int64_t stale_count = 0;         // depth answers with an id from long ago
  TradeFault trade_fault{};             // of the next
  std::int64_t trade_faults_count = 0;  // answers with old trades

 private:
  struct Request;
  [[nodiscard]] bool parse(const RestCall& call, Request& request) const;
  std::optional<RestAnswer> dispatch(const Request& request, Now now);
  std::optional<RestAnswer> depth(const Request& request, Now now);
  RestAnswer old_trades(std::string body, const Request& request);
  [[nodiscard]] RestAnswer exchange_info(const Request& request, Now now) const;
  [[nodiscard]] RestAnswer summary(const Request& request, Feed::Summary what, Now now) const;
  WeightLimit& weight_limit(const Request& request, const std::string& remote_address);
  /// An error answer when the mandatory symbol is missing or unknown.
  [[nodiscard]] std::optional<RestAnswer> check_symbol(const Request& request) const;

  Feed& feed_;
  RestOptions options_;
  std::map<std::string, WeightLimit> weights_;  // by market and address
};

}  // namespace tidegate::sim::binance
