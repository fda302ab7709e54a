// The parts that need no socket: the sliding window, the shares of looked-up names, names of hosts, tokens in requests.
#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "distributor/sessions/addresses.hpp"
#include "distributor/sessions/login.hpp"
#include "distributor/sessions/look_up_shares.hpp"
#include "distributor/sessions/request_window.hpp"

using namespace tidegate;
using namespace tidegate::distributor;
using namespace std::chrono_literals;

TEST_CASE("request window: never more than the limit within any minute, and room as soon as it is said") {
  RequestWindow window;
  std::vector<MonoTime> taken;
  MonoTime now{123'456'789};
  std::uint64_t random = 42;
  for (int i = 0; i < 20'000; ++i) {
    random = random * 6364136223846793005U + 1442695040888963407U;
    now = now + Duration{static_cast<std::int64_t>((random >> 33U) % 400'000'000)};
    const auto wait = window.take(now, 50);
    const auto recent = std::count_if(taken.begin(), taken.end(), [now](MonoTime at) { return now - at < 59s; });
    if (!wait) {
      REQUIRE(recent < 50);
      taken.push_back(now);
      continue;
    }
    REQUIRE(*wait > 0s);
    REQUIRE(*wait <= 60s);
    RequestWindow later = window;
    REQUIRE(later.take(now + (*wait - 1ns), 50));
    RequestWindow then = window;
    REQUIRE_FALSE(then.take(now + *wait, 50));
  }
  CHECK(taken.size() > 2'000);
}

TEST_CASE("request window: a long pause empties it") {
  RequestWindow window;
  CHECK(window.idle(MonoTime{}));
  CHECK_FALSE(window.take(MonoTime{}, 1));
  CHECK(window.take(MonoTime{} + 1s, 1));
  CHECK_FALSE(window.idle(MonoTime{} + 59s));
  CHECK(window.idle(MonoTime{} + 1h));
  CHECK_FALSE(window.take(MonoTime{} + 1000h, 1));
}

TEST_CASE("look-up shares: accounts are apart, a known name costs nothing, and names leave after a minute unless they are under way") {
  LookUpShares shares;
  const auto idle = [](std::string_view) { return false; };
  const auto busy = [](std::string_view name) { return name == "a"; };
  const MonoTime start{1'000};
  for (const char* const name : {"a", "b"}) {
    CHECK_FALSE(shares.full("one", name, 2, start, idle));
    shares.add("one", name, start);
  }
  CHECK(shares.full("one", "c", 2, start + 15s, idle) == Duration{45s});
  CHECK_FALSE(shares.full("one", "a", 2, start, idle));
  CHECK_FALSE(shares.full("two", "c", 2, start, idle));
  CHECK_FALSE(shares.full("one", "c", 2, start + 1min, busy));
  CHECK(shares.full("one", "c", 1, start + 1min, busy));
  CHECK_FALSE(shares.full("one", "c", 1, start + 2min, idle));
  CHECK(shares.full("three", "a", 0, start, idle));
}

TEST_CASE("addresses: hosts are read as browsers write them") {
  CHECK(parse_host("LocalHost:80").name == "localhost");
  CHECK(parse_host("LocalHost:80").port == "80");
  CHECK(parse_host("[::1]:80").name == "[::1]");
  CHECK(parse_host("[::1]").port.empty());
  for (const char* const bad : {"", ":80", "a:b", "a:123456", "[::1", "[::1]80", "::1", "a b", "a/b", "\xff"}) {
    CAPTURE(bad);
    CHECK(parse_host(bad).name.empty());
  }
  CHECK(is_loopback_host("127.0.0.1"));
  CHECK(is_loopback_host("::1"));
  CHECK_FALSE(is_loopback_host("127.0.0.1.evil.example"));
  CHECK_FALSE(is_loopback_host("127.evil"));
  CHECK_FALSE(is_loopback_host("10.0.0.1"));
}

TEST_CASE("login: a token is taken from the header first, then from the query") {
  const auto token = [](const char* target, const char* authorization) {
    net::HttpRequest request;
    request.target = target;
    if (authorization[0] != '\0') request.headers = {{"authorization", authorization}};
    return token_of(request);
  };
  CHECK(token("/ws", "Bearer abc").compare("abc") == 0);
  CHECK(token("/ws", "bearer   abc").compare("abc") == 0);
  CHECK(token("/ws?token=q", "Bearer abc").compare("abc") == 0);
  CHECK(token("/ws?x=1&token=q%2Bz", "").compare("q+z") == 0);
  CHECK(token("/ws?token=q", "Basic abc").compare("q") == 0);
  CHECK(token("/ws", "Bearer ").empty());
  CHECK(token("/ws", "Bearer").empty());
}
