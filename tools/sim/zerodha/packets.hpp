// The bytes of the ticker, written: framing, packet lengths, big-endian fields. Independent of the gateway's own reader, which is tested against it.
// Source: docs/protocols/zerodha.md.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tidegate::sim::zerodha {

enum class Mode : std::uint8_t { Ltp, Quote, Full };

[[nodiscard]] constexpr std::string_view mode_name(Mode mode) {
  constexpr std::array<std::string_view, 3> kNames = {"ltp", "quote", "full"};
  return kNames[static_cast<std::size_t>(mode)];
}

inline constexpr std::uint32_t kSegmentCds = 3, kSegmentBcd = 6, kSegmentIndices = 9;
inline constexpr std::size_t kLtpBytes = 8, kIndexQuoteBytes = 28, kIndexFullBytes = 32, kQuoteBytes = 44, kFullBytes = 184;
inline constexpr std::size_t kLegacyFullBytes = 164;  // before 2018

[[nodiscard]] constexpr std::uint32_t segment_of(std::uint32_t token) { return token & 0xFFU; }
[[nodiscard]] constexpr bool is_index(std::uint32_t token) { return segment_of(token) == kSegmentIndices; }

/// Each kind of instrument has one body whose beginnings are the packets of the lesser modes.
[[nodiscard]] constexpr std::size_t body_bytes(std::uint32_t token, Mode mode) {
  if (mode == Mode::Ltp) return kLtpBytes;
  if (is_index(token)) return mode == Mode::Quote ? kIndexQuoteBytes : kIndexFullBytes;
  return mode == Mode::Quote ? kQuoteBytes : kFullBytes;
}
[[nodiscard]] constexpr bool known_length(std::size_t bytes) {
  return bytes == kLtpBytes || bytes == kIndexQuoteBytes || bytes == kIndexFullBytes || bytes == kQuoteBytes || bytes == kFullBytes;
}

/// How many of a price's units make one rupee.
[[nodiscard]] constexpr std::int64_t price_divisor(std::uint32_t token) {
  if (segment_of(token) == kSegmentCds) return 10'000'000;
  return segment_of(token) == kSegmentBcd ? 10'000 : 100;
}

/// Offsets of the fields within a body; 4 bytes each.
namespace at {
inline constexpr std::size_t kToken = 0, kLast = 4;
inline constexpr std::size_t kIndexHigh = 8, kIndexLow = 12, kIndexOpen = 16, kIndexClose = 20, kIndexChange = 24, kIndexTime = 28;
inline constexpr std::size_t kLastQuantity = 8, kAverage = 12, kVolume = 16, kTotalBuy = 20, kTotalSell = 24;
inline constexpr std::size_t kOpen = 28, kHigh = 32, kLow = 36, kClose = 40;
inline constexpr std::size_t kTradeTime = 44, kOpenInterest = 48, kOpenInterestHigh = 52, kOpenInterestLow = 56, kTime = 60;
inline constexpr std::size_t kBids = 64, kAsks = 124, kLevelBytes = 12;
inline constexpr std::size_t kLevelPrice = 4, kLevelOrders = 8;  // within a level; orders: 2 bytes
}  // namespace at
inline constexpr std::size_t kDepthLevels = 5;

inline void put_u16(char* to, std::uint32_t value) {
  to[0] = static_cast<char>(value >> 8U);
  to[1] = static_cast<char>(value);
}
inline void put_u32(char* to, std::uint32_t value) {
  put_u16(to, value >> 16U);
  put_u16(to + 2, value);
}
[[nodiscard]] inline std::uint32_t get_u16(const char* from) {
  return (static_cast<std::uint32_t>(static_cast<unsigned char>(from[0])) << 8U) | static_cast<unsigned char>(from[1]);
}
[[nodiscard]] inline std::uint32_t get_u32(const char* from) { return (get_u16(from) << 16U) | get_u16(from + 2); }

/// A body shorter than a token has none.
[[nodiscard]] inline std::uint32_t token_of(std::string_view body) { return body.size() < 4 ? 0 : get_u32(body.data()); }

/// One message under construction. Its memory is reused.
class Batch {
 public:
  static constexpr std::size_t kPacketsMax = 0xFFFF;

  void clear() {
    bytes_.assign(2, '\0');
    count_ = 0;
  }
  void add(std::string_view body) {
    char length[2];
    put_u16(length, static_cast<std::uint32_t>(body.size()));
    bytes_.append(length, 2).append(body);
    ++count_;
  }
  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] const std::string& bytes() {
    put_u16(bytes_.data(), static_cast<std::uint32_t>(count_));
    return bytes_;
  }

 private:
  std::string bytes_ = std::string(2, '\0');
  std::size_t count_ = 0;
};

/// The bodies of a message, as far as they are whole. True: the message is well formed, count and end included, and every length is one we know.
[[nodiscard]] inline bool split_message(std::string_view message, std::vector<std::string_view>& bodies) {
  bodies.clear();
  if (message.size() < 2) return false;
  const std::uint32_t count = get_u16(message.data());
  bool all_known = true;
  std::size_t from = 2;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (message.size() - from < 2) return false;
    const std::size_t length = get_u16(message.data() + from);
    from += 2;
    if (message.size() - from < length) return false;
    bodies.push_back(message.substr(from, length));
    from += length;
    all_known &= known_length(length);
  }
  return all_known && from == message.size();
}

}  // namespace tidegate::sim::zerodha
