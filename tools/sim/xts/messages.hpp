// What the broker sends about an instrument, in its three forms: Full JSON, Partial text, packed bytes. Independent of the gateway's own decoder,
// which is tested against it. Source: docs/protocols/xts.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tools/sim/common/exchange.hpp"
#include "tools/sim/xts/instruments.hpp"

namespace tidegate::sim::xts {

namespace code {
inline constexpr std::uint32_t kProperty = 1105, kTouchline = 1501, kDepth = 1502, kIndex = 1504, kCandle = 1505, kStatus = 1507;
inline constexpr std::uint32_t kOpenInterest = 1510, kLastPrice = 1512;
}  // namespace code

/// What a message tells of. The referents outlive it.
struct Subject {
  const Row& row;
  const Figures& now;
  std::uint64_t sequence = 0;
};
/// One finished bar.
struct Candle {
  Bar bar;
  std::int64_t day_volume = 0;
  std::int64_t open_interest = 0;
  std::int64_t end_s = 0;  // its last second, unix
};

// Full JSON: the argument of `<code>-json-full`, and an entry of listQuotes.
[[nodiscard]] std::string touchline_nested(const Subject& subject);
[[nodiscard]] std::string touchline_flat(const Subject& subject);
[[nodiscard]] std::string depth_json(const Subject& subject);
[[nodiscard]] std::string open_interest_json(const Subject& subject);
[[nodiscard]] std::string last_price_json(const Subject& subject);
[[nodiscard]] std::string candle_json(const Row& row, const Candle& candle);
[[nodiscard]] std::string status_json(std::uint32_t segment, std::string_view text, std::int64_t time_s, std::uint64_t sequence);

// Partial text: the argument of `<code>-json-partial`, with what differs from `before`; empty: nothing does.
[[nodiscard]] std::string touchline_partial(const Subject& subject, const Figures& before);
[[nodiscard]] std::string depth_partial(const Subject& subject, const Figures& before);
[[nodiscard]] std::string open_interest_partial(const Subject& subject, const Figures& before);
[[nodiscard]] std::string last_price_partial(const Subject& subject, const Figures& before);
[[nodiscard]] std::string candle_partial(const Row& row, const Candle& candle);

// Packed: one packet of `xts-binary-packet`, without the Engine.IO byte.
struct PackedForm {
  bool narrow = false;   // 32-bit quantities
  bool deflate = false;  // raw DEFLATE body
};
[[nodiscard]] std::string touchline_packed(const Subject& subject, PackedForm form);
[[nodiscard]] std::string depth_packed(const Subject& subject, PackedForm form);
[[nodiscard]] std::string open_interest_packed(const Subject& subject, PackedForm form);

}  // namespace tidegate::sim::xts
