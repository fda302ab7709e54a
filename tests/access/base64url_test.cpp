#include "gateway/access/base64url.hpp"

#include <doctest/doctest.h>

#include <random>

#include "tests/access/jwt_maker.hpp"

namespace tidegate::test {
namespace {

TEST_CASE("base64url: agrees with OpenSSL on bytes of every length") {
  std::mt19937 random{7};
  for (std::size_t size = 0; size < 200; ++size) {
    std::string bytes(size, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    CAPTURE(size);
    CHECK(encode_base64url(bytes) == base64url(bytes));
    CHECK(decode_base64url(base64url(bytes)) == bytes);
  }
}

TEST_CASE("base64url: padding, other characters, an impossible length and stray bits are refused") {
  for (const char* text : {"QQ==", "QQ=", "Q", "QUJDR", "Q+==", "Q/", "Q ", " QQ", "QQ\n", "QR", "QUK", "Q\xC3", "QUI."}) {
    CAPTURE(text);
    CHECK_FALSE(decode_base64url(text).has_value());
  }
  CHECK(decode_base64url("QQ") == "A");
  CHECK(decode_base64url("QUI") == "AB");
  CHECK(decode_base64url("") == "");
}

TEST_CASE("base64url: what is read is written the same again, whatever the text") {
  std::mt19937 random{11};
  constexpr std::string_view kNear = "ABCabc019-_+/=. ";
  int read_count = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string text(random() % 9, '\0');
    for (char& c : text) c = kNear[random() % kNear.size()];
    const auto bytes = decode_base64url(text);
    if (!bytes) continue;
    ++read_count;
    if (encode_base64url(*bytes) != text) FAIL(text);
  }
  CHECK(read_count > 1000);
}

}  // namespace
}  // namespace tidegate::test
