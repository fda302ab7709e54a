// Faults, one by one, as a client sees them.
#include "tests/sim/xts_support.hpp"
#include "tests/support/manual_clock.hpp"
#include "tools/sim/xts/faults.hpp"
#include "tools/sim/xts/recording.hpp"

using namespace tidegate;
using namespace tidegate::test;
namespace code = sim::xts::code;

namespace {

/// A client that has joined and subscribed RELIANCE's 1501 in a market that moves.
struct Served : XtsFixture {
  explicit Served(const sim::XtsOptions& options = xts_moving_options(), const Clock* clock = nullptr, std::string_view mode = "Full")
      : XtsFixture(options, clock), login(log_in()), client(loop, url(login, mode)) {
    until_joined(client);
    REQUIRE(subscribe(login, code::kTouchline, {kReliance}).status == 200);
  }
  [[nodiscard]] std::size_t events() const { return client.arguments("1501-json-full").size(); }
  void until_more_events() {
    const std::size_t before = events();
    until([&] { return events() > before; });
  }
  [[nodiscard]] int status(const std::string& path = "/apimarketdata/config/clientConfig") { return rest("GET", path, "", login.token).status; }
  Login login;
  XtsClient client;
};

}  // namespace

TEST_CASE("xts sim: silence stops data while pings are answered, new sockets are served, resume ends it") {
  Served sim;
  sim.until_more_events();
  sim.inject("silence");
  sim.settle(sim.client);
  const std::size_t events = sim.events();
  XtsClient other{sim.loop, sim.url(sim.login)};
  sim.until([&] { return other.arguments("1501-json-full").size() > 3; });
  sim.client.send("2");
  sim.until([&] { return sim.client.has("3"); });
  CHECK(sim.events() == events);
  sim.inject("resume");
  sim.until_more_events();
}

TEST_CASE("xts sim: silence for a time is for all sockets, new ones too") {
  Served sim;
  sim.inject("silence=3600");
  XtsClient other{sim.loop, sim.url(sim.login)};
  sim.until_joined(other);
  CHECK(sim.server.publish(kReliance, "x", "") == 0);
}

TEST_CASE("xts sim: a dead socket stays open and gives nothing, not even its pong, until resume") {
  Served sim;
  sim.inject("dead");
  XtsClient other{sim.loop, sim.url(sim.login)};
  sim.until([&] { return other.arguments("1501-json-full").size() > 3; });
  const std::size_t before = sim.client.messages.size();
  sim.client.send("2");
  sim.until([&] { return other.arguments("1501-json-full").size() > 6; });
  CHECK(sim.client.messages.size() == before);
  CHECK_FALSE(sim.client.closed);
  sim.inject("resume");
  sim.until([&] { return sim.client.has("3"); });
}

TEST_CASE("xts sim: drop cuts, all or the N-th oldest, close says its code or none") {
  Served sim;
  XtsClient second{sim.loop, sim.url(sim.login)};
  sim.until_joined(second);
  sim.inject("drop=2");
  sim.until([&] { return second.closed.has_value(); });
  CHECK(second.closed->code == 1006);
  CHECK(sim.server.connections().size() == 1);
  sim.inject("close");
  sim.until([&] { return sim.client.closed.has_value(); });
  CHECK(sim.client.closed->code == 1005);
  XtsClient third{sim.loop, sim.url(sim.login)};
  sim.until_joined(third);
  sim.inject("close=1011");
  sim.until([&] { return third.closed.has_value(); });
  CHECK(third.closed->code == 1011);
  CHECK(sim.server.sessions()[0].subscriptions.size() == 1);  // they belong to the session
}

