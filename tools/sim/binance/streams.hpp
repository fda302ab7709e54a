// Stream names and connection paths as the venue understands them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tools/sim/binance/symbols.hpp"

namespace tidegate::sim::binance {

enum class StreamKind : std::uint8_t {
  Trade,
  AggTrade,
  BookTicker,
  Depth,
  PartialDepth,
  Kline,
  MiniTicker,
  Ticker,
  WindowTicker,
  AvgPrice,
  MarkPrice,
  AllMiniTickers,
  AllTickers,
  AllWindowTickers,
  AllMarkPrices,
  AllBookTickers,
  Other,  // accepted, and silent
};

struct StreamName {
  StreamKind kind = StreamKind::Other;
  std::string symbol;               // as written in the name: lower case; empty for all-symbol streams
  std::size_t interval = 0;         // Kline: index into kIntervals
  std::size_t levels = 0;           // PartialDepth
  std::int64_t period_ms = 0;       // 0: as it happens
  std::int64_t window_minutes = 0;  // WindowTicker
  std::string_view window;          // "1h"
};

[[nodiscard]] StreamName parse_stream(Market market, std::string_view name);
/// USD-M refuses what does not look like a stream name at all; spot takes anything.
[[nodiscard]] bool well_formed_stream(std::string_view name);

/// The paths into which USD-M is split.
enum class Route : std::uint8_t { Public, Market, Private };
[[nodiscard]] Route route_of(std::string_view stream_name);

/// What the target of an upgrade asks for.
struct StreamTarget {
  Market market = Market::Spot;
  Route route = Route::Public;
  bool routed = false;  // the path named the route
  bool combined = false;
  bool microseconds = false;
  std::vector<std::string> streams;
};

/// Which markets a simulator serves.
enum class Serves : std::uint8_t { Spot, Usdm, Both };

/// False: no such path (404). `target` is path and query as sent.
[[nodiscard]] bool parse_target(Serves serves, std::string_view target, StreamTarget& out);
[[nodiscard]] std::string percent_decode(std::string_view text);

/// The recorded streams that may stand in for `name` when a recording does not hold it, best first.
[[nodiscard]] std::vector<std::string> siblings(std::string_view name);

}  // namespace tidegate::sim::binance
