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

/// Each reads a body of exactly its kind's length. Every bit pattern is a value, so none can fail.
[[nodiscard]] LtpPacket read_ltp(common::FixedBytes<kLtpBytes> body);
[[nodiscard]] IndexPacket read_index_quote(common::FixedBytes<kIndexQuoteBytes> body);
[[nodiscard]] IndexPacket read_index_full(common::FixedBytes<kIndexFullBytes> body);
[[nodiscard]] QuotePacket read_quote(common::FixedBytes<kQuoteBytes> body);
[[nodiscard]] FullPacket read_full(common::FixedBytes<kFullBytes> body);

}  // namespace tidegate::zerodha
