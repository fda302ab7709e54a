// `instruments:` of the configuration: names and ids that a broker's own list cannot give, or gives otherwise.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "brokers/adapter.hpp"
#include "gateway/config/config.hpp"
#include "gateway/core/instrument.hpp"

namespace tidegate {

/// An id as written, as the adapter reads it; nothing when it is none of that broker's.
[[nodiscard]] std::optional<NativeId> native_of(const Adapter& adapter, std::string_view id);

/// Adds what is configured for the broker to its list. An instrument that the list holds under another name takes the configured one, so that one
/// native id never has two names.
void name_configured(std::vector<Instrument>& list, std::span<const InstrumentConfig> configured, const Adapter& adapter, std::string_view broker);

/// The same for what the broker found: what the configuration has an id or a name for is named, and identified, as it says.
void name_configured(std::vector<SymbolAnswer>& answers, std::span<const InstrumentConfig> configured, const Adapter& adapter,
                     std::string_view broker);

}  // namespace tidegate
