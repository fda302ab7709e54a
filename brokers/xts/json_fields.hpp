// The names of Full JSON's fields that the gateway reads. All others are skipped, with whatever stands under them. docs/protocols/xts.md#full-json
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "brokers/common/field_table.hpp"

namespace tidegate::xts {

/// Two of them are misspelt on the wire beside their right spelling; 1510 has a word of its own for the market type.
// clang-format off
inline constexpr std::array<std::string_view, 34> kFieldNames = {
    "MessageCode", "ExchangeSegment", "ExchangeInstrumentID", "ExchangeTimeStamp", "XMarketType", "XTSMarketType",
    "Touchline", "Bids", "Asks", "BidInfo", "AskInfo", "Size", "Price", "TotalOrders",
    "LastTradedPrice", "LastTradedQunatity", "LastTradedQuantity", "TotalBuyQuantity", "TotalSellQuantity", "TotalTradedQuantity",
    "AverageTradedPrice", "AveragePrice", "LastTradedTime", "LastUpdateTime", "PercentChange", "Open", "High", "Low", "Close", "TotalValueTraded",
    "OpenInterest", "BarTime", "BarVolume", "message"};
// clang-format on

using Fields = common::FieldTable<kFieldNames>;

/// The slot of a name, for comparing with what a parser found.
consteval std::uint8_t slot_of(Fields::Name name) { return name.slot; }

/// Finds a name by one look into a table without collisions.
class FieldIndex {
 public:
  static constexpr std::uint8_t find(std::string_view name) {
    if (name.empty()) return Fields::Names::kOther;
    const std::uint8_t slot = kSlots[hash(name)];
    return slot != Fields::Names::kOther && kFieldNames[slot] == name ? slot : Fields::Names::kOther;
  }

 private:
  /// Length, first letter and one further back tell all names apart; `kSlots` proves it when compiling.
  static constexpr std::size_t hash(std::string_view name) {
    const auto letter = [name](std::size_t i) { return std::size_t{static_cast<unsigned char>(name[i])}; };
    return (name.size() + 5 * letter(0) + 5 * letter(name.size() * 2 / 3)) % 128;
  }
  static constexpr std::array<std::uint8_t, 128> make_slots() {
    std::array<std::uint8_t, 128> slots{};
    slots.fill(Fields::Names::kOther);
    for (std::uint8_t slot = 0; slot < Fields::Names::kCount; ++slot) {
      std::uint8_t& place = slots[hash(kFieldNames[slot])];
      if (place != Fields::Names::kOther) throw "two names in one place: the hash needs other factors";
      place = slot;
    }
    return slots;
  }
  static const std::array<std::uint8_t, 128> kSlots;
};
inline constexpr std::array<std::uint8_t, 128> FieldIndex::kSlots = FieldIndex::make_slots();

}  // namespace tidegate::xts
