// One element of exchangeInfo's `symbols`.
#pragma once

#include <string>

#include "tools/sim/binance/symbols.hpp"

namespace tidegate::sim::binance {

void append_exchange_symbol(std::string& out, Market market, const SymbolSpec& spec);

}  // namespace tidegate::sim::binance
