// Zerodha Kite Connect v3: the ticker socket and the instrument list.
#pragma once

#include "brokers/adapter.hpp"

namespace tidegate::zerodha {

extern const Adapter kZerodha;

}  // namespace tidegate::zerodha
