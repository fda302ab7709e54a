// XTS's instrument master and index lists as the gateway's instruments. Pure. docs/protocols/xts.md#instruments
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "brokers/common/instrument_fields.hpp"
#include "brokers/xts/segments.hpp"
#include "gateway/core/result.hpp"

namespace tidegate::xts {

/// The segments that a text such as "NSECM, NSEFO" names, each once, in its order. Errors: BadText with the name that is none, a view into `names`;
/// MissingField where there is no name at all.
[[nodiscard]] Result<std::vector<const Segment*>> parse_segments(std::string_view names);

/// Reads rows of the master, of any segments, and those that `index_rows` wrote. Lines end with LF or CRLF. The symbol is VENUE:NAME, where NAME is
/// that of other brokers' lists: a share's name, with its series unless that is EQ or the exchange is BSE; a contract's description; an index's name.
/// An expiry is the date at 00:00 UTC; a spread has none, and kind Other. What has the symbol or the id of a row before it is left out and counted.
[[nodiscard]] common::ParsedInstruments parse_instruments(std::string_view text);

/// Entries of an index list, "NIFTY 50_26000", as rows for parse_instruments: `NSECM|26000|INDEX|NIFTY 50`. Counts those that are none.
[[nodiscard]] std::string index_rows(const Segment& segment, std::span<const std::string_view> entries, std::uint64_t& bad);

}  // namespace tidegate::xts
