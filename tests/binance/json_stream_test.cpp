#include "brokers/common/json_stream.hpp"

#include <doctest/doctest.h>
#include <rapidjson/reader.h>

#include <string>
#include <vector>

using namespace tidegate;
using common::find_string_end;

namespace {

/// Collects strings and whether they are views into the text.
struct Strings : rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Strings> {
  explicit Strings(const std::string& text) : whole(text) {}
  bool String(const char* text, unsigned size, bool) {
    texts.emplace_back(text, size);
    views.push_back(text >= whole.data() && text < whole.data() + whole.size());
    return true;
  }
  bool Key(const char* text, unsigned size, bool copy) { return String(text, size, copy); }
  bool Default() { return true; }

  const std::string& whole;
  std::vector<std::string_view> texts;
  std::vector<bool> views;
};

bool parse(const std::string& text, common::UnescapeBuffer& unescape, Strings& strings) {
  unescape.begin_text(text.size(), 1);
  common::JsonStream stream(text, unescape);
  rapidjson::Reader reader;
  return !reader.Parse<rapidjson::kParseInsituFlag>(stream, strings).IsError() && stream.at_end();
}

}  // namespace

TEST_CASE("json stream: the end of a string is found at every offset and length") {
  for (std::size_t length = 0; length < 70; ++length) {
    for (const char mark : {'"', '\\', '\n', '\x1f', '\0'}) {
      for (std::size_t behind : {0, 1, 40}) {
        const std::string text = std::string(length, '\x7f') + mark + std::string(behind, 'x');
        CHECK(find_string_end(text.data(), text.data() + text.size(), text.data()) == text.data() + length);
      }
    }
    const std::string around = std::string(24, '"') + std::string(length, 'x') + "\"";  // what stands before the string does not count
    for (std::size_t begin = 0; begin <= 24; ++begin) {
      const char* const text = around.data() + 24;
      CHECK(find_string_end(text, text + length, text - begin) == text + length);
      CHECK(find_string_end(text, text + length + 1, text - begin) == text + length);
    }
    const std::string endless(length, '\xff');
    CHECK(find_string_end(endless.data(), endless.data() + length, endless.data()) == endless.data() + length);
  }
}

TEST_CASE("json stream: plain strings are views, escaped ones are unescaped, and all live together") {
  const std::string text = R"({"a":"b","":"","long enough for a vector":"é\u00e9\n","\ud83d\ude00":"\"\\\/"})";
  common::UnescapeBuffer unescape;
  Strings strings(text);
  REQUIRE(parse(text, unescape, strings));
  CHECK(strings.texts == std::vector<std::string_view>{"a", "b", "", "", "long enough for a vector", "éé\n", "😀", "\"\\/"});
  CHECK(strings.views == std::vector<bool>{true, true, true, true, true, false, false, false});
}

TEST_CASE("json stream: broken strings are refused, at every cut") {
  const std::string text = R"(["plain","\ud83d\ude00 and \n more"])";
  common::UnescapeBuffer unescape;
  for (std::size_t cut = 0; cut < text.size(); ++cut) {
    const std::string prefix = text.substr(0, cut);
    Strings strings(prefix);
    CHECK_FALSE(parse(prefix, unescape, strings));
  }
  for (const std::string bad : {R"(["\x"])", R"(["\ud83d"])", R"(["\u12"])", "[\"\n\"]", R"(["\ude00"])"}) {
    CAPTURE(bad);
    Strings strings(bad);
    // A low surrogate alone is let through by RapidJSON as its three-byte form.
    CHECK(parse(bad, unescape, strings) == (bad == R"(["\ude00"])"));
  }
}
