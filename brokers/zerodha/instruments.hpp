// The broker's instrument list, the CSV of `GET /instruments`, as the gateway's instruments. Pure.
#pragma once

#include <string_view>

#include "brokers/common/instrument_fields.hpp"
#include "gateway/core/result.hpp"

namespace tidegate::zerodha {

using InstrumentCsv = common::ParsedInstruments;

/// Reads columns by their names in the first line, in any order; others are passed over. A tick, lot or strike of zero is none, and absent; an expiry
/// is the date at 00:00 UTC. Errors: MissingField with the column that the first line lacks, as when the text is no such list at all. A list without
/// rows is none. Source: docs/protocols/zerodha.md#instruments.
[[nodiscard]] Result<InstrumentCsv> parse_instruments(std::string_view csv);

}  // namespace tidegate::zerodha
