// The JSON keys of IBKR's messages that the gateway reads, market data fields by their numbers. All others are skipped, with whatever stands under
// them. docs/protocols/ibkr.md#fields
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "brokers/common/field_table.hpp"

namespace tidegate::ibkr {

// clang-format off
inline constexpr std::array<std::string_view, 26> kFieldNames = {
    "topic", "_updated", "conid", "conidEx", "args", "result", "message", "error",
    "31",    // last price
    "7059",  // its size
    "84",    // bid
    "88",    // its size
    "86",    // ask
    "85",    // its size
    "70",    // high of the day
    "71",    // low
    "7295",  // open
    "7741",  // previous close
    "7762",  // volume of the day, every digit
    "87",    // the same, rounded: "12.2M"
    "82",    // change
    "83",    // change in percent, mostly a number
    "7638",  // open interest of options
    "7697",  // open interest of futures
    "6509",  // availability
    "55"};   // symbol
// clang-format on

using Fields = common::FieldTable<kFieldNames>;
using FieldName = Fields::Name;

namespace field_places {

inline constexpr std::size_t kNameBytesMax = 8;
inline constexpr unsigned kPlaceBits = 7;

/// Where a name of up to eight bytes stands in the table of places.
constexpr std::size_t place_of(std::string_view name) {
  constexpr std::uint64_t kFactor = 0x9e3779b97f4a7c15U;
  std::uint64_t packed = 0;
  for (const char c : name) packed = packed << 8U | static_cast<unsigned char>(c);
  return packed * kFactor >> (64U - kPlaceBits);
}

inline constexpr std::array<std::uint8_t, 1U << kPlaceBits> kSlots = [] {
  std::array<std::uint8_t, 1U << kPlaceBits> slots{};
  slots.fill(Fields::Names::kOther);
  for (std::uint8_t slot = 0; slot < Fields::Names::kCount; ++slot) {
    std::uint8_t& place = slots[place_of(kFieldNames[slot])];
    if (place != Fields::Names::kOther || kFieldNames[slot].size() > kNameBytesMax) throw "two names share a place: take another factor";
    place = slot;
  }
  return slots;
}();

}  // namespace field_places

/// A key's slot in one step: most keys are numbers of two to four digits, and comparing each with every name would cost as much as all the rest.
constexpr std::uint8_t find_field(std::string_view name) {
  if (name.size() > field_places::kNameBytesMax) return Fields::Names::kOther;
  const std::uint8_t slot = field_places::kSlots[field_places::place_of(name)];
  return slot != Fields::Names::kOther && kFieldNames[slot] == name ? slot : Fields::Names::kOther;
}

/// What a stream's state keeps.
enum class Value : std::uint8_t {
  Last,
  LastSize,
  Bid,
  BidSize,
  Ask,
  AskSize,
  High,
  Low,
  Open,
  PreviousClose,
  Volume,
  RoundedVolume,
  Change,
  ChangePercent,
  OptionOpenInterest,
  FutureOpenInterest,
};
inline constexpr std::size_t kValueCount = 16;

/// One bit per Value.
using ValueSet = std::uint32_t;
inline constexpr ValueSet kAllValues = (1U << kValueCount) - 1;
constexpr ValueSet bit(Value value) { return 1U << static_cast<unsigned>(value); }
constexpr bool holds(ValueSet set, Value value) { return (set & bit(value)) != 0; }

/// The name of each Value.
inline constexpr std::array<FieldName, kValueCount> kValueNames = {"31",   "7059", "84",   "88", "86", "85", "70",   "71",
                                                                   "7295", "7741", "7762", "87", "82", "83", "7638", "7697"};

}  // namespace tidegate::ibkr
