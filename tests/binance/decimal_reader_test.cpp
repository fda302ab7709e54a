#include "brokers/common/decimal_reader.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>

using namespace tidegate;
using common::read_decimal;

namespace {

bool same(std::string_view text) {
  const auto fast = read_decimal(text);
  const auto plain = parse_decimal(text);
  if (fast.ok() != plain.ok()) return false;
  if (!fast.ok()) return fast.error().reason == plain.error().reason;
  return fast->mantissa == plain->mantissa && fast->exponent == plain->exponent;
}

}  // namespace

TEST_CASE("decimal reader: agrees with the decimal parser on the forms brokers send and on faulty ones") {
  for (const std::string_view text : {"0",
                                      "00",
                                      "0.0",
                                      "0.00000000",
                                      "1",
                                      "10",
                                      "100.00",
                                      "61837.63000000",
                                      "0.02000000",
                                      "0.00000001",
                                      "92141578.00000000",
                                      "007.5",
                                      "-1.50",
                                      "-0",
                                      "123456789012345678",
                                      "999999999999999999",
                                      "1234567890123456789",
                                      "9223372036854775807",
                                      "9223372036854775808",
                                      "1234567890123.00000000",
                                      "1234567890123.12345678",
                                      "12345678.123456789",
                                      "",
                                      ".",
                                      "-",
                                      "+1",
                                      ".5",
                                      "5.",
                                      "1..2",
                                      "1.2.3",
                                      "1e5",
                                      "1 ",
                                      " 1",
                                      "0x1",
                                      "1,5",
                                      "1.5\n",
                                      "--1"}) {
    CAPTURE(text);
    CHECK(same(text));
  }
}

TEST_CASE("decimal reader: agrees with the decimal parser on random texts") {
  std::mt19937 random(7);
  constexpr std::string_view kCharacters = "0000123456789..-e";
  for (int i = 0; i < 200'000; ++i) {
    std::string text(random() % 22, ' ');
    for (char& c : text) c = kCharacters[random() % (i % 2 == 0 ? 15 : kCharacters.size())];
    if (!same(text)) FAIL_CHECK(text);
  }
}

TEST_CASE("decimal reader: integers are taken, other values are not") {
  using Kind = common::JsonValue::Kind;
  CHECK(*read_decimal(common::JsonValue{.kind = Kind::Integer, .integer = -5}) == Decimal{-5, 0});
  CHECK_FALSE(read_decimal(common::JsonValue{.kind = Kind::Integer, .integer = INT64_MIN}).ok());
  CHECK_FALSE(read_decimal(common::JsonValue{.kind = Kind::Number}).ok());
  CHECK_FALSE(read_decimal(common::JsonValue{.kind = Kind::Boolean, .integer = 1}).ok());
}
