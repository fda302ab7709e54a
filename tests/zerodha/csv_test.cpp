#include "brokers/common/csv.hpp"

#include <doctest/doctest.h>

using tidegate::common::CsvReader;
using Row = std::vector<std::string>;

namespace {

/// The rows of a text; a row that is not well formed ends with "!".
std::vector<Row> rows_of(std::string_view text) {
  std::vector<Row> rows;
  CsvReader reader(text);
  while (reader.next()) {
    rows.emplace_back(reader.fields().begin(), reader.fields().end());
    if (!reader.well_formed()) rows.back().emplace_back("!");
  }
  return rows;
}

}  // namespace

TEST_CASE("csv: fields are split at commas, lines at LF or CRLF, and empty lines are none") {
  CHECK(rows_of("a,b\n1,2\r\n\n\r\n 3 ,\n").size() == 3);
  CHECK(rows_of("a,b\n1,2\r\n\n\r\n 3 ,\n") == std::vector<Row>{{"a", "b"}, {"1", "2"}, {" 3 ", ""}});
  CHECK(rows_of("a,b") == std::vector<Row>{{"a", "b"}});
  CHECK(rows_of(",\n,,") == std::vector<Row>{{"", ""}, {"", "", ""}});
  CHECK(rows_of("").empty());
  CHECK(rows_of("\r\n").empty());
}

TEST_CASE("csv: quotes keep commas, doubled quotes are one, a quote inside of a bare field is itself") {
  CHECK(rows_of(R"("a,b","","say ""no""",x)") == std::vector<Row>{{"a,b", "", R"(say "no")", "x"}});
  CHECK(rows_of(R"("""",""""""," ")") == std::vector<Row>{{R"(")", R"("")", " "}});
  CHECK(rows_of(R"(5" pipe,x"y")") == std::vector<Row>{{R"(5" pipe)", R"(x"y")"}});
  CHECK(rows_of("\"a\"\r\n\"b\"") == std::vector<Row>{{"a"}, {"b"}});
}

TEST_CASE("csv: a quote that is not closed, or text behind a closing one, costs its own line alone") {
  CHECK(rows_of("\"a,b\nc,d") == std::vector<Row>{{"!"}, {"c", "d"}});
  CHECK(rows_of("x,\"\"\"a\nc") == std::vector<Row>{{"x", "!"}, {"c"}});
  CHECK(rows_of("x,\"a\"b,c\nd") == std::vector<Row>{{"x", "a", "!"}, {"d"}});
  CHECK(rows_of("\"") == std::vector<Row>{{"!"}});
  CHECK(rows_of("\"\"\"") == std::vector<Row>{{"!"}});
}

TEST_CASE("csv: a byte order mark is not data, and lines are numbered with the empty ones") {
  CsvReader reader("\xEF\xBB\xBF\n\na,b\n\n1,2\n");
  REQUIRE(reader.next());
  CHECK(reader.fields()[0] == "a");
  CHECK(reader.line_number() == 3);
  REQUIRE(reader.next());
  CHECK(reader.line_number() == 5);
  CHECK_FALSE(reader.next());
}

TEST_CASE("csv: many fields with doubled quotes stay valid together") {
  std::string line;
  Row expected;
  for (int i = 0; i < 200; ++i) {
    line += (i == 0 ? "" : ",") + ("\"" + std::to_string(i) + "\"\"x\"");
    expected.push_back(std::to_string(i) + "\"x");
  }
  CHECK(rows_of(line) == std::vector<Row>{expected});
}
