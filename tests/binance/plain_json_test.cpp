#include "brokers/common/plain_json.hpp"

#include <doctest/doctest.h>

#include <array>
#include <bit>
#include <random>
#include <string>
#include <vector>

using namespace tidegate;
using common::PlainJson;

namespace {

constexpr std::array<std::string_view, 3> kNames{"long", "a", "b"};
using Names = common::FieldNames<kNames>;

/// A copy without a byte to spare, so that a read behind the end is seen by the sanitizer.
std::string tight(std::string text) {
  text.shrink_to_fit();
  return text;
}

/// Takes an integer at the beginning of `digits` and `behind`, and nothing more.
bool takes_integer(const std::string& digits, std::string_view behind, std::int64_t& value) {
  const std::string text = tight(digits + std::string{behind});
  PlainJson json{text};
  return json.integer(value) && json.skip(behind) && json.at_end();
}

/// The same of a decimal in quotes.
bool takes_amount(const std::string& content, std::string_view behind, Decimal& value) {
  const std::string text = tight('"' + content + '"' + std::string{behind});
  PlainJson json{text};
  return json.amount(value) && json.skip(behind) && json.at_end();
}

constexpr std::string_view kBehind[] = {"", ",", "}}", ",\"and\":\"more than a vector\"}"};

}  // namespace

TEST_CASE("plain json: every byte that is no digit is marked at its place, by words as by vectors") {
  if constexpr (std::endian::native == std::endian::little) {
    std::mt19937 random(7);
    for (int byte = 0; byte < 256; ++byte) {
      std::string text;
      unsigned expected = 0;
      for (unsigned i = 0; i < 16; ++i) {
        text += static_cast<char>(random() % 2 == 0 ? byte : static_cast<int>('0' + random() % 10));
        if (text.back() < '0' || text.back() > '9') expected |= 1U << i;
      }
      CAPTURE(byte);
      CHECK(common::not_digits_by_words(text.data()) == expected);
      CHECK(common::not_digits(text.data()) == expected);
    }
  }
}

TEST_CASE("plain json: integers of one to eighteen digits are taken, longer and other ones are left") {
  const std::string digits = "9081726354019283746";
  for (const std::string_view behind : kBehind) {
    for (std::size_t size = 1; size <= digits.size(); ++size) {
      const std::string text = digits.substr(0, size);
      CAPTURE(text);
      std::int64_t value = -1;
      CHECK(takes_integer(text, behind, value) == (size <= 18));
      if (size <= 18) CHECK(value == std::stoll(text));
    }
    std::int64_t value = -1;
    CHECK(takes_integer("0", behind, value));
    CHECK(value == 0);
    for (const char* const other : {"", "-1", "+1", "01", "00", " 1", "x", "1.5", "1e3", "1 ", "1x"}) {
      CAPTURE(other);
      CHECK_FALSE(takes_integer(other, behind, value));
    }
  }
}

TEST_CASE("plain json: amounts are what the decimal parser makes of them, and nothing below zero is one") {
  std::mt19937 random(11);
  const auto digits = [&random](std::size_t size) {
    std::string text;
    for (std::size_t i = 0; i < size; ++i) text += static_cast<char>('0' + (random() % 3 == 0 ? 0 : random() % 10));
    return text;
  };
  std::vector<std::string> texts{"", ".", "-", "+1", ".5", "5.", "1..2", "1.2.3", "1e5", "1 ", " 1", "1,5", "--1", "0x1", "-0.00000001", "-1", "-0"};
  for (std::size_t whole = 1; whole <= 20; ++whole) {
    for (std::size_t fraction = 0; fraction <= 20; ++fraction) {
      for (int i = 0; i < 3; ++i) texts.push_back(digits(whole) + (fraction == 0 ? "" : "." + digits(fraction)));
    }
  }
  for (const std::string& text : texts) {
    const Result<Decimal> parsed = parse_decimal(text);
    const bool usable = parsed.ok() && parsed->mantissa >= 0;
    for (const std::string_view behind : kBehind) {
      CAPTURE(text);
      Decimal value;
      REQUIRE(takes_amount(text, behind, value) == usable);
      if (usable) CHECK((value.mantissa == parsed->mantissa && value.exponent == parsed->exponent));
    }
  }
}

TEST_CASE("plain json: keys are found by their name, and a key that is not plain is left") {
  const struct {
    std::string_view text;
    bool plain;
    std::uint8_t slot;
  } kKeys[] = {{R"("a":)", true, 1},
               {R"("b":)", true, 2},
               {R"("long":)", true, 0},
               {R"("c":)", true, Names::kOther},
               {R"("lon":)", true, Names::kOther},
               {R"("":)", true, Names::kOther},
               {R"("a" :)", false, 0},
               {R"("\":)", false, 0},
               {R"("\u0061":)", false, 0},
               {R"(""":)", false, 0},
               {"\"\n\":", false, 0},
               {R"("a")", false, 0},
               {R"(a:)", false, 0},
               {R"(")", false, 0},
               {"", false, 0}};
  for (const auto& key : kKeys) {
    for (const std::string_view behind : {"", "1", "\"a text that is longer than a vector\""}) {
      const std::string text = tight(std::string{key.text} + std::string{behind});
      CAPTURE(text);
      PlainJson json{text};
      std::uint8_t slot = 77;
      REQUIRE(json.key<Names>(slot) == key.plain);
      if (key.plain) CHECK(slot == key.slot);
      if (key.plain) CHECK((json.skip(behind) && json.at_end()));
    }
  }
}

TEST_CASE("plain json: texts are views without their quotes, and an escape or a control character ends the attempt") {
  const std::string text = tight(R"("a text that is longer than a vector""")");
  PlainJson json{text};
  std::string_view first, second = "x";
  CHECK(json.text(first));
  CHECK(first == "a text that is longer than a vector");
  CHECK(first.data() == text.data() + 1);
  CHECK(json.text(second));
  CHECK(second.empty());
  CHECK(json.at_end());
  CHECK_FALSE(json.text(second));
  for (const std::string broken : {R"("a\nb")", "\"a\nb\"", R"("a)", "\"", "a\"", ""}) {
    CAPTURE(broken);
    CHECK_FALSE(PlainJson{broken}.text(second));
  }
}
