#include "distributor/raw_json.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "distributor/topics/publish_request.hpp"

using namespace tidegate::distributor;

namespace {

std::vector<std::pair<std::string, std::string>> members(std::string_view json) {
  std::vector<std::pair<std::string, std::string>> found;
  RawJson walk(json);
  RawMember member;
  while (walk.next(member)) found.emplace_back(member.key, member.value);
  return found;
}

bool walks_whole(std::string_view json) {
  RawJson walk(json);
  RawMember member;
  while (walk.next(member)) {
  }
  return walk.complete();
}

}  // namespace

TEST_CASE("raw JSON: members come as they are spelled") {
  using Members = std::vector<std::pair<std::string, std::string>>;
  CHECK(members("{ \"a\" : 1.50 , \"b\\\"\":\"x,}\\\"\", \"c\":{\"d\":[1,{\"e\":\"]\"}]},\"f\":null }") ==
        Members{{"a", "1.50"}, {"b\\\"", R"("x,}\"")"}, {"c", R"({"d":[1,{"e":"]"}]})"}, {"f", "null"}});
  CHECK(members(" [1, \"two\" ,[3]] ") == Members{{"", "1"}, {"", "\"two\""}, {"", "[3]"}});
  CHECK(members("{}").empty());
  CHECK(members("7").empty());
}

TEST_CASE("raw JSON: a text that ends early, or holds something else, ends the walk there") {
  const std::string whole = R"({"a":{"b":[1,"\"2"]},"c":[true],"d":"\\"})";
  REQUIRE(walks_whole(whole));
  for (std::size_t length = 0; length < whole.size(); ++length) CHECK_FALSE(walks_whole(std::string_view(whole).substr(0, length)));
  for (const char* const text : {"{\"a\"}", "{\"a\":}", "{a:1}", "{\"a\":1 \"b\":2}", "[1 2]", "[,]", "{,}", ""}) CHECK_FALSE(walks_whole(text));
}

TEST_CASE("raw JSON: a key is found however it is escaped; the first one counts") {
  CHECK(raw_value(R"({"topi\u0063":1,"topic":2})", "topic") == "1");
  CHECK(raw_value(R"({"a":{"topic":1},"topic":2})", "topic") == "2");
  CHECK(raw_value(R"({"a":1})", "topic").empty());
  CHECK(text_of_raw(R"("a\u00e9\n\"")") == "a\xc3\xa9\n\"");
  CHECK_FALSE(text_of_raw("7"));
  CHECK_FALSE(text_of_raw(R"("\ud800")"));
  CHECK_FALSE(text_of_raw(R"("a","b")"));
}

TEST_CASE("raw JSON: only whole values in UTF-8, not nested too deeply, count as JSON; numbers of any size do") {
  CHECK(is_json("[1e300, -0.0, 123456789012345678901234567890.000]", 1));
  CHECK(is_json(" \"x\" ", 0));
  CHECK_FALSE(is_json("[[1]]", 1));
  CHECK(is_json("[[1]]", 2));
  for (const char* const text : {"", "{", "1 2", "01", "NaN", "\"\xff\"", "\"\\ud800\"", "{\"a\":1,}", "'a'"}) CHECK_FALSE(is_json(text, 16));
  CHECK_FALSE(is_json(std::string_view("1\0", 2), 16));
}

TEST_CASE("publish requests: data loses its white space and nothing else") {
  const ParsedPublishes parsed = parse_publishes("{\"topic\":\"a\",\"data\":{ \"x y\" : [ 1.0 ,\t\"\\\\\" , \"a \\\" b\" ]\n}}");
  REQUIRE(parsed.items.size() == 1);
  CHECK(parsed.items[0].complaint.code == 0);
  CHECK(parsed.items[0].request.data == R"({"x y":[1.0,"\\","a \" b"]})");
  CHECK_FALSE(parsed.list);
}
