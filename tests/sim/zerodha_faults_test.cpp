// Faults, one by one, as a client sees them.
#include "tests/sim/zerodha_support.hpp"

using namespace tidegate;
using namespace tidegate::test;

namespace {

/// A client that has RELIANCE in quote mode and got its snapshot.
struct Subscribed : KiteFixture {
  explicit Subscribed(const sim::ZerodhaOptions& options = still_options()) : KiteFixture(options), client(loop, url()) {
    until_open(client);
    client.send(R"({"a":"subscribe","v":[738561]})");
    until([this] { return !client.data.empty(); });
  }
  /// The message that a fault adds.
  std::string added_by(std::string_view fault) {
    const std::size_t before = client.data.size();
    inject(fault);
    until([&] { return client.data.size() > before; });
    return client.data.back();
  }
  [[nodiscard]] std::string quote() const { return server.packet(kReliance, kite::Mode::Quote); }

  KiteClient client;
};

bool whole(const std::string& message) {
  std::vector<std::string_view> bodies;
  return kite::split_message(message, bodies);
}

}  // namespace

TEST_CASE("kite sim: silence stops data while heartbeats go on, new connections are served, resume ends it") {
  auto options = still_options();
  options.rate = 0;
  Subscribed sim{options};
  sim.inject("silence");
  sim.settle(sim.client);
  const std::size_t data = sim.client.data.size(), heartbeats = sim.client.heartbeats.size();
  sim.until([&] { return sim.client.heartbeats.size() > heartbeats + 2; });
  CHECK(sim.client.data.size() == data);
  KiteClient other{sim.loop, sim.url()};
  sim.until_open(other);
  other.send(R"({"a":"subscribe","v":[408065]})");
  sim.until([&] { return other.data.size() > 2; });
  CHECK(sim.client.data.size() == data);
  sim.inject("resume");
  sim.until([&] { return sim.client.data.size() > data; });
}

TEST_CASE("kite sim: silence for a time is for all connections, new ones too") {
  Subscribed sim;
  sim.inject("silence=3600");
  KiteClient other{sim.loop, sim.url()};
  sim.until_open(other);
  other.send(R"({"a":"subscribe","v":[408065]})");
  sim.until([&] { return sim.server.counters().subscribe_commands == 2; });
  sim.settle(other);
  CHECK(other.data.empty());
  CHECK(sim.server.connections().at(1).tokens.size() == 1);
}

TEST_CASE("kite sim: a dead connection stays open and gives nothing, not even a pong, until resume") {
  Subscribed sim;
  sim.inject("dead");
  // Others still come in, and show that time passes.
  KiteClient other{sim.loop, sim.url()}, more{sim.loop, sim.url()}, last{sim.loop, sim.url()};
  for (KiteClient* each : {&other, &more, &last}) sim.until_open(*each);
  const std::size_t heartbeats = sim.client.heartbeats.size(), data = sim.client.data.size();
  sim.client.socket.ping("are you there");
  sim.until([&] { return other.heartbeats.size() >= 4; });
  CHECK(sim.client.heartbeats.size() <= heartbeats + 1);  // one may have been on its way
  CHECK(sim.client.pongs.empty());
  CHECK(sim.client.data.size() == data);
  CHECK_FALSE(sim.client.closed);
  sim.inject("resume");
  sim.until([&] { return sim.client.heartbeats.size() > heartbeats + 1 && sim.client.pongs.size() == 1; });
}

TEST_CASE("kite sim: drop cuts, all or the N-th oldest, and close says its code") {
  Subscribed sim;
  KiteClient second{sim.loop, sim.url()}, third{sim.loop, sim.url()};
  sim.until_open(second);
  sim.until_open(third);
  const std::uint64_t id = sim.server.connections().at(1).id;
  sim.inject("drop=2");
  sim.until([&] { return second.closed || third.closed; });
  sim.until([&] { return sim.server.connections().size() == 2; });
  for (const auto& connection : sim.server.connections()) CHECK(connection.id != id);
  KiteClient& left = second.closed ? third : second;
  sim.inject("close=1011");
  sim.until([&] { return sim.client.closed && left.closed; });
  CHECK(left.closed->code == 1011);
  KiteClient last{sim.loop, sim.url()};
  sim.until_open(last);
  sim.inject("close=1006");
  sim.until([&] { return last.closed.has_value(); });
  CHECK(last.closed->code == 1006);
  CHECK(sim.server.counters().connections_closed == 4);
}

TEST_CASE("kite sim: upgrades are refused with any status, counted or until resume") {
  KiteFixture sim;
  for (const int status : {400, 403, 429, 502, 503}) {
    sim.inject("refuse=" + std::to_string(status) + ",1");
    KiteClient refused{sim.loop, sim.url()};
    sim.until([&] { return refused.closed.has_value(); });
    CHECK(refused.closed->http_status == status);
  }
  KiteClient client{sim.loop, sim.url()};
  sim.until_open(client);
  sim.inject("refuse=503");
  KiteClient one{sim.loop, sim.url()}, two{sim.loop, sim.url()};
  sim.until([&] { return one.refused_with(503) && two.refused_with(503); });
  sim.inject("resume");
  KiteClient again{sim.loop, sim.url()};
  sim.until_open(again);
  CHECK(sim.server.counters().refusals.at(503) == 3);
}

