#include "brokers/zerodha/packets.hpp"

#include <utility>

namespace tidegate::zerodha {
namespace {

constexpr std::size_t kDepthEntryBytes = 12;
constexpr std::size_t kSideBytes = kDepthEntries * kDepthEntryBytes;

template <std::size_t... kIndex>
std::array<DepthEntry, kDepthEntries> read_side(common::FixedBytes<kSideBytes> side, std::index_sequence<kIndex...>) {
  return {DepthEntry{
      .quantity = side.u32<kIndex * kDepthEntryBytes>(),
      .price = side.i32<kIndex * kDepthEntryBytes + 4>(),
      .orders = side.u16<kIndex * kDepthEntryBytes + 8>(),
  }...};
}

}  // namespace

LtpPacket read_ltp(common::FixedBytes<kLtpBytes> body) { return {.instrument_token = body.u32<0>(), .last_price = body.i32<4>()}; }

IndexPacket read_index_quote(common::FixedBytes<kIndexQuoteBytes> body) {
  return {
      .instrument_token = body.u32<0>(),
      .last_price = body.i32<4>(),
      .high = body.i32<8>(),  // high, low, open: not the order of the tradable packets
      .low = body.i32<12>(),
      .open = body.i32<16>(),
      .close = body.i32<20>(),
      .price_change = body.i32<24>(),
      .exchange_timestamp = 0,
  };
}

IndexPacket read_index_full(common::FixedBytes<kIndexFullBytes> body) {
  IndexPacket packet = read_index_quote(body.part<0, kIndexQuoteBytes>());
  packet.exchange_timestamp = body.u32<28>();
  return packet;
}

QuotePacket read_quote(common::FixedBytes<kQuoteBytes> body) {
  return {
      .instrument_token = body.u32<0>(),
      .last_price = body.i32<4>(),
      .last_traded_quantity = body.u32<8>(),
      .average_traded_price = body.i32<12>(),
      .volume_traded = body.u32<16>(),
      .total_buy_quantity = body.u32<20>(),
      .total_sell_quantity = body.u32<24>(),
      .open = body.i32<28>(),
      .high = body.i32<32>(),
      .low = body.i32<36>(),
      .close = body.i32<40>(),
  };
}

FullPacket read_full(common::FixedBytes<kFullBytes> body) {
  return {
      .quote = read_quote(body.part<0, kQuoteBytes>()),
      .last_trade_time = body.u32<44>(),
      .oi = body.u32<48>(),
      .oi_day_high = body.u32<52>(),
      .oi_day_low = body.u32<56>(),
      .exchange_timestamp = body.u32<60>(),
      .buy = read_side(body.part<64, kSideBytes>(), std::make_index_sequence<kDepthEntries>{}),
      .sell = read_side(body.part<124, kSideBytes>(), std::make_index_sequence<kDepthEntries>{}),
  };
}

}  // namespace tidegate::zerodha
