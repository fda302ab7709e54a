// What subscribers are told went wrong, as numbers. docs/client-protocol.md explains each.
#pragma once

#include <array>
#include <cstdint>

namespace tidegate::code {

/// Error codes of the client protocol; also the close code where an error closes the connection.
inline constexpr std::uint16_t kLoginNeeded = 4001;
inline constexpr std::uint16_t kUserInactive = 4002;
inline constexpr std::uint16_t kTooManyConnections = 4003;
inline constexpr std::uint16_t kMalformed = 4004;
inline constexpr std::uint16_t kUnknownOp = 4010;
inline constexpr std::uint16_t kUnknownSymbol = 4011;
inline constexpr std::uint16_t kNoChannel = 4012;
inline constexpr std::uint16_t kNotEntitled = 4013;
inline constexpr std::uint16_t kTooManySubscriptions = 4014;
inline constexpr std::uint16_t kBrokerLimit = 4015;
inline constexpr std::uint16_t kRateLimit = 4020;
inline constexpr std::uint16_t kSlowReader = 4021;
inline constexpr std::uint16_t kTooLarge = 4022;
inline constexpr std::uint16_t kBrokerNotConnected = 4030;
inline constexpr std::uint16_t kBrokerRefused = 4031;
inline constexpr std::uint16_t kCredentialsExpired = 4032;
inline constexpr std::uint16_t kCompetingSession = 4033;
inline constexpr std::uint16_t kResumeUnknown = 4040;
inline constexpr std::uint16_t kShuttingDown = 4050;
inline constexpr std::uint16_t kHeartbeatMissed = 4051;
inline constexpr std::uint16_t kInternal = 4099;

/// Every code, in order; a counter stands behind each.
inline constexpr std::array<std::uint16_t, 21> kAll = {
    kLoginNeeded,   kUserInactive,         kTooManyConnections, kMalformed,     kUnknownOp,    kUnknownSymbol,   kNoChannel,
    kNotEntitled,   kTooManySubscriptions, kBrokerLimit,        kRateLimit,     kSlowReader,   kTooLarge,        kBrokerNotConnected,
    kBrokerRefused, kCredentialsExpired,   kCompetingSession,   kResumeUnknown, kShuttingDown, kHeartbeatMissed, kInternal};

}  // namespace tidegate::code
