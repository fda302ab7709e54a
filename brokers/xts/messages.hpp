// What XTS sends, field for field, whichever of its three forms it came in: Full JSON, Partial text or a packed packet. Prices are rupees,
// quantities are units (shares, contract units), never lots. docs/protocols/xts.md#events
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "gateway/core/decimal.hpp"
#include "gateway/core/market_data.hpp"

namespace tidegate::xts {

/// Message codes, as REST, events and packets name them.
namespace message_code {
inline constexpr std::uint32_t kPropertyChange = 1105;
inline constexpr std::uint32_t kTouchline = 1501;
inline constexpr std::uint32_t kMarketDepth = 1502;
inline constexpr std::uint32_t kIndex = 1504;
inline constexpr std::uint32_t kCandle = 1505;
inline constexpr std::uint32_t kMarketStatus = 1507;
inline constexpr std::uint32_t kOpenInterest = 1510;
inline constexpr std::uint32_t kLastPrice = 1512;
}  // namespace message_code

/// What every message starts with. Times are raw: seconds in the broker's own clock, 0: not sent (mapping.hpp knows the clock).
struct Header {
  std::uint32_t code = 0;
  std::uint32_t segment = 0;     // exchangeSegment
  std::uint64_t instrument = 0;  // exchangeInstrumentID, unique within its segment only
  std::int64_t exchange_time = 0;
  std::int64_t market_type = -1;  // XMarketType; 1, 0 or -1 (not sent) is the regular market
};

/// One side's row. Absent decimals were not sent; a price of zero means that nobody quotes.
struct BookRow {
  Decimal size;
  Decimal price;
  std::uint32_t orders = kNoOrders;
};

struct Touchline {
  BookRow bid, ask;
  Decimal last_price, last_quantity;
  Decimal total_buy, total_sell;
  Decimal volume;   // of the day
  Decimal average;  // price
  Decimal percent_change;
  Decimal open, high, low;
  Decimal close;  // of the previous day
  Decimal turnover;
  std::int64_t last_trade_time = 0;
  std::int64_t last_update_time = 0;
};

/// 1501
struct TouchlineMessage {
  Header header;
  Touchline touchline;
};
/// 1502: rows best first; empty rows (price and size zero) are still in.
struct DepthMessage {
  Header header;
  Touchline touchline;
  std::span<const BookRow> bids, asks;
};
/// 1505: one finished bar.
struct CandleMessage {
  Header header;
  std::int64_t bar_time = 0;  // last second of the bar, in the candles' own clock
  Decimal open, high, low, close;
  Decimal volume;  // of the day or of the bar: the sources disagree
  Decimal open_interest;
};
/// 1507: not about an instrument.
struct MarketStatusMessage {
  Header header;
  std::string_view text;
};
/// 1510
struct OpenInterestMessage {
  Header header;
  Decimal open_interest;
};
/// 1512
struct LastPriceMessage {
  Header header;
  Decimal last_price, last_quantity;
  std::int64_t last_update_time = 0;
};

}  // namespace tidegate::xts
