// Trades that the venue's streams did not bring: the gap is told at once, and the missing trades follow, flagged, each once, as the venue has them.
#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "gateway/net/http_client.hpp"
#include "tests/end_to_end/venue.hpp"
#include "tests/support/canonical_decimal.hpp"
#include "tests/support/gateway_under_test.hpp"
#include "tests/support/subscriber_client.hpp"

namespace tidegate {
namespace {

using test::SubscriberClient;
using Json = rapidjson::Value;

constexpr const char* kShort =
    ", data_timeout: 2s, slow_down_wait: 50ms, refused_wait: 50ms, rate_limit_wait: 200ms, connect_attempts: 100000, weight_limit: 1000000, "
    "weight_share: 100, frames_per_second: 4";

sim::BinanceOptions market() {
  sim::BinanceOptions options;
  options.symbols = 2;
  options.rate = 3;
  options.connects_max = 1'000'000;
  options.rest_latency = std::chrono::milliseconds{2};
  return options;
}

std::uint64_t trade_id_of(const Json& message) { return std::stoull(std::string{SubscriberClient::text(message, "trade_id")}); }

/// One subscriber of the trades of BTCUSDT that holds each message against what it was told before.
struct Watched {
  explicit Watched(const std::string& keys = "") : gateway{test::gateway_yaml(venue, kShort + keys)} {
    client.keep = false;
    client.on_json = [this](const Json& message) { see(message); };
    client.subscribe(R"(["trade"])", R"(["BINANCE:BTCUSDT"])", R"({"snapshot":false})");
    client.wait_until("trades flow", [&] { return trades.size() > 5; });
  }

