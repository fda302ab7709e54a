#include "brokers/ibkr/value_text.hpp"

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <system_error>

#include "brokers/common/decimal_reader.hpp"

namespace tidegate::ibkr {
namespace {

using Kind = common::JsonValue::Kind;

constexpr std::size_t kNumberBytesMax = 64;  // without its separators
constexpr int kExponentMax = 64;             // beyond it no number means anything

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpaces = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kSpaces);
  return begin == std::string_view::npos ? std::string_view{} : text.substr(begin, text.find_last_not_of(kSpaces) - begin + 1);
}

bool says_nothing(std::string_view text) { return text.empty() || text == "-" || text == "N/A"; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// value x 10^power. An integer is written out, so that equal values look alike.
Result<Decimal> scaled(Decimal value, int power) {
  if (value.is_zero()) return value;
  const int exponent = value.exponent + power;
  if (exponent < INT8_MIN || exponent > kExponentMax) return Error{Reason::Overflow};
  const Decimal moved{value.mantissa, static_cast<std::int8_t>(exponent)};
  if (exponent <= 0) return moved;
  const Decimal integer = rescale(moved, 0);
  return integer.present() ? Result<Decimal>{integer} : Error{Reason::Overflow};
}

/// Digits with an optional sign, a point, and commas between the digits before it.
Result<Decimal> read_digits(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return Error{Reason::BadDecimal};
  }
  if (text.find(',') == std::string_view::npos) return text.size() > kNumberBytesMax ? Error{Reason::BadDecimal} : common::read_decimal(text);
  std::array<char, kNumberBytesMax> plain;
  std::size_t size = 0;
  bool fraction = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    fraction = fraction || text[i] == '.';
    if (text[i] == ',') {
      const bool between_digits = i > 0 && i + 1 < text.size() && is_digit(text[i - 1]) && is_digit(text[i + 1]);
      if (fraction || !between_digits) return Error{Reason::BadDecimal};
      continue;
    }
    if (size == plain.size()) return Error{Reason::BadDecimal};
    plain[size++] = text[i];
  }
  return common::read_decimal(std::string_view{plain.data(), size});
}

/// A number as JSON spells it: 271.5, 1.22E7.
Result<Decimal> read_json_number(std::string_view text) {
  const std::size_t e = text.find_first_of("eE");
  const Result<Decimal> digits = read_digits(text.substr(0, e));
  if (!digits || e == std::string_view::npos) return digits;
  std::string_view power_text = text.substr(e + 1);
  if (power_text.starts_with('+')) power_text.remove_prefix(1);
  int power = 0;
  const auto [end, error] = std::from_chars(power_text.data(), power_text.data() + power_text.size(), power);
  if (error == std::errc::result_out_of_range) return digits->is_zero() ? digits : Error{Reason::Overflow};
  if (error != std::errc{} || end != power_text.data() + power_text.size()) return Error{Reason::BadDecimal};
  if (power > kExponentMax || power < -2 * kExponentMax) return digits->is_zero() ? digits : Error{Reason::Overflow};
  return scaled(*digits, power);
}

/// What all values have in common: null, numbers, and texts that say nothing. `read_text` gets what is left of a text.
template <class ReadText>
auto read_value(const common::JsonValue& value, ReadText read_text) -> decltype(read_text(std::string_view{})) {
  switch (value.kind) {
    case Kind::Null:
      return Decimal{};
    case Kind::Number:
      return read_json_number(value.text);
    case Kind::Text: {
      const std::string_view text = trimmed(value.text);
      if (says_nothing(text)) return Decimal{};
      return read_text(text);
    }
    default:
      return Error{Reason::BadDecimal};
  }
}

int suffix_power(char letter) {
  switch (letter) {
    case 'K':
    case 'k':
      return 3;
    case 'M':
    case 'm':
      return 6;
    case 'B':
    case 'b':
      return 9;
    default:
      return 0;
  }
}

}  // namespace

Result<Decimal> read_price(const common::JsonValue& value) { return read_value(value, read_digits); }

Result<MarkedPrice> read_last_price(const common::JsonValue& value) {
  MarkedPrice marked;
  const auto read_marked = [&marked](std::string_view text) -> Result<Decimal> {
    if (text.front() == 'C') marked.mark = PriceMark::PreviousClose;
    if (text.front() == 'H') marked.mark = PriceMark::Halted;
    if (marked.mark == PriceMark::None) return read_digits(text);
    text = trimmed(text.substr(1));
    if (says_nothing(text)) return Decimal{};
    return read_digits(text);
  };
  const Result<Decimal> price = read_value(value, read_marked);
  if (!price) return price.error();
  marked.price = *price;
  return marked;
}

Result<Decimal> read_quantity(const common::JsonValue& value) {
  const auto read_suffixed = [](std::string_view text) -> Result<Decimal> {
    const int power = suffix_power(text.back());
    const Result<Decimal> digits = read_digits(power == 0 ? text : trimmed(text.substr(0, text.size() - 1)));
    return digits ? scaled(*digits, power) : digits;
  };
  const Result<Decimal> quantity = read_value(value, read_suffixed);
  if (quantity && quantity->present() && quantity->mantissa < 0) return Error{Reason::BadDecimal};
  return quantity;
}

Result<Decimal> read_percent(const common::JsonValue& value) {
  return read_value(value, [](std::string_view text) { return read_digits(text.back() == '%' ? trimmed(text.substr(0, text.size() - 1)) : text); });
}

Result<Decimal> read_ladder_price(const common::JsonValue& value) {
  return read_value(value, [](std::string_view text) -> Result<Decimal> {
    const std::size_t at = text.find('@');
    if (at == std::string_view::npos) return read_digits(text);
    const Result<Decimal> size = read_digits(trimmed(text.substr(0, at)));
    return size ? read_digits(trimmed(text.substr(at + 1))) : size;
  });
}

}  // namespace tidegate::ibkr
