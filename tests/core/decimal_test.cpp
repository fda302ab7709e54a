#include "gateway/core/decimal.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>

namespace tidegate {
namespace {

std::string round_trip(std::string_view text) {
  const auto value = parse_decimal(text);
  return value.ok() ? to_text(*value) : std::string{to_text(value.error().reason)};
}

}  // namespace

TEST_CASE("decimal: text becomes the same value without its padding") {
  CHECK(round_trip("61837.63000000") == "61837.63");
  CHECK(round_trip("0.00000001") == "0.00000001");
  CHECK(round_trip("-828.79000000") == "-828.79");
  CHECK(round_trip("100") == "100");
  CHECK(round_trip("10.00") == "10");
  CHECK(round_trip("0.00000000") == "0");
  CHECK(round_trip("-0.0") == "0");
  CHECK(round_trip("007.50") == "7.5");
}

TEST_CASE("decimal: padded volumes that overflow at eight decimals still fit") {
  CHECK(round_trip("1234567890123.00000000") == "1234567890123");
  CHECK(round_trip("9223372036854775807") == "9223372036854775807");
}

TEST_CASE("decimal: what does not fit is an overflow, never a wrong number") {
  CHECK(round_trip("9223372036854775808") == "overflow");
  CHECK(round_trip("12345678901234567890.5") == "overflow");
  CHECK(round_trip("0." + std::string(127, '0') + "1") == "overflow");
}

TEST_CASE("decimal: anything but a plain decimal is refused") {
  for (const char* text : {"", "-", ".", "1.", ".5", "+1", "1e5", " 1", "1 ", "1,000", "0x10", "1.2.3", "--1", "NaN", "3290.2x", "1-"}) {
    CAPTURE(text);
    CHECK(round_trip(text) == "bad_decimal");
  }
}

TEST_CASE("decimal: comparison is by value, whatever the exponents") {
  CHECK(compare({1000, -2}, {10, 0}) == 0);
  CHECK(compare({1001, -2}, {10, 0}) == 1);
  CHECK(compare({-1, 0}, {1, -18}) == -1);
  CHECK(compare({1, 100}, {9'000'000'000'000'000'000, 0}) == 1);
  CHECK(compare({-1, 100}, {9'000'000'000'000'000'000, 0}) == -1);
  CHECK(compare({0, 100}, {1, -100}) == -1);
  CHECK(Decimal{} == kAbsent);
  CHECK_FALSE(Decimal{0, 0} == kAbsent);
}

TEST_CASE("decimal: random values survive text and rescaling") {
  std::mt19937_64 random{42};
  for (int i = 0; i < 20'000; ++i) {
    const auto mantissa = static_cast<std::int64_t>(random() >> (1 + random() % 63)) * (random() % 2 == 0 ? 1 : -1);
    const Decimal value{mantissa, static_cast<std::int8_t>(-static_cast<int>(random() % 19))};
    const std::string text = to_text(value);
    CAPTURE(text);
    const auto back = parse_decimal(text);
    REQUIRE(back.ok());
    CHECK(*back == value);
    const Decimal finer = rescale(value, static_cast<std::int8_t>(value.exponent - 2));
    if (finer.present()) CHECK(finer == value);
  }
}

TEST_CASE("decimal: rescaling that would lose digits or overflow is absent") {
  CHECK(rescale({15, -1}, -3).mantissa == 1500);
  CHECK(rescale({1500, -3}, -1).mantissa == 15);
  CHECK_FALSE(rescale({15, -1}, 0).present());
  CHECK_FALSE(rescale({9'000'000'000'000'000'000, 0}, -1).present());
  Decimal a{15, -1}, b{1234, -3};
  REQUIRE(align(a, b));
  CHECK(a.mantissa == 1500);
  CHECK(a.exponent == b.exponent);
}

TEST_CASE("decimal: a difference is exact, whatever the exponents, and absent when it does not fit") {
  CHECK(to_text(difference({4915500, -4}, {49165, -2})) == "-0.1");
  CHECK(to_text(difference({5, 0}, {25, -1})) == "2.5");
  CHECK_FALSE(difference({INT64_MAX, 0}, {-1, 0}).present());
}

TEST_CASE("decimal: a percentage is rounded to four decimals, half away from zero") {
  CHECK(to_text(percent_of({1, 0}, {3, 0})) == "33.3333");
  CHECK(to_text(percent_of({2, 0}, {3, 0})) == "66.6667");
  CHECK(to_text(percent_of({-2, 0}, {3, 0})) == "-66.6667");
  CHECK(to_text(percent_of({1, -2}, {200, 0})) == "0.005");
  CHECK(to_text(percent_of({1, -3}, {2000, 0})) == "0.0001");  // 0.00005 exactly
  CHECK(to_text(percent_of({-1, -3}, {2000, 0})) == "-0.0001");
  CHECK(to_text(percent_of({5, 0}, {-50, 0})) == "-10");
  CHECK_FALSE(percent_of({5, 0}, {0, 0}).present());
  CHECK_FALSE(percent_of({INT64_MAX, 0}, {1, 0}).present());
}

}  // namespace tidegate
