// Packed packets to messages: the attachments of `xts-binary-packet`, in both widths, plain or compressed. docs/protocols/xts.md#packets
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "brokers/xts/messages.hpp"
#include "gateway/core/result.hpp"

namespace tidegate::xts {

/// Rows of one side of a book; a packet with more is refused.
inline constexpr std::size_t kPacketRowsMax = 200;

/// What an attachment holds, in its order. Spans and views live during the call only.
class PacketSink {
 public:
  virtual ~PacketSink() = default;
  virtual void on_packet(const TouchlineMessage& message) = 0;
  virtual void on_packet(const DepthMessage& message) = 0;
  virtual void on_packet(const OpenInterestMessage& message) = 0;
  /// A packet of another code, skipped by its size.
  virtual void on_unknown_packet(std::uint32_t code) = 0;
  /// A packet that cannot be read. The error's field is a literal.
  virtual void on_bad_packet(Error error) = 0;
};

/// One thread at a time. Its buffers are made once: reading allocates nothing.
class PacketReader {
 public:
  PacketReader();
  ~PacketReader();
  PacketReader(const PacketReader&) = delete;
  PacketReader& operator=(const PacketReader&) = delete;

  /// One attachment without the Engine.IO byte: one packet or several back to back. Prices went through the shortest text that reads back as their
  /// double; not a number is absent, and so is a turnover of zero beside a volume. Times before the broker's own epoch count as not sent (0).
  /// Behind a packet that is bad in itself the next one is read; where it is not certain where that begins, the attachment ends.
  /// Errors: Truncated, BadShape (flag, size, compressed bytes, identity, version), TooManyLevels, BadInteger (negative id or quantity), Overflow.
  void read(std::string_view attachment, PacketSink& sink);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidegate::xts
