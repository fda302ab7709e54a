#include "tools/watch/text.hpp"

#include <doctest/doctest.h>

namespace tidegate::watch {
namespace {

TEST_CASE("watch text: nothing from outside can steer the terminal") {
  CHECK(printable("plain") == "plain");
  CHECK(printable("\x1b[2Jx\n\r\t\x07") == "?[2Jx????");
  CHECK(printable("\xC2\x9B"
                  "31m") == "?31m");  // a C1 control in UTF-8
  CHECK(printable("a\xE2\x80\xAE"
                  "b") == "a?b");  // right-to-left override
  CHECK(printable("\xFF\xC3\x28\xE4\xBD") ==
        "?"
        "?(?"
        "?");  // not UTF-8
  CHECK(printable("币安人生USDT") == "币安人生USDT");
}

TEST_CASE("watch text: widths are columns, not bytes") {
  CHECK(columns("abc") == 3);
  CHECK(columns("币安") == 4);
  CHECK(columns("é") == 1);
  CHECK(fitted("abcdef", 4) == "abc~");
  CHECK(fitted("abcd", 4) == "abcd");
  CHECK(fitted("币安人生", 5) == "币安~");
  CHECK(fitted("币安人生", 4) == "币~");
  CHECK(fitted("abc", 0).empty());
  CHECK(padded_left("7", 3) == "  7");
  CHECK(padded_right("币", 3) == "币 ");
  CHECK(padded_right("abcdef", 3) == "ab~");
}

TEST_CASE("watch text: times and counts as people read them") {
  CHECK(age_text(Duration{-5}) == "0.0s");
  CHECK(age_text(Duration{440'000'000}) == "0.4s");
  CHECK(age_text(Duration{12'700'000'000}) == "12s");
  CHECK(age_text(Duration{300'000'000'000}) == "5m");
  CHECK(age_text(Duration{10'800'000'000'000}) == "3h");
  CHECK(latency_text(Duration{85'400}) == "85us");
  CHECK(latency_text(Duration{1'230'000}) == "1.2ms");
  CHECK(latency_text(Duration{3'400'000'000}) == "3.4s");
  CHECK(clock_text(Duration{3'723'000'000'000}) == "1:02:03");
  CHECK(count_text(7) == "7");
  CHECK(count_text(1234567) == "1,234,567");
  CHECK(count_text(123456) == "123,456");
}

TEST_CASE("watch text: the gateway's times are read to the nanosecond, anything else is refused") {
  CHECK(parse_time("1970-01-01T00:00:00.000Z")->ns == 0);
  CHECK(parse_time("2024-02-29T12:34:56.123456789Z")->ns == 1'709'210'096'123'456'789);
  CHECK(parse_time("2026-11-20T18:54:00Z")->ns == 1'795'200'840'000'000'000);
  for (const char* bad : {"", "2024", "2024-02-29", "2024-02-29T12:34:56", "2024-13-01T00:00:00Z", "2024-02-29 12:34:56Z", "0001-01-01T00:00:00Z",
                          "-024-01-01T00:00:00Z", "2024-02-29T12:34:56.1+00:00"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_time(bad));
  }
}

TEST_CASE("watch text: an address may be as short as host and port") {
  CHECK(completed_url("127.0.0.1:7410") == "ws://127.0.0.1:7410/ws");
  CHECK(completed_url("http://h:1") == "ws://h:1/ws");
  CHECK(completed_url("https://h/") == "wss://h/ws");
  CHECK(completed_url("ws://h:1/ws") == "ws://h:1/ws");
  CHECK(completed_url("ws://h:1?token=x") == "ws://h:1/ws?token=x");
  CHECK(completed_url("wss://h/other/path") == "wss://h/other/path");
}

}  // namespace
}  // namespace tidegate::watch
