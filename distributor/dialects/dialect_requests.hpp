// What clients of existing systems send, as requests of the native protocol. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "distributor/message.hpp"
#include "distributor/protocol.hpp"
#include "gateway/access/identity.hpp"

namespace tidegate::distributor {

/// The dialect of a connection's first message: `{"op":...}` is native, `{"type":"SUBSCRIPTION"|"AUTHENTICATION"|"HEARTBEAT"}` the platform's,
/// `{"type":"ping"|"subscribe..."|"unsubscribe..."}` the trading one. Nothing: it tells nothing, and the next one decides.
[[nodiscard]] std::optional<Format> dialect_of(std::string_view payload);

/// Reads one message of the trading dialect. A channel such as `orders` stands for `user:{id}:orders` and `orders`, as far as `identity` may read
/// them. Hostile input: any bytes give a request or a complaint. `{"op":...}` is read as the native protocol's.
[[nodiscard]] ParsedRequest parse_trading(std::string_view payload, const Identity& identity);

/// Reads one message of the platform's dialect: the same, for envelopes. The payload may be an object, or a text that holds one.
[[nodiscard]] ParsedRequest parse_platform(std::string_view payload);

}  // namespace tidegate::distributor
