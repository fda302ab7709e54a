#pragma once

#include <cstdint>

#include "gateway/core/ids.hpp"

namespace tidegate {

/// Where data came from: one opening of one connection of one broker.
struct SourceKey {
  BrokerId broker{};
  ConnectionId connection{};
  std::uint32_t session = 0;
  friend bool operator==(SourceKey, SourceKey) = default;
};

}  // namespace tidegate