TEST_CASE("xts sim: slow holds events back, resume lets them go in order") {
  ManualClock clock;
  Served sim{xts_still_options(), &clock};
  sim.inject("slow=10");
  CHECK(sim.server.publish(kReliance, "one", "") == 1);
  sim.settle(sim.client);
  CHECK_FALSE(sim.client.has(R"(42["one",""])"));
  clock.advance(std::chrono::seconds{10});
  sim.until([&] { return sim.client.has(R"(42["one",""])"); });
  sim.server.publish(kReliance, "two", "");
  sim.server.publish(kReliance, "three", "");
  sim.inject("resume");
  sim.until([&] { return sim.client.has(R"(42["three",""])"); });
  CHECK(sim.client.messages[sim.client.messages.size() - 2].bytes == R"(42["two",""])");
}

TEST_CASE("xts sim: no_pong leaves pings unanswered, server_ping sends one") {
  Served sim;
  sim.inject("no_pong");
  sim.client.send("2");
  sim.inject("server_ping");
  sim.until([&] { return sim.client.has("2"); });
  sim.settle(sim.client);
  CHECK_FALSE(sim.client.has("3"));
  sim.inject("resume");
  sim.client.send("2");
  sim.until([&] { return sim.client.has("3"); });
}

TEST_CASE("xts sim: namespace_disconnect leaves the socket open and silent, server_disconnect closes it") {
  Served sim;
  sim.inject("namespace_disconnect");
  sim.until([&] { return sim.client.has("41"); });
  const std::size_t before = sim.client.messages.size();
  sim.client.send("2");
  sim.until([&] { return sim.client.has("3"); });
  CHECK(sim.client.messages.size() == before + 1);
  CHECK_FALSE(sim.client.closed);
  XtsClient other{sim.loop, sim.url(sim.login)};
  sim.until_joined(other);
  sim.inject("server_disconnect");
  sim.until([&] { return other.closed.has_value(); });
  CHECK(other.messages.back().bytes == "41");
  CHECK(other.closed->code == 1005);
}

TEST_CASE("xts sim: refuse answers upgrades and polls with its status, so many times") {
  Served sim;
  sim.inject("refuse=503,2");
  XtsClient first{sim.loop, sim.url(sim.login)};
  sim.until([&] { return first.refused_with(503); });
  CHECK(sim.get("/apimarketdata/socket.io/?EIO=3&transport=polling").status == 503);
  XtsClient third{sim.loop, sim.url(sim.login)};
  sim.until_joined(third);
}

TEST_CASE("xts sim: token_revoked makes every token invalid and closes its sockets") {
  Served sim;
  sim.inject("token_revoked");
  sim.until([&] { return sim.client.closed.has_value(); });
  CHECK(sim.client.messages.back().bytes == "41");
  CHECK(sim.status() == 400);
  CHECK(sim.server.sessions().empty());
}

TEST_CASE("xts sim: competing is another login: logout event and a dead token") {
  Served sim;
  sim.inject("competing");
  sim.until([&] { return sim.client.closed.has_value(); });
  CHECK(sim.client.arguments("logout") == std::vector<std::string>{"You have been logged out by another user."});
  CHECK(sim.status() == 400);
}

TEST_CASE("xts sim: expire_token refuses tokens from then on, open sockets live on") {
  Served sim;
  sim.inject("expire_token");
  CHECK(sim.status() == 400);
  sim.until_more_events();
  XtsClient other{sim.loop, sim.url(sim.login)};
  sim.until([&] { return other.refused_with(400); });
}

TEST_CASE("xts sim: a token of natural age is refused as well") {
  ManualClock clock;
  auto options = xts_still_options();
  options.token_lifetime = std::chrono::hours{1};
  options.ping_timeout = std::chrono::hours{9};
  Served sim{options, &clock};
  clock.advance(std::chrono::minutes{59});
  CHECK(sim.status() == 200);
  clock.advance(std::chrono::minutes{1});
  CHECK(sim.status() == 400);
  CHECK_FALSE(sim.client.closed);
}

