// The keys of a toy broker, with the documented limits as defaults.
#pragma once

#include <cstddef>
#include <string_view>

#include "gateway/core/broker_config.hpp"

namespace tidegate::toy {

inline constexpr std::string_view kWsUrl = "ws://localhost:7999/feed";

inline constexpr std::size_t kOptionCount = 5;
extern const OptionSpec kOptions[kOptionCount];

/// A configuration ready for use.
struct Settings {
  explicit Settings(const BrokerConfig& config);

  std::size_t names_per_command = 0;
  std::size_t commands_per_second = 0;
  Duration heartbeat_timeout{};
  Duration data_timeout{};
  Duration probe_timeout{};
};

}  // namespace tidegate::toy
