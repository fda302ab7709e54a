#include "brokers/registry.hpp"

#include <algorithm>
#include <array>

#include "brokers/binance/adapter.hpp"
#include "brokers/ibkr/adapter.hpp"
#include "brokers/xts/adapter.hpp"
#include "brokers/zerodha/adapter.hpp"

namespace tidegate {
namespace {

constexpr std::array<const Adapter*, 4> kAdapters = {
    &binance::kBinance,
    &ibkr::kIbkr,
    &xts::kXts,
    &zerodha::kZerodha,
};

}  // namespace

std::span<const Adapter* const> all_adapters() { return kAdapters; }

const Adapter* find_adapter(std::string_view name) {
  const auto it = std::find_if(kAdapters.begin(), kAdapters.end(), [&](const Adapter* adapter) { return adapter->name == name; });
  return it == kAdapters.end() ? nullptr : *it;
}

}  // namespace tidegate
