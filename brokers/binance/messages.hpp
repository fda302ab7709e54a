// The wire, field for field, in Binance's own words. Names on the wire stand behind the members; facts are in docs/protocols/binance.md under the
// anchor each struct gives. Symbols and level lists view into the frame and its reader.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "brokers/binance/market.hpp"
#include "gateway/core/channel.hpp"
#include "gateway/core/decimal.hpp"
#include "gateway/core/time.hpp"
#include "gateway/core/update.hpp"

namespace tidegate::binance {

/// `<symbol>@trade`, docs/protocols/binance.md#trade, and the same from REST, where other names say it, #old-trades
struct Trade {
  std::string_view symbol;  // s
  std::uint64_t id;         // t, consecutive within a symbol
  Decimal price;            // p
  Decimal quantity;         // q
  UtcTime trade_time;       // T, when the engine executed it
  bool buyer_is_maker;      // m
};

/// `<symbol>@aggTrade`: what one taker got at one price. docs/protocols/binance.md#agg-trade
struct AggregateTrade {
  std::string_view symbol;  // s
  std::uint64_t id;         // a, consecutive within a symbol
  Decimal price;            // p
  Decimal quantity;         // q
  UtcTime trade_time;       // T
  bool buyer_is_maker;      // m
};

/// `<symbol>@bookTicker`. docs/protocols/binance.md#book-ticker
struct BookTicker {
  std::string_view symbol;   // s
  std::uint64_t update_id;   // u, grows, but not by one: good for order, useless for gaps
  Decimal bid_price;         // b
  Decimal bid_quantity;      // B
  Decimal ask_price;         // a
  Decimal ask_quantity;      // A
  UtcTime transaction_time;  // T, USD-M only
  UtcTime event_time;        // E, USD-M only
};

/// `<symbol>@depth`, and on USD-M `<symbol>@depth5|10|20` too. docs/protocols/binance.md#diff-depth
struct DepthEvent {
  std::string_view symbol;            // s
  std::int64_t first_update_id;       // U
  std::int64_t last_update_id;        // u
  std::int64_t previous_update_id;    // pu, USD-M only, else 0
  std::span<const LevelUpdate> bids;  // b, absolute quantities, in any order
  std::span<const LevelUpdate> asks;  // a
  UtcTime transaction_time;           // T, USD-M only
  UtcTime event_time;                 // E
};

/// `<symbol>@depth5|10|20` on spot, and the REST depth of both markets. It names no symbol. docs/protocols/binance.md#partial-depth
struct PartialDepth {
  std::int64_t last_update_id;        // lastUpdateId; -1 in REST before a symbol opens
  std::span<const LevelUpdate> bids;  // bids, best first
  std::span<const LevelUpdate> asks;  // asks
  UtcTime transaction_time;           // T, REST of USD-M only
  UtcTime event_time;                 // E, REST of USD-M only
};

/// `<symbol>@kline_<interval>`. docs/protocols/binance.md#kline
struct Kline {
  std::string_view symbol;  // s
  Channel channel;          // k.i
  UtcTime open_time;        // k.t
  Decimal open;             // k.o
  Decimal high;             // k.h
  Decimal low;              // k.l
  Decimal close;            // k.c
  Decimal volume;           // k.v, base asset
  bool closed;              // k.x, the interval's final message
  UtcTime event_time;       // E
};

/// `<symbol>@ticker`, `!ticker@arr`: the rolling 24 hours. docs/protocols/binance.md#ticker
struct Ticker {
  std::string_view symbol;       // s
  Decimal last_price;            // c
  Decimal price_change;          // p
  Decimal price_change_percent;  // P
  Decimal weighted_average;      // w
  Decimal last_quantity;         // Q
  Decimal open;                  // o
  Decimal high;                  // h
  Decimal low;                   // l
  Decimal volume;                // v, base asset
  Decimal quote_volume;          // q
  Decimal previous_close;        // x, spot only
  Decimal bid_price;             // b, spot only
  Decimal bid_quantity;          // B, spot only
  Decimal ask_price;             // a, spot only
  Decimal ask_quantity;          // A, spot only
  UtcTime event_time;            // E
};

/// `<symbol>@miniTicker`, `!miniTicker@arr`. docs/protocols/binance.md#mini-ticker
struct MiniTicker {
  std::string_view symbol;  // s
  Decimal last_price;       // c
  Decimal open;             // o
  Decimal high;             // h
  Decimal low;              // l
  Decimal volume;           // v, base asset
  Decimal quote_volume;     // q
  UtcTime event_time;       // E
};

}  // namespace tidegate::binance
