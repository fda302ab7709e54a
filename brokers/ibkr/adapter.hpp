#pragma once

#include "brokers/adapter.hpp"

namespace tidegate::ibkr {

/// Interactive Brokers' Web API, through the gateway that its users run, or hosted.
extern const Adapter kIbkr;

}  // namespace tidegate::ibkr
