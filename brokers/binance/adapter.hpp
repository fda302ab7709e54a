// Binance spot and USD-M futures, public market data.
#pragma once

#include "brokers/adapter.hpp"

namespace tidegate::binance {

extern const Adapter kBinance;

}  // namespace tidegate::binance
