// What subscribers are told went wrong, as numbers. docs/client-protocol.md explains each.
#pragma once

#include <cstdint>

namespace tidegate::code {

/// Error codes of the client protocol; also the close code where an error closes the connection.
inline constexpr std::uint16_t kTooManyConnections = 4003;
inline constexpr std::uint16_t kMalformed = 4004;
inline constexpr std::uint16_t kUnknownOp = 4010;
inline constexpr std::uint16_t kUnknownSymbol = 4011;
inline constexpr std::uint16_t kNoChannel = 4012;
inline constexpr std::uint16_t kNotEntitled = 4013;
inline constexpr std::uint16_t kTooManySubscriptions = 4014;
inline constexpr std::uint16_t kBrokerLimit = 4015;
inline constexpr std::uint16_t kSlowReader = 4021;
inline constexpr std::uint16_t kTooLarge = 4022;
inline constexpr std::uint16_t kBrokerRefused = 4031;
inline constexpr std::uint16_t kCompetingSession = 4033;
inline constexpr std::uint16_t kShuttingDown = 4050;

}  // namespace tidegate::code