TEST_CASE("xts sim: already_subscribed finds the first instrument subscribed already, and does nothing else of the request") {
  Served sim;
  sim.inject("already_subscribed=2");
  CHECK(member(sim.subscribe(sim.login, code::kTouchline, {kInfy}).body, "code") == "\"e-session-0002\"");
  CHECK(sim.server.sessions()[0].subscriptions.size() == 2);
  CHECK(sim.subscribe(sim.login, code::kDepth, {kReliance, kInfy}).status == 400);
  CHECK(sim.server.sessions()[0].subscriptions.size() == 3);
  CHECK(sim.subscribe(sim.login, code::kDepth, {kInfy}).status == 200);
}

TEST_CASE("xts sim: limit lowers what a session may hold, below what it has if need be") {
  Served sim;
  CHECK(sim.subscribe(sim.login, code::kDepth, {kReliance}).status == 200);
  sim.inject("limit=1");
  const auto answer = sim.subscribe(sim.login, code::kTouchline, {kInfy});
  CHECK(answer.body.find("Limit of 1.You have already subscribed 2/1 and you are trying subscribe 3 Instrument.") != std::string::npos);
  sim.inject("resume");
  CHECK(sim.subscribe(sim.login, code::kTouchline, {kInfy}).status == 200);
}

TEST_CASE("xts sim: REST refuses with 429, 503, a page or plain words, so many times") {
  Served sim;
  for (const auto& [fault, status] : {std::pair{"rest_429=1", 429}, {"rest_503=1", 503}, {"html_404=1", 404}, {"plain_text", 400}}) {
    sim.inject(fault);
    CHECK(sim.status() == status);
    CHECK(sim.status() == 200);
  }
  sim.inject("rest_503");
  for (int i = 0; i < 3; ++i) CHECK(sim.status() == 503);
  sim.inject("resume");
  CHECK(sim.status() == 200);
  sim.inject("plain_text");
  const auto words = sim.rest("GET", "/apimarketdata/config/clientConfig", "", sim.login.token);
  CHECK(words.body == "Your session has been expired");
}