TEST_CASE("kite sim: malformed messages are what their faults say, and good ones follow") {
  Subscribed sim;
  const std::string quote = sim.quote(), good = message_of({quote});
  const std::string truncated = sim.added_by("truncated");
  CHECK(truncated == message_of({quote, quote}).substr(0, 2 + 46 + 46 - 22));
  CHECK(sim.added_by("wrong_count") == std::string{"\0\2", 2} + good.substr(2));
  CHECK(sim.added_by("trailing") == good + "\xee\xee\xee");
  const std::string unknown = sim.added_by("unknown_length");
  CHECK(unknown == message_of({quote.substr(0, 4) + std::string(56, '\0'), quote}));
  CHECK_FALSE(whole(unknown));
  const std::string legacy = sim.added_by("legacy164");
  CHECK(to_hex(legacy.substr(0, 8)) == "000200a4000b4501");
  CHECK(legacy.substr(2 + 2 + 164) == good.substr(2));
  CHECK(sim.added_by("zero_length") == message_of({"", quote}));
  CHECK(sim.added_by("duplicate") == good);
  CHECK(sim.server.publish(quote) == 1);
  sim.until([&] { return sim.client.data.back() == good; });
  CHECK(sim.server.counters().faults.size() == 7);
}

TEST_CASE("kite sim: the big message holds 3,000 full packets") {
  Subscribed sim;
  const std::string big = sim.added_by("big");
  CHECK(big.size() == 558'002);
  CHECK(whole(big));
  CHECK(sim.added_by("big=2") == message_of({sim.server.packet(kReliance, kite::Mode::Full), sim.server.packet(kReliance, kite::Mode::Full)}));
}

TEST_CASE("kite sim: faults of data leave a connection alone that has subscribed nothing") {
  KiteFixture sim;
  KiteClient client{sim.loop, sim.url()};
  sim.until_open(client);
  for (const char* fault : {"truncated", "duplicate", "big", "trailing"}) sim.inject(fault);
  sim.settle(client);
  CHECK(client.data.empty());
}

TEST_CASE("kite sim: texts: a flood, an error, a notice, an order") {
  Subscribed sim;
  sim.inject("error_text=it's \"broken\" @ noon");
  sim.inject("message=hello");
  sim.inject("order");
  sim.inject("text_flood=50");
  sim.until([&] { return sim.client.texts.size() == 1 + 3 + 50; });
  CHECK(sim.client.texts[1] == R"({"type":"error","data":"it's \"broken\" @ noon"})");
  CHECK(sim.client.texts[2] == R"({"type":"message","data":"hello"})");
  CHECK(sim.client.texts[3].find(R"({"type":"order","data":{"user_id":)") == 0);
  CHECK(sim.client.texts[3].find(R"("status":"COMPLETE")") != std::string::npos);
  CHECK(sim.client.texts[53] == R"({"type":"message","data":"flood 49"})");
}

TEST_CASE("kite sim: a token that is unknown from now on is neither listed nor served") {
  Subscribed sim;
  sim.inject("token_unknown=738561");
  CHECK(sim.server.connections().at(0).tokens.empty());
  CHECK(sim.get("/instruments/NSE").body.find("\n738561,") == std::string::npos);
  const std::size_t data = sim.client.data.size();
  sim.client.send(R"({"a":"subscribe","v":[738561]})");
  sim.until([&] { return sim.server.counters().unknown_tokens == 1; });
  sim.settle(sim.client);
  CHECK(sim.client.data.size() == data);
  CHECK(sim.client.texts.size() == 1);
  sim.inject("unknown_token");
  sim.client.send(R"({"a":"subscribe","v":[738561]})");
  sim.until([&] { return sim.client.texts.size() == 2; });
  CHECK_FALSE(sim.server.inject("token_unknown").empty());
}

TEST_CASE("kite sim: slow keeps data back, in order, and resume lets it go") {
  Subscribed sim;
  sim.inject("slow=3600");
  for (std::uint32_t i = 0; i < 3; ++i) CHECK(sim.server.publish(body_of(kReliance, 44, i * 100)) == 1);
  sim.settle(sim.client);
  CHECK(sim.client.data.size() == 1);
  sim.inject("resume");
  sim.until([&] { return sim.client.data.size() == 4; });
  for (std::uint32_t i = 0; i < 3; ++i) CHECK(sim.client.data[1 + i] == message_of({body_of(kReliance, 44, i * 100)}));
}

TEST_CASE("kite sim: a slow handshake is answered after a later quick one") {
  KiteFixture sim;
  sim.inject("slow=1");
  KiteClient slow{sim.loop, sim.url()};
  sim.until([&] { return sim.server.counters().upgrades == 1; });
  sim.inject("resume");
  KiteClient quick{sim.loop, sim.url()};
  sim.until([&] { return quick.opened; });
  CHECK_FALSE(slow.opened);
  sim.until([&] { return slow.opened; });
}

TEST_CASE("kite sim: faults wait for their second after the first connection, and unknown ones are named") {
  auto options = still_options();
  options.faults = {"error_text=planned@0.05"};
  KiteFixture sim{options};
  KiteClient client{sim.loop, sim.url()};
  sim.until([&] { return client.texts.size() == 2; });
  CHECK(client.texts[1] == R"({"type":"error","data":"planned"})");
  CHECK(sim.server.inject("nonsense") == "unknown fault: nonsense");
  CHECK(sim.server.inject("refuse=200") == "refuse=STATUS[,COUNT]: a status from 300 to 599 is needed");
  CHECK(sim.server.inject("order=1") == "order takes no argument");
  CHECK(sim.server.inject("drop=x") == "drop=N: not a whole number");
}
