#include "gateway/config/values.hpp"

#include <doctest/doctest.h>

#include <cstdint>

namespace tidegate {
namespace {

TEST_CASE("durations: whole numbers with a unit, nothing else") {
  CHECK(parse_duration("250ms") == Duration{250'000'000});
  CHECK(parse_duration("0s") == Duration{0});
  CHECK(parse_duration("5m") == Duration{300'000'000'000});
  CHECK(parse_duration("24h") == Duration{86'400'000'000'000});
  CHECK(parse_duration("7us") == Duration{7'000});
  CHECK(parse_duration("7ns") == Duration{7});
  for (const char* bad : {"", "5", "s", "-5s", "+5s", "1.5s", "5 s", "5S", "5d", "5s ", "9223372036854775807h", "99999999999999999999s"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_duration(bad));
  }
}

TEST_CASE("durations: written in the largest unit that holds them") {
  for (const char* text : {"0s", "1ns", "1500us", "250ms", "90s", "5m", "36h"}) CHECK(duration_text(*parse_duration(text)) == text);
  CHECK(duration_text(Duration{120'000'000'000}) == "2m");
}

TEST_CASE("sizes: binary units, nothing else") {
  CHECK(parse_size("64KiB") == 65536);
  CHECK(parse_size("1MiB") == 1 << 20);
  CHECK(parse_size("2GiB") == std::int64_t{2} << 30);
  CHECK(parse_size("3500B") == 3500);
  for (const char* bad : {"", "1", "1K", "1KB", "1kib", "-1B", "9999999999GiB"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_size(bad));
  }
  for (const char* text : {"0B", "3500B", "64KiB", "3MiB", "2GiB"}) CHECK(size_text(*parse_size(text)) == text);
}

TEST_CASE("addresses: host and port") {
  CHECK(parse_endpoint("127.0.0.1:7410").endpoint->port == 7410);
  CHECK(parse_endpoint("localhost:0").endpoint->host == "localhost");
  CHECK(parse_endpoint("[::1]:80").endpoint->host == "::1");
  CHECK(endpoint_text(*parse_endpoint("[::1]:80").endpoint) == "[::1]:80");
  for (const char* bad : {"", ":80", "a", "a:", "a:x", "a:-1", "a:65536", "[::1]", "[::1:80", "[x]:80", "::1:80", "a b:80", "[::1]80"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_endpoint(bad).endpoint);
    CHECK_FALSE(parse_endpoint(bad).problem.empty());
  }
}

TEST_CASE("addresses: which hosts are this machine") {
  for (const char* host : {"localhost", "127.0.0.1", "127.8.9.10", "::1"}) CHECK(is_loopback(host));
  for (const char* host : {"0.0.0.0", "::", "10.0.0.1", "localhost.example", "127.0.0.1.example", "example", ""}) CHECK_FALSE(is_loopback(host));
}

TEST_CASE("URLs: scheme and host are found, nonsense is refused") {
  CHECK(parse_url("wss://user:p@w@host.example:9443/path?x=1").url->host == "host.example");
  CHECK(parse_url("ws://[::1]:1/").url->host == "::1");
  for (const char* bad : {"", "host", "://host", "ws://", "ws:///path", "ws://ho st", "ws://host:99999", "ws://h\"", "ws://[::1"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_url(bad).url);
  }
}

TEST_CASE("URLs: passwords and secret-looking query values are masked") {
  CHECK(masked_url("wss://user:pw@h/x") == "wss://user:***@h/x");
  CHECK(masked_url("wss://user@h/x") == "wss://user@h/x");
  CHECK(masked_url("wss://user:p@w@h") == "wss://user:***@h");
  CHECK(masked_url("https://h/p?a=1&Access_Token=abc&b=2") == "https://h/p?a=1&Access_Token=***&b=2");
  CHECK(masked_url("https://h/?key=") == "https://h/?key=");
  CHECK(masked_url("no url") == "no url");
}

TEST_CASE("symbols: a venue in capitals, a colon, a name in the venue's spelling") {
  CHECK(venue_of("BINANCE-USDM:BTCUSDT") == "BINANCE-USDM");
  CHECK(venue_of("NSE:M&M") == "NSE");
  CHECK(venue_of("A:b:c") == "A");
  for (const char* bad : {"", "BTCUSDT", ":X", "X:", "nse:X", "N SE:X", "NSE:A B", "NSE:A,B", "NSE:\t"}) {
    CAPTURE(bad);
    CHECK_FALSE(venue_of(bad));
  }
}

}  // namespace
}  // namespace tidegate
