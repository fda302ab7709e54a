#include "brokers/ibkr/value_text.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace tidegate;
using namespace tidegate::ibkr;

namespace {

using Kind = common::JsonValue::Kind;

common::JsonValue textual(std::string_view text) { return {.kind = Kind::Text, .text = text}; }
common::JsonValue number(std::string_view text) { return {.kind = Kind::Number, .text = text}; }

/// The value, "none", or why there is none.
std::string shown(const Result<Decimal>& read) {
  if (!read) return std::string{to_text(read.error().reason)};
  return read->present() ? to_text(*read) : "none";
}

}  // namespace

TEST_CASE("ibkr values: prices as texts, with separators and signs") {
  const auto price = [](std::string_view text) { return shown(read_price(textual(text))); };
  CHECK(price("271.70") == "271.7");
  CHECK(price("7,699.50") == "7699.5");
  CHECK(price("1,234,567.8") == "1234567.8");
  CHECK(price("+1.42") == "1.42");
  CHECK(price("-37.63") == "-37.63");
  CHECK(price("  5 ") == "5");
  CHECK(price("0") == "0");
  CHECK(price("0.00") == "0");
}

TEST_CASE("ibkr values: what says that there is none is absent, never zero") {
  for (const std::string_view text : {"", " ", "-", "N/A"}) {
    CAPTURE(text);
    CHECK(shown(read_price(textual(text))) == "none");
    CHECK(shown(read_quantity(textual(text))) == "none");
    CHECK(shown(read_percent(textual(text))) == "none");
    CHECK(shown(read_ladder_price(textual(text))) == "none");
  }
  CHECK(shown(read_price({})) == "none");
}

TEST_CASE("ibkr values: anything else is refused") {
  for (const std::string_view text :
       {"abc", "1.2.3", "--1", "+-1", "1,", ",1", "1,,2", "1.0,5", ".5", "5.", "1e5", "0x10", "1 2", "H271", "271C", "NaN"}) {
    CAPTURE(text);
    CHECK(shown(read_price(textual(text))) == "bad_decimal");
  }
  CHECK(shown(read_price(textual(std::string(65, '0')))) == "bad_decimal");
  CHECK(shown(read_price(textual(std::string(64, '9')))) == "overflow");
  CHECK(shown(read_price(textual("1," + std::string(70, '0')))) == "bad_decimal");
  CHECK(shown(read_price(textual("9223372036854775808"))) == "overflow");
  CHECK(shown(read_price({.kind = Kind::Boolean, .integer = 1})) == "bad_decimal");
  CHECK(shown(read_price({.kind = Kind::Object})) == "bad_decimal");
}

TEST_CASE("ibkr values: numbers keep the digits they were sent with, exponents included") {
  const auto price = [](std::string_view text) { return shown(read_price(number(text))); };
  CHECK(price("271.5") == "271.5");
  CHECK(price("-0.36") == "-0.36");
  CHECK(price("1.22E7") == "12200000");
  CHECK(price("2.0201311791131118E8") == "202013117.91131118");
  CHECK(price("5e-3") == "0.005");
  CHECK(price("25e+2") == "2500");
  CHECK(price("0e99999999999999999999") == "0");
  CHECK(price("1e99999999999999999999") == "overflow");
  CHECK(price("1e19") == "overflow");
  CHECK(price("1e-200") == "overflow");
  CHECK(price("0.1") == "0.1");
}

TEST_CASE("ibkr values: a last price may be marked with a letter") {
  const auto last = [](std::string_view text) { return read_last_price(textual(text)); };
  CHECK(shown(last("C271.67")->price) == "271.67");
  CHECK(last("C271.67")->mark == PriceMark::PreviousClose);
  CHECK(last("H1,271.67")->mark == PriceMark::Halted);
  CHECK(shown(last("H1,271.67")->price) == "1271.67");
  CHECK(last("271.67")->mark == PriceMark::None);
  CHECK(shown(last("C")->price) == "none");
  CHECK_FALSE(last("CH1").ok());
  CHECK_FALSE(last("X1").ok());
}

TEST_CASE("ibkr values: quantities have letters that stand for powers of ten") {
  const auto quantity = [](std::string_view text) { return shown(read_quantity(textual(text))); };
  CHECK(quantity("1,300") == "1300");
  CHECK(quantity("950.5K") == "950500");
  CHECK(quantity("12.2M") == "12200000");
  CHECK(quantity("1.25B") == "1250000000");
  CHECK(quantity("0.0001K") == "0.1");
  CHECK(quantity("65595.7B") == "65595700000000");  // seen; not repaired
  CHECK(quantity("0.87") == "0.87");
  CHECK(quantity("0K") == "0");
  CHECK(quantity("-5") == "bad_decimal");
  CHECK(quantity("K") == "bad_decimal");
  CHECK(quantity("1T") == "bad_decimal");
  CHECK(quantity("9,999,999,999,999B") == "overflow");
}

TEST_CASE("ibkr values: percentages, and prices of a ladder") {
  CHECK(shown(read_percent(textual("-0.36%"))) == "-0.36");
  CHECK(shown(read_percent(textual("+0.84%"))) == "0.84");
  CHECK(shown(read_percent(number("0.57"))) == "0.57");
  CHECK(shown(read_percent(textual("%"))) == "bad_decimal");
  CHECK(shown(read_ladder_price(textual("186.34"))) == "186.34");
  CHECK(shown(read_ladder_price(textual("1,200 @ 1,186.34"))) == "1186.34");
  CHECK(shown(read_ladder_price(number("123.45"))) == "123.45");
  CHECK(shown(read_ladder_price(textual("x @ 186.34"))) == "bad_decimal");
  CHECK(shown(read_ladder_price(textual("1 @ 2 @ 3"))) == "bad_decimal");
}
