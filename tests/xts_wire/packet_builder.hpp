// Packed packets made field by field from the protocol page, with offsets that follow from what was put before.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidegate::test::xts {

enum class Width { Narrow, Wide };

/// The bytes of `value`, least significant first.
template <class T>
std::string little(T value) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);  // the tests run on little-endian machines alone
  std::string bytes;
  for (std::size_t i = 0; i < sizeof value; ++i) bytes += static_cast<char>(bits >> 8 * i);
  return bytes;
}

struct RowValues {
  std::int64_t size = 0;
  double price = 0;
  std::uint32_t orders = 0;
};

/// A packet before it is packed. Every number differs from every other, so that swapped fields show.
struct PacketValues {
  std::uint16_t code = 1501;
  std::int16_t segment = 2;
  std::int32_t instrument = 43422;
  std::uint16_t version = 4;
  std::uint64_t exchange_time = 1'420'632'949;
  std::vector<RowValues> bids = {}, asks = {};  // 1502
  RowValues bid{75, 54.35, 3}, ask{150, 54.55, 4};
  std::uint64_t last_update_time = 1'420'632'948;
  double last_price = 54.4;
  std::int64_t last_quantity = 25;
  std::int64_t total_buy = 664'275, total_sell = 482'850, volume = 34'562'775;
  double average = 85.48;
  std::int64_t last_trade_time = 1'420'632'947;
  double percent_change = -80.5;
  double open = 222.15, high = 233.4, low = 39.1, close = 281.35;
  double turnover = 1'234'567.25;
  std::int16_t market_type = 1;
  std::int64_t open_interest = 169'260;  // 1510
  std::optional<std::string> name = {};  // of the underlying index
};

/// The body header, then what the code says: 1502 and 1510, or a touchline.
std::string body_of(Width width, const PacketValues& values);
/// A body behind its head. `values` must be what the body was made of.
std::string plain(const PacketValues& values, const std::string& body);
std::string compressed(const PacketValues& values, const std::string& body);
inline std::string plain(Width width, const PacketValues& values) { return plain(values, body_of(width, values)); }
inline std::string compressed(Width width, const PacketValues& values) { return compressed(values, body_of(width, values)); }

/// Raw DEFLATE.
std::string deflate(const std::string& bytes);

/// `bytes` with those at `offset` replaced by `value`'s.
template <class T>
std::string with(std::string bytes, std::size_t offset, T value) {
  return bytes.replace(offset, sizeof value, little(value));
}

inline PacketValues depth_values() {
  PacketValues values{.code = 1502};
  for (int i = 0; i < 5; ++i) values.bids.push_back({75 + 10 * i, (5435 - 5 * i) / 100.0, 1U + static_cast<std::uint32_t>(i)});
  for (int i = 0; i < 5; ++i) values.asks.push_back({150 + 10 * i, (5455 + 5 * i) / 100.0, 11U + static_cast<std::uint32_t>(i)});
  return values;
}
inline PacketValues interest_values(std::optional<std::string> name = {}) {
  PacketValues values{.code = 1510};
  values.name = std::move(name);
  return values;
}

}  // namespace tidegate::test::xts
