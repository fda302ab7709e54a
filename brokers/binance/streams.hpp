// Stream names, and which path of the venue carries them. Pure. Source: docs/protocols/binance.md sections 2.3, 6 and 10.2.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "brokers/binance/options.hpp"
#include "gateway/core/channel.hpp"

namespace tidegate::binance {

/// The path of a connection. Spot has one for everything; USD-M is split, and the wrong path connects, acknowledges and stays silent.
enum class Route : std::uint8_t { All, Public, Market };
inline constexpr std::size_t kRouteCount = 3;

[[nodiscard]] bool has_channel(Market market, Channel channel);
[[nodiscard]] Route route_of(const Settings& settings, Channel channel);
[[nodiscard]] std::string_view route_name(Route route);  // "stream", "public", "market"

/// Where to connect: combined streams, nothing selected yet.
[[nodiscard]] std::string stream_url(const Settings& settings, Route route);

/// The stream behind (symbol, channel), such as "btcusdt@depth@100ms"; `symbol` in the venue's spelling, `depth` as in Want. None when the
/// symbol cannot stand in a stream name.
[[nodiscard]] std::optional<std::string> stream_name(const Settings& settings, std::string_view symbol, Channel channel, std::uint16_t depth);

/// True when the stream's book is kept from deltas and needs REST snapshots.
[[nodiscard]] bool is_delta_book(const Settings& settings, std::uint16_t depth);

}  // namespace tidegate::binance
