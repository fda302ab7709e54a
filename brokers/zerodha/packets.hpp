// Binary messages to packets: the framing, and one reader for each length. Pure; allocates nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "brokers/common/byte_reader.hpp"
#include "brokers/zerodha/messages.hpp"
#include "gateway/core/result.hpp"

namespace tidegate::zerodha {

/// Walks the packets of one binary message: a count, then for each packet its length and its body. docs/protocols/zerodha.md#framing
class PacketWalk {
 public:
  /// A message that lacks even its count is an empty batch.
  explicit PacketWalk(std::string_view message) : reader_(message) {
    if (!reader_.u16(left_)) left_ = 0;
  }

  /// The next packet's body; false at the end of the batch, or where the message ends before its own lengths do: then `error` is set.
  [[nodiscard]] bool next(std::string_view& body) {
    if (left_ == 0) return false;
    --left_;
    std::uint16_t length = 0;
    if (!reader_.u16(length)) return cut_short("packet_count");
    return reader_.bytes(length, body) || cut_short("packet_length");
  }

  /// Truncated, with the count or length that promised more than there was.
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }
  /// After the end of the batch: bytes that belong to no packet.
  [[nodiscard]] bool has_trailing_bytes() const { return !error_ && reader_.remaining() > 0; }

 private:
  bool cut_short(std::string_view field) {
    left_ = 0;
    error_ = Error{Reason::Truncated, field};
    return false;
  }

  common::ByteReader reader_;
  std::uint16_t left_ = 0;
  std::optional<Error> error_;
};

// Each reads a body of exactly its kind's length. Every bit pattern is a value, so none can fail. Here for the compiler: a full packet goes from its
// bytes to its updates without a stop in between.

[[nodiscard]] inline LtpPacket read_ltp(common::FixedBytes<kLtpBytes> body) {
  return {.instrument_token = body.u32<0>(), .last_price = body.i32<4>()};
}

[[nodiscard]] inline IndexPacket read_index_quote(common::FixedBytes<kIndexQuoteBytes> body) {
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

[[nodiscard]] inline IndexPacket read_index_full(common::FixedBytes<kIndexFullBytes> body) {
  IndexPacket packet = read_index_quote(body.part<0, kIndexQuoteBytes>());
  packet.exchange_timestamp = body.u32<28>();
  return packet;
}

[[nodiscard]] inline QuotePacket read_quote(common::FixedBytes<kQuoteBytes> body) {
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

[[nodiscard]] inline FullPacket read_full(common::FixedBytes<kFullBytes> body) {
  return {
      .quote = read_quote(body.part<0, kQuoteBytes>()),
      .last_trade_time = body.u32<44>(),
      .oi = body.u32<48>(),
      .oi_day_high = body.u32<52>(),
      .oi_day_low = body.u32<56>(),
      .exchange_timestamp = body.u32<60>(),
      .buy = DepthSide{body.part<64, DepthSide::Bytes::size()>()},
      .sell = DepthSide{body.part<124, DepthSide::Bytes::size()>()},
  };
}

}  // namespace tidegate::zerodha
