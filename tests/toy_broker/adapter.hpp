#pragma once

#include "brokers/adapter.hpp"

namespace tidegate::toy {

/// A broker that does not exist: docs/adding-a-broker.md follows it. Tests alone know it.
extern const Adapter kToy;

}  // namespace tidegate::toy
