#include "gateway/configured_instruments.hpp"

#include <spdlog/spdlog.h>

#include <map>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace tidegate {
namespace {

using NativeKey = std::tuple<std::uint32_t, std::uint64_t, std::string>;
NativeKey key_of(const NativeId& native) { return {native.segment, native.token, native.text}; }

}  // namespace

std::optional<NativeId> native_of(const Adapter& adapter, std::string_view id) {
  NativeId native;
  if (adapter.parse_native == nullptr) {
    native.text = id;
  } else if (!adapter.parse_native(id, native)) {
    return std::nullopt;
  }
  return native;
}

void name_configured(std::vector<Instrument>& list, std::span<const InstrumentConfig> configured, const Adapter& adapter, std::string_view broker) {
  if (configured.empty()) return;
  std::map<NativeKey, std::size_t> by_native;
  std::unordered_map<std::string, std::size_t> by_symbol;
  for (std::size_t i = 0; i < list.size(); ++i) {
    by_native.emplace(key_of(list[i].native), i);
    by_symbol.emplace(list[i].symbol(), i);
  }
  for (const InstrumentConfig& wanted : configured) {
    for (const auto& [name, id] : wanted.ids) {
      if (name != broker) continue;
      const auto native = native_of(adapter, id);
      if (!native) {
        spdlog::warn("{}: instruments: {} is no id of adapter {}; {} is left out", broker, id, adapter.name, wanted.symbol);
        continue;
      }
      const auto [listed, added] = by_native.emplace(key_of(*native), list.size());
      if (added) list.emplace_back();
      // Another instrument of the list may carry the configured name: it gives way.
      const auto named = by_symbol.find(wanted.symbol);
      if (named != by_symbol.end() && named->second != listed->second) list[named->second].name.clear();
      Instrument& instrument = list[listed->second];
      const auto colon = wanted.symbol.find(':');
      instrument.venue = wanted.symbol.substr(0, colon);
      instrument.name = wanted.symbol.substr(colon + 1);
      instrument.native = *native;
      by_symbol[wanted.symbol] = listed->second;
    }
  }
  std::erase_if(list, [](const Instrument& instrument) { return instrument.name.empty(); });
}

}  // namespace tidegate
