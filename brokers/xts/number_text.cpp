#include "brokers/xts/number_text.hpp"

#include <charconv>
#include <limits>

namespace tidegate::xts {
namespace {

/// Digits with an optional sign; empty digits are a fault. Larger ones than any Decimal needs are cut to something just as impossible.
bool read_exponent(std::string_view text, int& exponent) {
  constexpr int kImpossible = 10'000;
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) return false;
  if (std::from_chars(text.data(), text.data() + text.size(), exponent).ec != std::errc{} || exponent > kImpossible) exponent = kImpossible;
  if (negative) exponent = -exponent;
  return true;
}

/// mantissa x 10^exponent in the form that parse_decimal gives: no zeros at the end of a fraction, integers at exponent 0.
Result<Decimal> canonical(std::int64_t mantissa, int exponent) {
  if (mantissa == 0) return Decimal{0, 0};
  while (exponent < 0 && mantissa % 10 == 0) {
    mantissa /= 10;
    ++exponent;
  }
  if (exponent > 18 || exponent < -127) return Error{Reason::Overflow};
  const Decimal value{mantissa, static_cast<std::int8_t>(exponent)};
  if (exponent <= 0) return value;
  const Decimal whole = rescale(value, 0);
  if (!whole.present()) return Error{Reason::Overflow};
  return whole;
}

}  // namespace

Result<Decimal> read_unusual_number(std::string_view text) {
  std::string_view digits = text;
  int exponent = 0;
  if (const std::size_t mark = text.find_first_of("eE"); mark != std::string_view::npos) {
    if (!read_exponent(text.substr(mark + 1), exponent)) return Error{Reason::BadDecimal};
    digits = text.substr(0, mark);
  }
  if (digits.ends_with('.')) digits.remove_suffix(1);
  const Result<Decimal> value = common::read_decimal(digits);
  if (!value) return value;
  return canonical(value->mantissa, value->exponent + exponent);
}

Result<std::int64_t> read_whole_number(std::string_view text) {
  const Result<Decimal> value = read_number(text);
  if (!value) return value.error();
  const Decimal whole = rescale(*value, 0);
  if (!whole.present()) return Error{Reason::BadInteger};
  return whole.mantissa;
}

}  // namespace tidegate::xts
