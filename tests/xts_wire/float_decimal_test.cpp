#include "brokers/common/float_decimal.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <random>
#include <string>

using namespace tidegate;
using common::float_decimal;

namespace {

std::string text(double value) {
  const auto decimal = float_decimal(value);
  if (!decimal.ok()) return std::string{to_text(decimal.error().reason)};
  return decimal->present() ? std::to_string(decimal->mantissa) + "e" + std::to_string(decimal->exponent) : "absent";
}

}  // namespace

TEST_CASE("float decimal: a price comes out as it was written") {
  CHECK(text(2339.85) == "233985e-2");
  CHECK(text(0.1) == "1e-1");
  CHECK(text(0.05) == "5e-2");
  CHECK(text(-80.68242402701262) == "-8068242402701262e-14");
  CHECK(text(-0.17278894150773993) == "-17278894150773993e-17");
  CHECK(text(0.1 + 0.2) == "30000000000000004e-17");  // what the sender computed is what it sent
  CHECK(text(83.1250) == "83125e-3");
}

TEST_CASE("float decimal: integers have no exponent, however the shortest text is written") {
  CHECK(text(0) == "0e0");
  CHECK(text(-0.0) == "0e0");
  CHECK(text(1) == "1e0");
  CHECK(text(2337) == "2337e0");
  CHECK(text(1e5) == "100000e0");
  CHECK(text(-1'000'000'000'000) == "-1000000000000e0");
  CHECK(text(9007199254740993.0) == "9007199254740992e0");
  CHECK(text(9.2e18) == "9200000000000000000e0");
}

TEST_CASE("float decimal: very small numbers keep their digits up to 127 decimals") {
  CHECK(text(1e-7) == "1e-7");
  CHECK(text(2.5e-11) == "25e-12");
  CHECK(text(1e-127) == "1e-127");
  CHECK(text(1e-128) == "overflow");
  CHECK(text(1.5e-127) == "overflow");
  CHECK(text(std::numeric_limits<double>::denorm_min()) == "overflow");
}

TEST_CASE("float decimal: what fits no mantissa is refused") {
  CHECK(text(9.3e18) == "overflow");
  CHECK(text(-9.3e18) == "overflow");
  CHECK(text(1e19) == "overflow");
  CHECK(text(1.7976931348623157e308) == "overflow");
}

TEST_CASE("float decimal: no number is absent, not zero") {
  CHECK(text(std::numeric_limits<double>::quiet_NaN()) == "absent");
  CHECK(text(-std::numeric_limits<double>::signaling_NaN()) == "absent");
  CHECK(text(std::numeric_limits<double>::infinity()) == "absent");
  CHECK(text(-std::numeric_limits<double>::infinity()) == "absent");
}

TEST_CASE("float decimal: any double is absent, refused, or reads back as itself") {
  std::mt19937_64 generator{7};
  int values = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::uint64_t bits = generator();
    if (i % 2 == 0) bits = (bits & 0x800F'FFFF'FFFF'FFFFU) | (1'023 + bits % 64) << 52U;  // half of them within the range of prices
    const auto value = std::bit_cast<double>(bits);
    const auto decimal = float_decimal(value);
    if (!decimal.ok() || !decimal->present()) continue;
    ++values;
    const std::string written = to_text(*decimal);
    double back = 0;
    REQUIRE(std::from_chars(written.data(), written.data() + written.size(), back).ec == std::errc{});
    REQUIRE(std::bit_cast<std::uint64_t>(back) == bits);
    const auto parsed = parse_decimal(written);
    REQUIRE(parsed.ok());
    REQUIRE(parsed->mantissa == decimal->mantissa);
    REQUIRE(parsed->exponent == decimal->exponent);
  }
  CHECK(values > 100'000);
}

TEST_CASE("float decimal: prices, their neighbours and powers of two have the digits of the shortest text") {
  std::mt19937_64 generator{11};
  const auto check = [](double value) {
    char written[64];
    const auto plain = std::to_chars(written, written + sizeof written, value, std::chars_format::fixed);
    const auto expected = parse_decimal({written, static_cast<std::size_t>(plain.ptr - written)});
    const auto decimal = float_decimal(value);
    CAPTURE(value);
    REQUIRE(expected.ok());
    REQUIRE(decimal.ok());
    REQUIRE(decimal->mantissa == expected->mantissa);
    REQUIRE(decimal->exponent == expected->exponent);
  };
  for (int i = 0; i < 200'000; ++i) {
    const auto digits =
        static_cast<std::int64_t>(generator() >> (11 + i % 53));  // of every length below 2^53, past which the plain text is not the shortest
    const auto divisor = static_cast<double>(kPowersOfTen[static_cast<std::size_t>(i) % 8]);
    const double price = static_cast<double>(digits) / divisor;
    for (const double value : {price, std::nextafter(price, 1e300), std::nextafter(price, -1e300), -price}) {
      if (std::abs(value) < 9e15 && std::abs(value) > 1e-9) check(value);
    }
  }
  for (int power = -30; power < 53; ++power) {
    const double value = std::ldexp(1.0, power);
    for (const double near : {value, std::nextafter(value, 0.0), std::nextafter(value, 1e300), -value}) check(near);
  }
}
