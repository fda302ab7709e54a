// A value, or the reason why there is none. Nothing on the data path throws.
#pragma once

#include <cassert>
#include <cstdint>
#include <string_view>
#include <utility>
#include <variant>

namespace tidegate {

/// Why bytes from outside were refused. Each reason has a counter (`counters.hpp`) and a line in docs/operating.md.
enum class Reason : std::uint8_t {
  BadJson,        // not JSON, or cut short
  BadShape,       // JSON or packet of another structure than the protocol's
  MissingField,   // a mandatory field is absent
  BadInteger,     // not an integer, or out of range
  BadDecimal,     // not a plain decimal
  Overflow,       // a decimal that fits no int64 mantissa
  BadText,        // a text field with an unknown or impossible value
  Truncated,      // binary frame shorter than its own lengths say
  TooManyLevels,  // more book levels than the gateway keeps
  CrossedBook,    // best bid at or above best ask in one state
};
inline constexpr std::size_t kReasonCount = 10;

/// snake_case name of a reason, as metrics and logs show it.
constexpr std::string_view to_text(Reason reason) {
  constexpr std::string_view kNames[kReasonCount] = {"bad_json", "bad_shape", "missing_field", "bad_integer",     "bad_decimal",
                                                     "overflow", "bad_text",  "truncated",     "too_many_levels", "crossed_book"};
  return kNames[static_cast<std::size_t>(reason)];
}

struct Error {
  Reason reason{};
  std::string_view field{};  // the field's name on the wire; a literal, or a view into the frame
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}
  Result(Error error) : state_(error) {}

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  [[nodiscard]] const T& value() const {
    assert(ok());
    return *std::get_if<0>(&state_);
  }
  [[nodiscard]] T& value() {
    assert(ok());
    return *std::get_if<0>(&state_);
  }
  const T& operator*() const { return value(); }
  T& operator*() { return value(); }
  const T* operator->() const { return &value(); }
  [[nodiscard]] const Error& error() const {
    assert(!ok());
    return *std::get_if<1>(&state_);
  }

 private:
  std::variant<T, Error> state_;
};

}  // namespace tidegate
