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

void set_symbol(Instrument& instrument, std::string_view symbol) {
  const auto colon = symbol.find(':');
  instrument.venue = symbol.substr(0, colon);
  instrument.name = symbol.substr(colon + 1);
}

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
      set_symbol(instrument, wanted.symbol);
      instrument.native = *native;
      by_symbol[wanted.symbol] = listed->second;
    }
  }
  std::erase_if(list, [](const Instrument& instrument) { return instrument.name.empty(); });
}

void name_configured(std::vector<SymbolAnswer>& answers, std::span<const InstrumentConfig> configured, const Adapter& adapter,
                     std::string_view broker) {
  std::map<NativeKey, std::string_view> symbols;
  std::map<std::string_view, NativeId> natives;
  for (const InstrumentConfig& wanted : configured) {
    for (const auto& [name, id] : wanted.ids) {
      if (name != broker) continue;
      const auto native = native_of(adapter, id);
      if (!native) continue;  // name_configured of the list has said so
      symbols.emplace(key_of(*native), wanted.symbol);
      natives.emplace(wanted.symbol, *native);
    }
  }
  if (symbols.empty()) return;
  for (SymbolAnswer& answer : answers) {
    for (Instrument& instrument : answer.instruments) {
      if (const auto named = symbols.find(key_of(instrument.native)); named != symbols.end()) {
        set_symbol(instrument, named->second);
      } else if (const auto other = natives.find(instrument.symbol()); other != natives.end()) {
        // Another instrument than the one that the configuration means by this name: nothing of it fits.
        Instrument meant;
        set_symbol(meant, other->first);
        meant.native = other->second;
        instrument = std::move(meant);
      }
    }
  }
}

}  // namespace tidegate
