// The scalars of one JSON object, in the order of a broker's own table of names. Filled by a SAX handler, read by FieldReader; no allocation.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "gateway/core/decimal.hpp"

namespace tidegate::common {

/// One value as JSON had it. Texts are views, without quotes and unescaped.
struct JsonValue {
  enum class Kind : std::uint8_t {
    Null,
    Text,
    Integer,  // fits int64
    Number,   // any other number: never used as a value, so that nothing passes through a double
    Boolean,
    Object,
    Array,
  };
  Kind kind = Kind::Null;
  std::int64_t integer = 0;  // Integer; Boolean: 0 or 1. Of other kinds it means nothing,
  std::string_view text{};   // and the text nothing of any but Text, and Number where a reader keeps its text
};

/// Finds a field's slot by its name. `kNames` is a constexpr array of string_views: the names a broker's decoder reads.
template <const auto& kNames>
struct FieldNames {
  static constexpr std::size_t kCount = kNames.size();
  static constexpr std::uint8_t kOther = kCount;  // the slot of every name that is not in the table
  static_assert(kCount < 64, "one bit each, and one for all others");

  static constexpr std::uint8_t find(std::string_view name) {
    if (name.size() == 1) return kByLetter[static_cast<unsigned char>(name[0])];
    return find_long(name, std::make_index_sequence<kLongCount>{});
  }

 private:
  /// Names of several letters come first.
  static constexpr std::size_t kLongCount = [] {
    std::size_t count = 0;
    while (count < kCount && kNames[count].size() != 1) ++count;
    return count;
  }();
  /// One comparison after the other with names the compiler knows, so that none is a call.
  template <std::size_t... kSlot>
  static constexpr std::uint8_t find_long(std::string_view name, std::index_sequence<kSlot...>) {
    std::uint8_t found = kOther;
    static_cast<void>(((name == kNames[kSlot] && (found = kSlot, true)) || ...));
    return found;
  }

  static constexpr std::array<std::uint8_t, 256> kByLetter = [] {
    std::array<std::uint8_t, 256> slots{};
    slots.fill(kOther);
    for (std::uint8_t slot = 0; slot < kCount; ++slot) {
      if (kNames[slot].size() == 1) slots[static_cast<unsigned char>(kNames[slot][0])] = slot;
    }
    return slots;
  }();
};

/// A name of the table, checked when compiling: `table.find("p")`.
template <const auto& kNames>
struct FieldName {
  std::uint8_t slot;
  consteval FieldName(const char* name) : slot(FieldNames<kNames>::find(name)) {
    if (slot == FieldNames<kNames>::kOther) throw "a name that is not in the table";
  }
  [[nodiscard]] constexpr std::string_view text() const { return kNames[slot]; }
};

template <const auto& kNames>
class FieldTable {
 public:
  using Names = FieldNames<kNames>;
  using Name = FieldName<kNames>;

  void clear() { sent_ = 0; }
  /// A name sent twice keeps its last value.
  void put(std::uint8_t slot, const JsonValue& value) {
    values_[slot] = value;
    sent_ |= std::uint64_t{1} << slot;
  }
  /// The same for the usual kinds, without what they do not use: a value that is stored in parts and copied whole at once waits for its parts.
  void put_text(std::uint8_t slot, std::string_view text, JsonValue::Kind kind = JsonValue::Kind::Text) {
    values_[slot].kind = kind;
    values_[slot].text = text;
    sent_ |= std::uint64_t{1} << slot;
  }
  void put_integer(std::uint8_t slot, std::int64_t integer) {
    values_[slot].kind = JsonValue::Kind::Integer;
    values_[slot].integer = integer;
    sent_ |= std::uint64_t{1} << slot;
  }
  /// The name was there, be it with null.
  [[nodiscard]] bool sent(Name name) const { return (sent_ >> name.slot & 1U) != 0; }
  /// Its value; null where it was not sent, or sent as null.
  [[nodiscard]] const JsonValue* find(Name name) const {
    const JsonValue& value = values_[name.slot];
    return sent(name) && value.kind != JsonValue::Kind::Null ? &value : nullptr;
  }

 private:
  std::uint64_t sent_ = 0;
  std::array<JsonValue, Names::kCount + 1> values_{};  // the last one takes what nobody reads
};

}  // namespace tidegate::common
