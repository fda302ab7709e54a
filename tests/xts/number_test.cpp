#include <doctest/doctest.h>

#include "brokers/xts/number_text.hpp"

using namespace tidegate;
using tidegate::xts::read_number;
using tidegate::xts::read_whole_number;

namespace {

std::string number(std::string_view text) {
  const auto read = read_number(text);
  return read ? to_text(*read) : std::string{to_text(read.error().reason)};
}

}  // namespace

TEST_CASE("xts numbers: integers, decimals and signs are read exactly") {
  CHECK(number("2337") == "2337");
  CHECK(number("2339.85") == "2339.85");
  CHECK(number("2339.850") == "2339.85");
  CHECK(number("-0.17278894150773993") == "-0.17278894150773993");
  CHECK(number("0") == "0");
  CHECK(number("-0.0") == "0");
}
TEST_CASE("xts numbers: exponents move the point") {
  CHECK(number("1.1e-7") == "0.00000011");
  CHECK(number("1.1E+3") == "1100");
  CHECK(number("2e2") == "200");
  CHECK(number("1200e-2") == "12");
  CHECK(number("0e99") == "0");
  CHECK(number("-5e-1") == "-0.5");
  CHECK(read_number("1200e-2")->exponent == 0);
}
TEST_CASE("xts numbers: a point without digits behind it is an integer") {
  CHECK(number("12.") == "12");
  CHECK(number("-12.") == "-12");
}
TEST_CASE("xts numbers: what fits no Decimal is an overflow") {
  CHECK(number("12345678901234567890") == "overflow");
  CHECK(number("1e19") == "overflow");
  CHECK(number("1e400") == "overflow");
  CHECK(number("1e-200") == "overflow");
  CHECK(number("1e99999999999999999999") == "overflow");
}
TEST_CASE("xts numbers: what is no number is refused") {
  for (const std::string_view text :
       {"", "-", ".", "e5", "1e", "1e+", "1e5.5", "1-2", "NaN", "0x10", "+1", " 1", "1 ", "--1", "1..", "1.2.3", "1e5e5"}) {
    CAPTURE(std::string{text});
    CHECK(number(text) == "bad_decimal");
  }
}
TEST_CASE("xts numbers: whole ones may be written like any other") {
  CHECK(*read_whole_number("12") == 12);
  CHECK(*read_whole_number("12.0") == 12);
  CHECK(*read_whole_number("1.2e1") == 12);
  CHECK(read_whole_number("12.5").error().reason == Reason::BadInteger);
  CHECK(read_whole_number("x").error().reason == Reason::BadDecimal);
}
