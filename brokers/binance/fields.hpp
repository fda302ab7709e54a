// The names of Binance's JSON fields that the gateway reads. All others are skipped, with whatever stands under them.
#pragma once

#include <array>
#include <string_view>

#include "brokers/common/field_reader.hpp"
#include "brokers/common/field_table.hpp"

namespace tidegate::binance {

/// Names of several letters first. Letters mean different things in different messages: see messages.hpp.
// clang-format off
inline constexpr std::array<std::string_view, 42> kFieldNames = {
    "stream", "data", "lastUpdateId", "bids", "asks", "pu", "st", "result", "error", "code", "msg",
    "id", "price", "qty", "time", "isBuyerMaker",
    "a", "b", "c", "e", "h", "i", "k", "l", "m", "o", "p", "q", "s", "t", "u", "v", "w", "x",
    "A", "B", "E", "P", "Q", "T", "U", "X"};
// clang-format on

using Fields = common::FieldTable<kFieldNames>;
using FieldReader = common::FieldReader<Fields>;

/// The slot of a name, for comparing with what a parser found.
consteval std::uint8_t slot_of(Fields::Name name) { return name.slot; }

}  // namespace tidegate::binance
