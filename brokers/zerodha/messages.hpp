// The wire, field for field, in Kite Connect's own words; integers as they came. Prices are signed and scaled by the segment's exponent
// (segments.hpp); quantities, times (Unix seconds) and tokens are unsigned. docs/protocols/zerodha.md under the anchor each struct gives.
#pragma once

#include <cstddef>
#include <cstdint>

#include "brokers/common/byte_reader.hpp"

namespace tidegate::zerodha {

/// The kinds of packets by their length: nothing else tells them apart. docs/protocols/zerodha.md#packet-kinds
inline constexpr std::size_t kLtpBytes = 8;
inline constexpr std::size_t kIndexQuoteBytes = 28;
inline constexpr std::size_t kIndexFullBytes = 32;
inline constexpr std::size_t kQuoteBytes = 44;
inline constexpr std::size_t kFullBytes = 184;

/// 8 bytes, any instrument, mode ltp. docs/protocols/zerodha.md#tradable
struct LtpPacket {
  std::uint32_t instrument_token;
  std::int32_t last_price;
};

/// 28 bytes, an index in mode quote; 32 bytes in mode full, with the time. docs/protocols/zerodha.md#index
struct IndexPacket {
  std::uint32_t instrument_token;
  std::int32_t last_price;
  std::int32_t high;
  std::int32_t low;
  std::int32_t open;
  std::int32_t close;                // of the previous day
  std::int32_t price_change;         // last_price - close in all packets of 2026, something else in 2017: never a source, see mapping.cpp
  std::uint32_t exchange_timestamp;  // 0 in 28 bytes
};

/// 44 bytes, a tradable instrument in mode quote; the first part of mode full. docs/protocols/zerodha.md#tradable
struct QuotePacket {
  std::uint32_t instrument_token;
  std::int32_t last_price;
  std::uint32_t last_traded_quantity;
  std::int32_t average_traded_price;  // of the day
  std::uint32_t volume_traded;        // of the day; 32 bits, so it would wrap
  std::uint32_t total_buy_quantity;   // of the whole book
  std::uint32_t total_sell_quantity;
  std::int32_t open;
  std::int32_t high;
  std::int32_t low;
  std::int32_t close;  // of the previous day while the market is open
};

/// One level of the book; price and quantity zero: there is none. docs/protocols/zerodha.md#depth
struct DepthEntry {
  std::uint32_t quantity;
  std::int32_t price;
  std::uint16_t orders;  // two bytes of padding follow
};
inline constexpr std::size_t kDepthEntries = 5;
inline constexpr std::size_t kDepthEntryBytes = 12;

/// One side of the book, best first. Views into the message: each level is read where it stands, and once.
class DepthSide {
 public:
  using Bytes = common::FixedBytes<kDepthEntries * kDepthEntryBytes>;

  explicit DepthSide(Bytes bytes) : bytes_(bytes) {}

  template <std::size_t kIndex>
  [[nodiscard]] DepthEntry entry() const {
    return {
        .quantity = bytes_.u32<kIndex * kDepthEntryBytes>(),
        .price = bytes_.i32<kIndex * kDepthEntryBytes + 4>(),
        .orders = bytes_.u16<kIndex * kDepthEntryBytes + 8>(),
    };
  }

 private:
  Bytes bytes_;
};

/// 184 bytes, a tradable instrument in mode full. docs/protocols/zerodha.md#tradable
struct FullPacket {
  QuotePacket quote;
  std::uint32_t last_trade_time;  // 0: no trade yet today
  std::uint32_t oi;
  std::uint32_t oi_day_high;
  std::uint32_t oi_day_low;
  std::uint32_t exchange_timestamp;
  DepthSide buy, sell;
};

}  // namespace tidegate::zerodha
