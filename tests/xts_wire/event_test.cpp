// An event's name and first argument.
#include <doctest/doctest.h>

#include <string>

#include "brokers/xts/socket_io.hpp"

using namespace tidegate;
using namespace tidegate::xts;

namespace {

/// "name: argument", or the reason.
std::string split(std::string_view payload) {
  const auto event = split_event(payload);
  if (!event.ok()) return std::string{to_text(event.error().reason)};
  return std::string{event->name} + (event->argument.empty() ? "" : ": " + std::string{event->argument});
}

std::string nested(std::size_t depth, std::string_view open, std::string_view close) {
  std::string out = R"(["a",)";
  for (std::size_t i = 0; i < depth; ++i) out += open;
  for (std::size_t i = 0; i < depth; ++i) out += close;
  return out + "]";
}

}  // namespace

TEST_CASE("xts events: the first argument is what it is, text, object, array or plain value") {
  CHECK(split(R"(["1501-json-full","{\"MessageCode\":1501}"])") == R"(1501-json-full: "{\"MessageCode\":1501}")");
  CHECK(split(R"(["a",{"b":[1,2],"c":"]"}])") == R"(a: {"b":[1,2],"c":"]"})");
  CHECK(split(R"(["a",["x","y"]])") == R"(a: ["x","y"])");
  CHECK(split(R"(["a",null])") == "a: null");
  CHECK(split(R"(["a",-1.5e3])") == "a: -1.5e3");
  CHECK(split(R"(["a",""])") == R"(a: "")");
  CHECK(split(R"(["a",[]])") == "a: []");
  CHECK(split(R"(["joined"])") == "joined");
}

TEST_CASE("xts events: further arguments are cut off") {
  CHECK(split(R"(["a","b","c"])") == R"(a: "b")");
  CHECK(split(R"(["a",{"b":1},{"c":2},3])") == R"(a: {"b":1})");
  CHECK(split(R"(["a",1,])") == "a: 1");
}

TEST_CASE("xts events: quotes, brackets and commas within texts end nothing") {
  CHECK(split(R"(["a","\"]\",["])") == R"(a: "\"]\",[")");
  CHECK(split(R"(["a","\\"])") == R"(a: "\\")");
  CHECK(split(R"(["a","\\\"","b"])") == R"(a: "\\\"")");
  CHECK(split(R"(["a",{"k]":"}\\"},2])") == R"(a: {"k]":"}\\"})");
  CHECK(split("[\"a\",\"caf\xC3\xA9 \xF0\x9F\x98\x80\"]") == "a: \"caf\xC3\xA9 \xF0\x9F\x98\x80\"");
}

TEST_CASE("xts events: a long run of backslashes is counted, wherever it lies") {
  for (std::size_t before = 0; before < 40; ++before) {
    for (std::size_t backslashes = 0; backslashes < 40; ++backslashes) {
      const std::string text = "\"" + std::string(before, 'x') + std::string(backslashes, '\\') + "\"";
      CAPTURE(text);
      // An odd run escapes the quote: the text then goes on to the next one.
      const std::string rest = backslashes % 2 == 0 ? ",0]" : "y\",0]";
      const std::string argument = backslashes % 2 == 0 ? text : text + "y\"";
      CHECK(split("[\"a\"," + text + rest) == "a: " + argument);
    }
  }
}

TEST_CASE("xts events: space around the parts is no part of them") {
  CHECK(split(" [ \"a\" , { \"b\" : 1 } ] ") == "a: { \"b\" : 1 }");
  CHECK(split("[\"a\"\t,\n\"b\"\r , 2]\n") == "a: \"b\"");
  CHECK(split("[ \"a\" ]") == "a");
}

TEST_CASE("xts events: a payload that is no array is refused") {
  for (const char* payload : {"", " ", "{}", "\"a\"", "1", "]", "null"}) {
    CAPTURE(payload);
    CHECK(split(payload) == "bad_shape");
  }
}

TEST_CASE("xts events: a name that is no text, is empty, or has escapes or control characters is refused") {
  for (const char* payload : {"[]", "[1]", "[null,\"a\"]", "[{},\"a\"]", R"(["",1])", R"(["a\u0062",1])", R"(["a\"",1])", "[\"a\n\",1]", R"(["a])"}) {
    CAPTURE(payload);
    CHECK(split(payload) == "bad_text");
  }
}

TEST_CASE("xts events: an array cut short, or with something else in it or behind it, is refused") {
  for (const char* payload :
       {"[", R"(["a")", R"(["a",)", R"(["a",])", R"(["a","b)", R"(["a","b")", R"(["a","b\"])", R"(["a",{])", R"(["a",{"b":1])", R"(["a",[1}])",
        R"(["a",{1]}])", R"(["a"}])", R"(["a" "b"])", R"(["a",}])", R"(["a","b"],["c"])", R"(["a"]])", R"(["a",1]])", R"(["a",1] x)"}) {
    CAPTURE(payload);
    CHECK(split(payload) == "bad_json");
  }
}

TEST_CASE("xts events: every cut of an event is refused") {
  const std::string payload = R"(["1501-json-full","{\"a\":[1,2]}",{"b":["c"]}])";
  for (std::size_t size = 0; size < payload.size(); ++size) {
    CAPTURE(size);
    // A cut right behind an inner bracket looks like an array with a broken argument that is not looked at.
    const bool looks_whole = payload[size - (size == 0 ? 0 : 1)] == ']' && size > payload.find('{', 30);
    if (!looks_whole) CHECK_FALSE(split_event(std::string_view{payload}.substr(0, size)).ok());
  }
}

TEST_CASE("xts events: brackets nest 64 deep, no deeper") {
  CHECK(split(nested(64, "[", "]")).starts_with("a: [[["));
  CHECK(split(nested(65, "[", "]")) == "bad_shape");
  CHECK(split(nested(64, "{", "}")).starts_with("a: {{{"));
  CHECK(split(nested(100'000, "[", "]")) == "bad_shape");
  CHECK(split(nested(32, "[{", "}]")).starts_with("a: [{[{"));
  CHECK(split(nested(32, "[{", "]}")) == "bad_json");
}
