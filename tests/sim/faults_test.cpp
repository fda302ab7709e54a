// Each fault does what its line in --help says, and nothing else.
#include "tests/sim/test_venue.hpp"

using namespace tidegate;
using namespace tidegate::test;

namespace {

constexpr const char* kTarget = "/stream?streams=btcusdt@bookTicker/btcusdt@depth@100ms";
constexpr const char* kDepth = "btcusdt@depth@100ms";
constexpr const char* kList = R"({"method":"LIST_SUBSCRIPTIONS","id":1})";

/// Holes, repetitions and steps back in the chain of depth events.
struct Chain {
  int holes = 0, repeated = 0, back = 0;
};
Chain examine_chain(const TestClient& client) {
  Chain chain;
  std::int64_t last = 0;
  for (const std::string& text : client.data(kDepth)) {
    const auto event = parse(text);
    const std::int64_t first_id = event["U"].GetInt64();
    const std::int64_t last_id = event["u"].GetInt64();
    if (last != 0) {
      chain.holes += first_id > last + 1 ? 1 : 0;
      chain.repeated += last_id == last ? 1 : 0;
      chain.back += last_id < last ? 1 : 0;
    }
    last = last_id;
  }
  return chain;
}

bool is_json(const std::string& text) {
  rapidjson::Document document;
  document.Parse(text.data(), text.size());
  return !document.HasParseError();
}

}  // namespace

