// The channels that subscribers name, one number each.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tidegate {

/// One kind of data of one instrument. `seq` counts per (instrument, channel).
enum class Channel : std::uint8_t {
  Trade,
  Quote,
  OrderBook,
  Ticker,
  Status,
  Candle1s,
  Candle1m,
  Candle3m,
  Candle5m,
  Candle15m,
  Candle30m,
  Candle1h,
  Candle2h,
  Candle4h,
  Candle6h,
  Candle8h,
  Candle12h,
  Candle1d,
  Candle3d,
  Candle1w,
  Candle1M,
};

inline constexpr std::array<std::string_view, 21> kChannelNames = {
    "trade",     "quote",     "orderbook", "ticker",    "status",    "candle_1s",  "candle_1m", "candle_3m", "candle_5m", "candle_15m", "candle_30m",
    "candle_1h", "candle_2h", "candle_4h", "candle_6h", "candle_8h", "candle_12h", "candle_1d", "candle_3d", "candle_1w", "candle_1M"};
inline constexpr std::size_t kChannelCount = kChannelNames.size();

constexpr std::string_view to_text(Channel channel) { return kChannelNames[static_cast<std::size_t>(channel)]; }
constexpr bool is_candle(Channel channel) { return channel >= Channel::Candle1s; }
/// "1m" for Candle1m; only for candles.
constexpr std::string_view candle_interval(Channel channel) { return to_text(channel).substr(7); }

constexpr std::optional<Channel> parse_channel(std::string_view name) {
  for (std::size_t i = 0; i < kChannelCount; ++i) {
    if (kChannelNames[i] == name) return static_cast<Channel>(i);
  }
  return std::nullopt;
}

/// The candle channel of an interval text such as "1m".
constexpr std::optional<Channel> candle_channel(std::string_view interval) {
  for (std::size_t i = static_cast<std::size_t>(Channel::Candle1s); i < kChannelCount; ++i) {
    if (kChannelNames[i].substr(7) == interval) return static_cast<Channel>(i);
  }
  return std::nullopt;
}

}  // namespace tidegate
