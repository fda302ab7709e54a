#include "gateway/access/identity.hpp"

#include <doctest/doctest.h>

namespace tidegate::test {
namespace {

TEST_CASE("patterns: * stands for any run of characters, all else for itself") {
  const Patterns some{{"NSE:*", "BINANCE:BTC*T", "*-PERP", "exact"}};
  for (const char* text : {"NSE:", "NSE:RELIANCE", "BINANCE:BTCT", "BINANCE:BTCUSDT", "X:Y-PERP", "exact"}) {
    CAPTURE(text);
    CHECK(some.match(text));
  }
  for (const char* text : {"", "nse:RELIANCE", "XNSE:A", "BINANCE:BTCUSD", "X:Y-PERPS", "exac", "exactly", "NSE"}) {
    CAPTURE(text);
    CHECK_FALSE(some.match(text));
  }
  CHECK(Patterns{{"*"}}.match(""));
  CHECK(Patterns{{"**a*b**"}}.match("xaxbx"));
  CHECK_FALSE(Patterns{}.match(""));
  CHECK_FALSE(Patterns{{std::string(100, '*') + "b"}}.match(std::string(10'000, 'a')));
}

TEST_CASE("identity: a symbol and its channel must stand in one grant") {
  Identity identity;
  identity.grants.push_back({.symbols = Patterns{{"NSE:*"}}, .channels = Patterns{{"trade"}}, .topics = {}, .publish = {}});
  identity.grants.push_back({.symbols = Patterns{{"BINANCE:*"}}, .channels = Patterns{{"candle_*"}}, .topics = {}, .publish = {}});
  CHECK(identity.may_see("NSE:A", Channel::Trade));
  CHECK(identity.may_see("BINANCE:A", Channel::Candle1m));
  CHECK_FALSE(identity.may_see("NSE:A", Channel::Candle1m));
  CHECK_FALSE(identity.may_see("BINANCE:A", Channel::Trade));
}

TEST_CASE("identity: another user's own topics are closed, whatever the patterns say") {
  Identity alice;
  alice.user = "alice";
  alice.grants.push_back({.symbols = {}, .channels = {}, .topics = Patterns{{"*"}}, .publish = {}});
  CHECK(alice.may_read("user:alice:orders"));
  CHECK(alice.may_read("portfolio:alice"));
  CHECK(alice.may_read("orders"));
  for (const char* topic : {"user:bob:orders", "user:alice2:orders", "user:", "user::orders", "portfolio:bob", "user:*:orders"}) {
    CAPTURE(topic);
    CHECK_FALSE(alice.may_read(topic));
  }
  Identity anonymous = alice;
  anonymous.user.clear();
  CHECK_FALSE(anonymous.may_read("user::orders"));
  CHECK_FALSE(anonymous.may_read("user:alice:orders"));
  Identity admin;
  admin.admin = true;
  CHECK(admin.may_read("user:bob:orders"));
  CHECK(admin.may_publish("anything"));
  CHECK(admin.may_see("NSE:A", Channel::Trade));
}

}  // namespace
}  // namespace tidegate::test