TEST_CASE("sim faults: the grammar is NAME[=ARG][@SECONDS], mistakes are named") {
  venue::Fault fault;
  CHECK(venue::parse_fault("drop", fault).empty());
  CHECK_FALSE(fault.timed);
  CHECK(venue::parse_fault("close=1006@2.5", fault).empty());
  CHECK(fault.number == 1006);
  CHECK(fault.at_ns == 2'500 * kMs);
  CHECK(venue::parse_fault("stall-stream=btcusdt@depth@100ms", fault).empty());
  CHECK(fault.text == "btcusdt@depth@100ms");
  CHECK_FALSE(fault.timed);
  CHECK(venue::parse_fault("stall-stream=btcusdt@depth@100ms@7", fault).empty());
  CHECK(fault.text == "btcusdt@depth@100ms");
  CHECK(fault.at_ns == 7'000 * kMs);
  CHECK(venue::parse_fault("refuse-upgrade=403:3", fault).empty());
  CHECK(fault.seconds == 3);
  for (const char* wrong :
       {"", "nonsense", "slow=x", "refuse-upgrade", "refuse-upgrade=101", "bad-frame=1", "close=-1", "slow=99999999999999999999"}) {
    CAPTURE(wrong);
    CHECK_FALSE(venue::parse_fault(wrong, fault).empty());
  }
  for (const auto& spec : venue::fault_table()) CHECK(venue::fault_help().find("  " + std::string{spec.name}) != std::string::npos);
}

TEST_CASE("sim faults: seconds count from the first connection") {
  auto options = TestVenue::small();
  options.faults.emplace_back();
  REQUIRE(venue::parse_fault("close=1012@2", options.faults.back()).empty());
  TestVenue sim{std::move(options)};
  sim.run(10'000);
  auto& client = sim.connect("/ws");
  sim.run(1'900);
  CHECK(client.close_code == 0);
  sim.run(200);
  CHECK(client.close_code == 1012);
}

TEST_CASE("sim faults: drop cuts all connections or one, close, 1008 and max-age close them") {
  TestVenue sim;
  auto& first = sim.connect(kTarget);
  auto& second = sim.connect(kTarget);
  sim.inject("drop=2");
  CHECK_FALSE(first.was_cut);
  CHECK(second.was_cut);
  sim.inject("drop");
  CHECK(first.was_cut);
  CHECK(first.close_code == 0);
  auto& third = sim.connect(kTarget);
  sim.inject("close");
  CHECK(third.close_code == 1001);
  auto& fourth = sim.connect(kTarget);
  sim.inject("1008");
  CHECK(fourth.close_code == 1008);
  auto& fifth = sim.connect(kTarget);
  sim.inject("max-age");
  CHECK(fifth.close_code == 1001);
}

TEST_CASE("sim faults: in a quiet market nothing moves, books stand as they are, and everything goes on afterwards without a jump") {
  TestVenue sim;
  auto& client = sim.connect(kTarget);
  sim.run(2'000);
  sim.inject("quiet=20");
  sim.run(200);  // what had happened before is told
  const std::string book = sim.get("/api/v3/depth?symbol=BTCUSDT&limit=100").body;
  const std::size_t before = client.texts.size();
  sim.run(19'000);
  CHECK(client.texts.size() == before);
  CHECK(sim.get("/api/v3/depth?symbol=BTCUSDT&limit=100").body == book);
  sim.run(3'000);
  CHECK(client.texts.size() > before);
  CHECK(client.texts.size() < before + 1'000);  // it does not make up for the time
  CHECK(examine_chain(client).holes == 0);
}

TEST_CASE("sim faults: silence stops data for good on open connections while pings go on, a new one has data") {
  TestVenue sim;
  auto& client = sim.connect(kTarget);
  sim.run(2'000);
  sim.inject("silence");
  const std::size_t before = client.texts.size();
  sim.run(25'000);
  CHECK(client.texts.size() == before);
  CHECK(client.pings.size() == 1);
  CHECK_FALSE(sim.ask(client, kList).empty());
  auto& fresh = sim.connect(kTarget);
  sim.run(2'000);
  CHECK_FALSE(fresh.texts.empty());
}

TEST_CASE("sim faults: silence for some seconds holds all connections, then data goes on") {
  TestVenue sim;
  auto& client = sim.connect(kTarget);
  sim.inject("silence=5");
  auto& fresh = sim.connect(kTarget);
  sim.run(4'900);
  CHECK(client.texts.empty());
  CHECK(fresh.texts.empty());
  sim.run(2'000);
  CHECK_FALSE(client.texts.empty());
  CHECK_FALSE(fresh.texts.empty());
}

TEST_CASE("sim faults: half-open says nothing at all and reads nothing") {
  TestVenue sim;
  auto& client = sim.connect(kTarget);
  sim.inject("half-open=30");
  CHECK(client.paused);
  sim.run(29'000);
  CHECK(client.texts.empty());
  CHECK(client.pings.empty());
  CHECK(sim.ask(client, kList).empty());
  CHECK_FALSE(sim->on_ping(*client.client, sim.now()));
  sim.run(2'000);
  CHECK_FALSE(client.paused);
  CHECK_FALSE(client.texts.empty());
  sim.inject("half-open");
  const std::size_t before = client.texts.size();
  sim.run(200'000);
  CHECK(client.texts.size() == before);
  CHECK(client.close_code == 0);
}

TEST_CASE("sim faults: slow delays every frame and keeps their order") {
  TestVenue sim;
  auto& slow = sim.connect(kTarget);
  sim.inject("slow=700");
  auto& quick = sim.connect(kTarget);
  sim.run(600);
  CHECK(slow.texts.empty());
  CHECK_FALSE(quick.texts.empty());
  const std::size_t sent = quick.texts.size();
  sim.run(700);
  REQUIRE(slow.texts.size() >= sent);
  CHECK(std::vector<std::string>(slow.texts.begin(), slow.texts.begin() + static_cast<std::ptrdiff_t>(sent)) ==
        std::vector<std::string>(quick.texts.begin(), quick.texts.begin() + static_cast<std::ptrdiff_t>(sent)));
}

TEST_CASE("sim faults: extra frames of every bad kind, and no data is lost by them") {
  TestVenue sim;
  auto& client = sim.connect(kTarget);
  auto& raw = sim.connect("/ws/btcusdt@trade");
  sim.run(1'000);
  const std::size_t before = client.texts.size();
  sim.inject("bad-frame");
  sim.inject("not-json");
  CHECK_FALSE(is_json(client.texts.at(before)));
  CHECK_FALSE(is_json(client.texts.at(before + 1)));
  sim.inject("unknown-event");
  CHECK(std::string{parse(client.texts.back())["data"]["e"].GetString()} == "somethingNew");
  CHECK(std::string{parse(raw.texts.back())["e"].GetString()} == "somethingNew");
  sim.inject("big-frame");
  CHECK(client.texts.back().size() > 300'000);
  CHECK(is_json(client.texts.back()));
  sim.inject("binary-frame");
  CHECK(client.binaries.size() == 1);
  sim.run(5'000);
  CHECK(examine_chain(client).holes == 0);
}

TEST_CASE("sim faults: lost-diff, duplicate-diff and reorder disturb the chain once") {
  for (const std::string name : {"lost-diff", "duplicate-diff", "reorder"}) {
    CAPTURE(name);
    TestVenue sim;
    auto& client = sim.connect(kTarget);
    sim.run(2'000);
    sim.inject(name + "=" + kDepth);
    sim.run(8'000);
    const Chain chain = examine_chain(client);
    CHECK(chain.repeated == (name == "duplicate-diff" ? 1 : 0));
    CHECK(chain.back == (name == "reorder" ? 1 : 0));
    if (name == "lost-diff") CHECK(chain.holes == 1);
    if (name == "duplicate-diff") CHECK(chain.holes == 0);
    CHECK(client.count(kDepth) > 20);
  }
}

TEST_CASE("sim faults: lost-diff without a name takes any depth stream") {
  TestVenue sim;
  auto& client = sim.connect(kTarget);
  sim.run(2'000);
  sim.inject("lost-diff");
  sim.run(8'000);
  CHECK(examine_chain(client).holes == 1);
}

TEST_CASE("sim faults: a stalled stream is still listed, gives nothing, and lives again once subscribed anew") {
  TestVenue sim;
  auto& client = sim.connect(kTarget);
  sim.run(2'000);
  sim.inject(std::string{"stall-stream="} + kDepth);
  const std::size_t before = client.count(kDepth);
  const std::size_t quotes = client.count("btcusdt@bookTicker");
  sim.run(5'000);
  CHECK(client.count(kDepth) == before);
  CHECK(client.count("btcusdt@bookTicker") > quotes);
  CHECK(sim.ask(client, kList).find(kDepth) != std::string::npos);
  CHECK(sim.ask(client, R"({"method":"UNSUBSCRIBE","params":["btcusdt@depth@100ms"],"id":1})") == R"({"result":null,"id":1})");
  sim.subscribe(client, kDepth);
  sim.run(3'000);
  CHECK(client.count(kDepth) > before);
}

TEST_CASE("sim faults: burst sends thousands of frames at once") {
  TestVenue sim;
  auto& client = sim.connect(kTarget);
  sim.inject("burst");
  sim.run(10);
  CHECK(client.texts.size() >= 2'500);
  CHECK(examine_chain(client).holes == 0);
}

TEST_CASE("sim faults: REST refuses with 429, 418 and 503 and recovers") {
  TestVenue sim;
  sim.inject("http-429=3");
  const auto refused = sim.get("/api/v3/time");
  CHECK(refused.status == 429);
  CHECK(header(refused, "Retry-After") == "3");
  sim.advance(3'000);
  CHECK(sim.get("/api/v3/time").status == 200);
  sim.inject("http-418");
  CHECK(header(sim.get("/api/v3/time"), "Retry-After") == "120");
  sim.advance(120'000);
  sim.inject("http-503=2");
  CHECK(sim.get("/api/v3/time").status == 503);
  CHECK(sim.get("/api/v3/time").status == 503);
  CHECK(sim.get("/api/v3/time").status == 200);
}

TEST_CASE("sim faults: rest-slow holds answers back, stale-snapshot answers once with an old id") {
  TestVenue sim;
  sim.inject("rest-slow=500");
  int status = 0;
  sim->on_rest({"GET", "/api/v3/time", "127.0.0.1"}, sim.now(), [&status](venue::RestAnswer answer) { status = answer.status; });
  sim.run(400);
  CHECK(status == 0);
  sim.run(200);
  CHECK(status == 200);
  sim.inject("rest-slow=0");
  const auto id = [&sim] { return parse(sim.get("/api/v3/depth?symbol=BTCUSDT").body)["lastUpdateId"].GetInt64(); };
  const std::int64_t good = id();
  sim.inject("stale-snapshot");
  CHECK(id() < good);
  CHECK(id() == good);
}

TEST_CASE("sim faults: upgrades are refused with the wanted status for so long, and a handshake is held back once") {
  TestVenue sim;
  sim.inject("refuse-upgrade=403:4");
  CHECK(sim.admit("/ws") == 403);
  sim.advance(4'000);
  CHECK(sim.admit("/ws") == 101);
  sim.inject("slow-handshake=300");
  CHECK(sim->take_handshake_delay_ns() == 300 * kMs);
  CHECK(sim->take_handshake_delay_ns() == 0);
}

TEST_CASE("sim faults: an acknowledgement is lost or late, the request is honoured") {
  TestVenue sim;
  auto& client = sim.connect("/stream");
  sim.inject("ack-lost");
  CHECK(sim.ask(client, R"({"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":1})").empty());
  CHECK(sim.ask(client, kList) == R"({"result":["btcusdt@trade"],"id":1})");
  sim.inject("ack-delay=1000");
  CHECK(sim.ask(client, R"({"method":"SUBSCRIBE","params":["btcusdt@bookTicker"],"id":9})").empty());
  sim.run(900);
  const std::string ack = R"({"result":null,"id":9})";
  CHECK(std::find(client.texts.begin(), client.texts.end(), ack) == client.texts.end());
  sim.run(200);
  CHECK(std::find(client.texts.begin(), client.texts.end(), ack) != client.texts.end());
}

TEST_CASE("sim faults: shutdown is announced in the form of each connection, then all end") {
  TestVenue sim;
  auto& combined = sim.connect("/stream");
  auto& raw = sim.connect("/ws");
  auto& usdm = sim.connect("/public/stream");
  sim.inject("shutdown=2");
  REQUIRE(combined.texts.size() == 1);
  CHECK(combined.texts[0].compare(0, 28, R"({"stream":"!serverShutdown",)") == 0);
  CHECK(raw.texts.at(0).compare(0, 21, R"({"e":"serverShutdown")") == 0);
  CHECK(usdm.texts.empty());
  sim.run(1'900);
  CHECK(combined.close_code == 0);
  sim.run(200);
  for (const auto* client : {&combined, &raw, &usdm}) CHECK(client->close_code == 1001);
}

TEST_CASE("sim faults: wrong-route acknowledges new subscriptions and sends nothing") {
  TestVenue sim;
  auto& client = sim.connect("/stream?streams=btcusdt@bookTicker");
  sim.inject("wrong-route=5");
  sim.subscribe(client, "ethusdt@bookTicker");
  sim.run(6'000);
  CHECK(client.count("btcusdt@bookTicker") > 0);
  CHECK(client.count("ethusdt@bookTicker") == 0);
  sim.subscribe(client, "ethusdt@bookTicker");
  sim.run(6'000);
  CHECK(client.count("ethusdt@bookTicker") > 0);
}
