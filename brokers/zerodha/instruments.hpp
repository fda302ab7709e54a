// The broker's instrument list, the CSV of `GET /instruments`, as the gateway's instruments. Pure.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "gateway/core/instrument.hpp"
#include "gateway/core/result.hpp"

namespace tidegate::zerodha {

struct InstrumentCsv {
  std::vector<Instrument> instruments;
  std::uint64_t bad_rows = 0;        // rows that could not be read; the rest is good
  Error first_bad{};                 // why the first of them could not; the field is a column's name
  std::uint64_t first_bad_line = 0;  // where it stands, from 1
};

/// Reads columns by their names in the first line, in any order; others are passed over. A tick, lot or strike of zero is none, and absent; an expiry
/// is the date at 00:00 UTC. Errors: MissingField with the column that the first line lacks, as when the text is no such list at all. A list without
/// rows is none. Source: docs/protocols/zerodha.md#instruments.
[[nodiscard]] Result<InstrumentCsv> parse_instruments(std::string_view csv);

}  // namespace tidegate::zerodha
