// Our validator stands in for websocketpp's; tested against a slow one written from the definition.
#include "gateway/net/utf8_validator.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <random>
#include <string>

namespace {

using websocketpp::utf8_validator::validate;
using websocketpp::utf8_validator::validator;

/// Decodes each character to its code point, and asks whether it had to be written so.
bool reference(const std::string& text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(text[at]); };
    std::size_t length = 1;
    std::uint32_t point = byte(i);
    if ((byte(i) & 0x80U) == 0) {
    } else if ((byte(i) & 0xE0U) == 0xC0U) {
      length = 2;
      point = byte(i) & 0x1FU;
    } else if ((byte(i) & 0xF0U) == 0xE0U) {
      length = 3;
      point = byte(i) & 0x0FU;
    } else if ((byte(i) & 0xF8U) == 0xF0U) {
      length = 4;
      point = byte(i) & 0x07U;
    } else {
      return false;
    }
    if (text.size() - i < length) return false;
    for (std::size_t k = 1; k < length; ++k) {
      if ((byte(i + k) & 0xC0U) != 0x80U) return false;
      point = point << 6U | (byte(i + k) & 0x3FU);
    }
    const std::size_t shortest = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    if (length != shortest || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return false;
    i += length;
  }
  return true;
}

bool in_two_pieces(const std::string& text, std::size_t at) {
  validator check;
  const auto middle = text.begin() + static_cast<std::ptrdiff_t>(at);
  return check.decode(text.begin(), middle) && check.decode(middle, text.end()) && check.complete();
}

bool byte_by_byte(const std::string& text) {
  validator check;
  for (const char c : text) {
    if (!check.consume(static_cast<std::uint8_t>(c))) return false;
  }
  return check.complete();
}

}  // namespace

TEST_CASE("utf-8: every sequence of one to three bytes is judged as by its definition") {
  int wrong = 0;
  for (unsigned a = 0; a < 256; ++a) {
    std::string text(1, static_cast<char>(a));
    wrong += validate(text) != reference(text) ? 1 : 0;
    for (unsigned b = 0; b < 256; ++b) {
      text = {static_cast<char>(a), static_cast<char>(b)};
      wrong += validate(text) != reference(text) ? 1 : 0;
      for (unsigned c = 0; c < 256; ++c) {
        text = {static_cast<char>(a), static_cast<char>(b), static_cast<char>(c)};
        wrong += validate(text) != reference(text) ? 1 : 0;
      }
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("utf-8: every sequence of four bytes with a lead of four is judged as by its definition") {
  int wrong = 0;
  for (unsigned a = 0xEF; a < 0xF8; ++a) {
    for (unsigned b = 0x70; b < 0xD0; ++b) {
      for (const unsigned c : {0x00U, 0x7FU, 0x80U, 0x9FU, 0xBFU, 0xC0U, 0xFFU}) {
        for (const unsigned d : {0x00U, 0x7FU, 0x80U, 0x9FU, 0xBFU, 0xC0U, 0xFFU}) {
          const std::string text{static_cast<char>(a), static_cast<char>(b), static_cast<char>(c), static_cast<char>(d)};
          wrong += validate(text) != reference(text) ? 1 : 0;
        }
      }
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("utf-8: random texts are judged the same whole, split anywhere, and byte by byte") {
  std::mt19937 random(42);
  const std::string pieces[] = {"plain ascii text of some length, longer than a word",
                                "\xC3\xA9",
                                "\xE2\x82\xAC",
                                "\xED\x9F\xBF",
                                "\xEE\x80\x80",
                                "\xF0\x9F\x98\x80",
                                "\xF4\x8F\xBF\xBF",
                                "x"};
  int valid = 0;
  for (int i = 0; i < 3000; ++i) {
    std::string text;
    for (auto n = random() % 12; n > 0; --n) text += pieces[random() % std::size(pieces)];
    if (random() % 2 == 0 && !text.empty()) text[random() % text.size()] = static_cast<char>(random());
    if (random() % 8 == 0 && !text.empty()) text.resize(random() % text.size());
    const bool expected = reference(text);
    valid += expected ? 1 : 0;
    REQUIRE(validate(text) == expected);
    REQUIRE(byte_by_byte(text) == expected);
    for (std::size_t at = 0; at <= text.size(); ++at) REQUIRE(in_two_pieces(text, at) == expected);
  }
  CHECK(valid > 500);
  CHECK(valid < 2900);
}

TEST_CASE("utf-8: a validator that was reset begins anew") {
  validator check;
  CHECK(check.consume(0xE2));
  CHECK_FALSE(check.complete());
  check.reset();
  CHECK(check.complete());
  CHECK(check.consume('a'));
  CHECK(check.complete());
}