TEST_CASE("xts sim: answers stand in an array, and listQuotes is empty or bare, where asked for") {
  Served sim;
  sim.inject("wrapped");
  CHECK(sim.rest("GET", "/apimarketdata/config/clientConfig", "", sim.login.token).body.find(R"([{"type":"success")") == 0);
  sim.inject("resume");
  sim.inject("no_quotes");
  CHECK(sim.subscribe(sim.login, code::kTouchline, {kInfy}).body.find(R"("listQuotes":[],)") != std::string::npos);
  sim.inject("resume");
  sim.inject("bare_quotes");
  CHECK(sim.subscribe(sim.login, code::kDepth, {kInfy}).body.find(R"("listQuotes":"{\"MessageCode\":1502)") != std::string::npos);
}

TEST_CASE("xts sim: the instrument master is refused, or comes late and alone does so") {
  ManualClock clock;
  Served sim{xts_still_options(), &clock};
  const std::string where = "/apimarketdata/instruments/master", body = R"({"exchangeSegmentList":["NSECM"]})";
  sim.inject("no_list=500");
  CHECK(sim.post(where, body).status == 500);
  CHECK(sim.status("/apimarketdata/instruments/indexlist?exchangeSegment=1") == 500);
  sim.inject("resume");
  sim.inject("slow_master=30");
  std::optional<net::HttpAnswer> master;
  net::HttpCall request{.method = "POST", .url = "http://127.0.0.1:" + std::to_string(sim.server.port()) + where, .body = body};
  sim.http.send(std::move(request), sim.loop, [&master](net::HttpAnswer&& answer) { master = std::move(answer); });
  sim.until([&] { return sim.server.requests().back().find(where) != std::string::npos; });
  CHECK(sim.status() == 200);
  CHECK_FALSE(master);
  clock.advance(std::chrono::seconds{30});
  sim.until([&] { return master.has_value(); });
  CHECK(master->status == 200);
}

TEST_CASE("xts sim: the list grows and shrinks, and an instrument that is gone is served no more") {
  Served sim;
  sim.inject("list_changed=2");
  CHECK(sim.server.instruments().size() == 62);
  CHECK(sim.subscribe(sim.login, code::kTouchline, {{1, 150'001}}).status == 200);
  sim.inject("instrument_unknown=1_2885");
  CHECK(sim.server.instruments().size() == 61);
  CHECK(sim.server.sessions()[0].subscriptions.size() == 1);
  CHECK(sim.subscribe(sim.login, code::kTouchline, {kReliance}).status == 400);
}

TEST_CASE("xts sim: malformed events are extra, on every socket, and the good ones go on") {
  Served sim;
  for (const char* fault : {"malformed_packed", "malformed_json", "bad_partial", "unknown_event", "crossed_partial"}) sim.inject(fault);
  sim.until([&] { return !sim.client.arguments("warning").empty() && sim.client.arguments("1501-json-partial").size() == 2; });
  std::vector<sim::xts::PackedPart> parts;
  REQUIRE(sim.client.binaries().size() == 1);
  CHECK_FALSE(sim::xts::split_packed(sim.client.binaries()[0], parts));
  CHECK(sim.client.arguments("1501-json-partial")[0] == "t:1_2885,ltp:12x.5,ltq:,v:99999999999999999999999");
  CHECK(sim.client.arguments("1501-json-partial")[1].find(",bi:0|0|0|0|1") != std::string::npos);
  const auto broken = sim.client.arguments("1501-json-full");
  CHECK(std::any_of(broken.begin(), broken.end(), [](const std::string& each) { return !each.ends_with('}'); }));
  sim.until_more_events();
}

TEST_CASE("xts sim: arguments are objects, shapes are mixed, where asked for") {
  Served sim;
  sim.inject("mixed_shapes");
  const auto shapes = [&sim] {
    std::size_t flat = 0;
    const auto all = sim.client.arguments("1501-json-full");
    for (const std::string& each : all) flat += each.find("Touchline") == std::string::npos ? 1U : 0U;
    return std::pair{flat, all.size() - flat};
  };
  sim.until([&] { return shapes().first > 1 && shapes().second > 1; });
  sim.inject("object_argument");
  sim.until([&] { return sim.client.messages.back().bytes.find(R"(42["1501-json-full",{"MessageCode":1501,)") == 0; });
}

TEST_CASE("xts sim: duplicate sends every event again with another SequenceNumber") {
  Served sim;
  sim.inject("duplicate");
  const auto without_sequence = [](std::string body) {
    const std::size_t at = body.find("\"SequenceNumber\":");
    return at == std::string::npos ? body : body.erase(at, body.find(',', at) - at);
  };
  sim.until([&] {
    const auto all = sim.client.arguments("1501-json-full");
    for (std::size_t i = 1; i < all.size(); ++i) {
      if (all[i] != all[i - 1] && without_sequence(all[i]) == without_sequence(all[i - 1])) return true;
    }
    return false;
  });
}

TEST_CASE("xts sim: a burst of property changes comes at once") {
  Served sim;
  sim.inject("property_burst=500");
  sim.until([&] { return sim.client.arguments("1105-json-partial").size() == 500; });
}

TEST_CASE("xts sim: a fault waits for its time after the first socket, and every fault of the table can be committed") {
  ManualClock clock;
  auto options = xts_still_options();
  options.faults = {"server_ping@5"};
  Served sim{options, &clock};
  clock.advance(std::chrono::seconds{4});
  sim.settle(sim.client);
  CHECK_FALSE(sim.client.has("2"));
  clock.advance(std::chrono::seconds{1});
  sim.until([&] { return sim.client.has("2"); });
  for (const auto& spec : sim::xts::fault_table()) {
    const bool needs = spec.argument == sim::FaultArgument::NeededNumber || spec.argument == sim::FaultArgument::StatusForCount;
    sim.inject(std::string{spec.name} + (needs ? "=503" : ""));
    CHECK(sim.server.counters().faults.at(std::string{spec.name}) >= 1);
  }
}