  void see(const Json& message) {
    const std::string_view type = SubscriberClient::text(message, "type");
    if (type == "gap") {
      ++gaps;
      for (std::uint64_t seq = message["from_seq"].GetUint64(); seq <= message["to_seq"].GetUint64(); ++seq) missing.insert(seq);
      last = message["to_seq"].GetUint64();
    } else if (type == "trade") {
      const std::uint64_t seq = message["seq"].GetUint64();
      const bool late = SubscriberClient::has_flag(message, "replayed");
      CHECK(late == (missing.erase(seq) == 1));
      if (late) {
        ++filled;
      } else {
        if (last != 0) CHECK(seq == last + 1);
        last = seq;
      }
      CHECK(trades.emplace(seq, trade_id_of(message)).second);
      said[trade_id_of(message)] =
          std::string{SubscriberClient::text(message, "price")} + " " + std::string{SubscriberClient::text(message, "quantity")} + " " +
          std::string{SubscriberClient::text(message, "side")} + " " + std::string{SubscriberClient::text(message, "timestamp")};
    } else if (type == "completeness") {
      state = SubscriberClient::text(message, "state");
    }
  }
  /// Another gap is told, and then nothing is missing any more.
  void wait_until_filled(std::uint64_t gaps_before) {
    client.wait_until("a gap is told", [&] { return gaps > gaps_before; });
    client.wait_until("it is filled", [&] { return missing.empty(); });
  }
  /// Every number from the first on has come, once, and the venue's numbers run along with ours.
  void check_whole() {
    REQUIRE_FALSE(trades.empty());
    const auto [first_seq, first_id] = *trades.begin();
    CHECK(trades.size() == last + 1 - first_seq);
    for (const auto& [seq, id] : trades) CHECK(id - first_id == seq - first_seq);
    state.clear();
    client.send(R"({"op":"completeness","symbol":"BINANCE:BTCUSDT","channel":"trade","from_seq":)" + std::to_string(first_seq) +
                ",\"to_seq\":" + std::to_string(last) + "}");
    client.wait_until("the answer comes", [&] { return !state.empty(); });
    CHECK(state == "complete");
  }
  /// What the venue itself says of its last thousand trades, as far as they came here.
  std::size_t check_against_venue() {
    net::EventLoop loop;
    net::HttpClient http;
    std::string body;
    net::HttpCall call;
    call.url = "http://127.0.0.1:" + std::to_string(venue.port()) + "/api/v3/trades?symbol=BTCUSDT&limit=1000";
    http.send(std::move(call), loop, [&](net::HttpAnswer&& answer) { body = std::move(answer.body); });
    for (int i = 0; i < 1'000 && body.empty(); ++i) loop.run_for(std::chrono::milliseconds{10});
    rapidjson::Document all;
    all.Parse(body.data(), body.size());
    REQUIRE(all.IsArray());
    std::size_t compared = 0;
    for (const auto& trade : all.GetArray()) {
      const auto ours = said.find(trade["id"].GetUint64());
      if (ours == said.end()) continue;
      ++compared;
      CHECK(ours->second == test::canonical_decimal(trade["price"].GetString()) + " " + test::canonical_decimal(trade["qty"].GetString()) +
                                (trade["isBuyerMaker"].GetBool() ? " sell " : " buy ") + to_rfc3339(UtcTime{trade["time"].GetInt64() * 1'000'000}));
    }
    return compared;
  }

  test::Venue venue{market()};
  test::GatewayUnderTest gateway;
  SubscriberClient client{gateway.port()};
  std::map<std::uint64_t, std::uint64_t> trades;  // by seq: the venue's number
  std::map<std::uint64_t, std::string> said;      // by the venue's number: what the trade was
  std::set<std::uint64_t> missing;                // told by gaps, not filled yet
  std::uint64_t last = 0, gaps = 0, filled = 0;
  std::string state;
};

}  // namespace

TEST_CASE("gap fill: what a lost connection missed comes by REST, equal to the venue's own record, and nothing is missing then") {
  Watched watched;
  for (int i = 0; i < 5; ++i) {
    const std::uint64_t before = watched.gaps;
    watched.venue.inject("refuse-upgrade=503:1");
    watched.venue.inject("drop");
    watched.wait_until_filled(before);
  }
  CHECK(watched.filled > 5);
  watched.check_whole();
  CHECK(watched.check_against_venue() > watched.filled);
  CHECK(watched.gateway.counters().holes_filled == watched.gaps);
  CHECK(watched.gateway.counters().trades_filled == watched.filled);
}

TEST_CASE("gap fill: single frames that the venue never sent are filled as well") {
  Watched watched;
  for (int i = 0; i < 5; ++i) {
    const std::uint64_t before = watched.gaps;
    watched.venue.inject("lost-diff=btcusdt@trade");
    watched.wait_until_filled(before);
  }
  watched.check_whole();
  CHECK(watched.check_against_venue() > 5);
}

TEST_CASE("gap fill: aggregates are filled with aggregates") {
  Watched watched{", trades: aggregate"};
  watched.venue.inject("refuse-upgrade=503:1");
  watched.venue.inject("drop");
  watched.wait_until_filled(0);
  watched.check_whole();
}

TEST_CASE("gap fill: answers that are empty, halved, backwards, doubled, of other numbers or cut cost time, never truth") {
  for (const std::string how : {"empty", "half", "backwards", "twice", "far", "cut"}) {
    CAPTURE(how);
    Watched watched;
    watched.venue.inject("old-trades=" + how);
    watched.venue.inject("refuse-upgrade=503:1");
    watched.venue.inject("drop");
    watched.wait_until_filled(0);
    watched.check_whole();
    CHECK(watched.check_against_venue() > watched.filled);
  }
}

TEST_CASE("gap fill: a venue that refuses old trades by number, one that is down and one that asks for patience are filled from all the same") {
  for (const std::string fault : {"old-trades=no-history", "http-503=2", "http-429=1", "rest-slow=300"}) {
    CAPTURE(fault);
    Watched watched;
    watched.venue.inject(fault);
    watched.venue.inject("refuse-upgrade=503:1");
    watched.venue.inject("drop");
    watched.wait_until_filled(0);
    watched.check_whole();
  }
}

TEST_CASE("gap fill: a connection that is lost again while an answer is under way leaves nothing missing") {
  Watched watched;
  watched.venue.inject("rest-slow=300");
  for (int i = 0; i < 4; ++i) {
    const std::uint64_t before = watched.gaps;
    watched.venue.inject("drop");
    watched.client.run_for(std::chrono::milliseconds{150});
    watched.venue.inject("refuse-upgrade=503:1");
    watched.venue.inject("drop");
    watched.client.wait_until("a gap is told", [&] { return watched.gaps > before; });
  }
  watched.venue.inject("rest-slow=0");
  watched.client.wait_until("all is filled", [&] { return watched.missing.empty(); });
  watched.check_whole();
}

TEST_CASE("gap fill: switched off, or for holes that are too large, the gap stays as it was told, and completeness names it") {
  for (const std::string key : {", fill_gaps: false", ", fill_trades_max: 1"}) {
    CAPTURE(key);
    Watched watched{key};
    watched.venue.inject("refuse-upgrade=503:1");
    watched.venue.inject("drop");
    watched.client.wait_until("a gap is told", [&] { return watched.gaps > 0; });
    const std::uint64_t trades = watched.trades.size();
    watched.client.wait_until("trades go on", [&] { return watched.trades.size() > trades + 20; });
    CHECK(watched.missing.size() > 1);
    CHECK(watched.filled == 0);
    CHECK(watched.gateway.counters().trade_requests == 0);
    watched.client.send(R"({"op":"completeness","symbol":"BINANCE:BTCUSDT","channel":"trade","from_seq":)" +
                        std::to_string(*watched.missing.begin()) + "}");
    watched.client.wait_until("the answer comes", [&] { return !watched.state.empty(); });
    CHECK(watched.state == "holes");
  }
}

}  // namespace tidegate
