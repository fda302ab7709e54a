// The polling transport, and the change from it to a WebSocket.
#include "tests/sim/xts_support.hpp"

using namespace tidegate;
using namespace tidegate::test;
namespace code = sim::xts::code;

namespace {

/// A polling client whose GET may wait.
struct Polling : XtsFixture {
  explicit Polling(const sim::XtsOptions& options = xts_still_options(), std::string_view root = kRoot)
      : XtsFixture(options), login(log_in("key", root)), query(target_of(login, root)) {}

  static std::string target_of(const Login& login, std::string_view root) {
    std::string out = target(login, "Full", root);
    return out.replace(out.find("websocket"), 9, "polling") + "&b64=1";
  }
  void handshake() {
    const auto answer = get(query);
    REQUIRE(answer.status == 200);
    opened = answer.body;
    sid = member(opened.substr(opened.find(':')), "sid");
    sid = sid.substr(1, sid.size() - 2);
  }
  net::HttpAnswer poll() { return get(query + "&sid=" + sid); }
  void poll_later() {
    waiting.reset();
    net::HttpCall request;
    request.url = "http://127.0.0.1:" + std::to_string(server.port()) + query + "&sid=" + sid;
    http.send(std::move(request), loop, [this](net::HttpAnswer&& given) { waiting = std::move(given); });
  }
  net::HttpAnswer send(const std::string& body) { return rest("POST", query + "&sid=" + sid, body); }
  [[nodiscard]] std::string upgrade_url() const {
    std::string out = query;
    return ws_url(out.replace(out.find("polling"), 7, "websocket") + "&sid=" + sid);
  }

  Login login;
  std::string query, opened, sid;
  std::optional<net::HttpAnswer> waiting;
};

}  // namespace

TEST_CASE("xts sim polling: the first answer is the open packet, the second 40 and joined, a ping brings 3") {
  Polling sim;
  sim.handshake();
  CHECK(sim.opened == R"(97:0{"sid":")" + sim.sid + R"(","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":60000})");
  const auto joined = sim.poll();
  CHECK(joined.body == R"(2:4056:42["joined","Welcome SIM0001 to the market data stream"])");
  CHECK(joined.header("content-type") == "text/plain; charset=UTF-8");
  const auto sent = sim.send("1:2");
  CHECK(sent.body == "ok");
  CHECK(sent.header("content-type") == "text/html");
  CHECK(sim.poll().body == "1:3");
  CHECK(sim.server.connections().at(0).polling);
}

TEST_CASE("xts sim polling: events come in answers, several in one, lengths in characters") {
  Polling sim;
  sim.handshake();
  static_cast<void>(sim.poll());
  CHECK(sim.subscribe(sim.login, code::kTouchline, {kReliance}).status == 200);
  CHECK(sim.server.publish(kReliance, "1501-json-full", "{}") == 1);
  CHECK(sim.server.publish(kReliance, "x", "\xE2\x82\xB9 \xF0\x9F\x93\x88") == 1);  // one unit and two
  CHECK(sim.server.publish(kInfy, "1501-json-full", "{}") == 0);
  CHECK(sim.poll().body == "25:42[\"1501-json-full\",\"{}\"]14:42[\"x\",\"\xE2\x82\xB9 \xF0\x9F\x93\x88\"]");
}

TEST_CASE("xts sim polling: attachments come as base64") {
  Polling sim{xts_still_options(), kBinaryRoot};
  sim.handshake();
  static_cast<void>(sim.poll());
  CHECK(sim.server.publish_packed("abc") == 1);
  CHECK(sim.poll().body == R"(55:451-["xts-binary-packet",{"_placeholder":true,"num":0}]6:b4YWJj)");
}

TEST_CASE("xts sim polling: a poll waits for something to say") {
  Polling sim;
  sim.handshake();
  static_cast<void>(sim.poll());
  CHECK(sim.subscribe(sim.login, code::kTouchline, {kReliance}).status == 200);
  sim.poll_later();
  sim.until([&] { return sim.server.publish(kReliance, "now", "") == 1 && sim.waiting; });
  CHECK(sim.waiting->body.find(R"(12:42["now",""])") == 0);
}

TEST_CASE("xts sim polling: two polls at a time end the socket") {
  Polling sim;
  sim.handshake();
  static_cast<void>(sim.poll());
  sim.poll_later();
  sim.until([&] { return sim.server.requests().back() == "POLL 1" && sim.server.requests().size() == 3; });
  CHECK(sim.poll().status == 500);
  sim.until([&] { return sim.waiting.has_value(); });
  CHECK(sim.waiting->body == "1:1");
  CHECK(sim.poll().body == R"({"code":1,"message":"Session ID unknown"})");
}

TEST_CASE("xts sim polling: what is no handshake, no session and no body of packets is refused as Engine.IO does it") {
  Polling sim;
  CHECK(sim.get("/apimarketdata/socket.io/?EIO=3").body == R"({"code":0,"message":"Transport unknown"})");
  CHECK(sim.rest("POST", sim.query, "1:2").body == R"({"code":2,"message":"Bad handshake method"})");
  CHECK(sim.get(sim.query + "&sid=guess").body == R"({"code":1,"message":"Session ID unknown"})");
  sim.handshake();
  CHECK(sim.send("garbage").body == "ok");
  CHECK(sim.server.connections().empty());
  CHECK(sim.server.counters().unparsable_packets == 1);
  auto target = sim.query;
  target.replace(target.find("token="), 6, "token=x");
  CHECK(sim.get(target).status == 400);
}

TEST_CASE("xts sim polling: a WebSocket takes over: 3probe, 6 to the poll that waits, 5, and what came meanwhile") {
  Polling sim;
  sim.handshake();
  static_cast<void>(sim.poll());
  CHECK(sim.subscribe(sim.login, code::kTouchline, {kReliance}).status == 200);
  sim.poll_later();
  XtsClient client{sim.loop, sim.upgrade_url()};
  sim.until([&] { return client.opened; });
  client.send("2probe");
  sim.until([&] { return client.has("3probe") && sim.waiting; });
  CHECK(sim.waiting->body == "1:6");
  CHECK(sim.server.publish(kReliance, "between", "") == 1);
  client.send("5");
  sim.until([&] { return client.has(R"(42["between",""])"); });
  CHECK(sim.server.publish(kReliance, "after", "") == 1);
  sim.until([&] { return client.has(R"(42["after",""])"); });
  client.send("2");
  sim.until([&] { return client.has("3"); });
  CHECK(sim.server.counters().upgraded == 1);
  REQUIRE(sim.server.connections().size() == 1);
  CHECK_FALSE(sim.server.connections()[0].polling);
  CHECK(sim.poll().body == R"({"code":3,"message":"Bad request"})");
}

TEST_CASE("xts sim polling: a probe that fails leaves the socket polling") {
  Polling sim;
  sim.handshake();
  {
    XtsClient client{sim.loop, sim.upgrade_url()};
    sim.until([&] { return client.opened; });
    client.send("2probe");
    sim.until([&] { return client.has("3probe"); });
  }
  sim.until([&] {
    CHECK(sim.send("1:2").body == "ok");
    return sim.poll().body == "1:3";
  });
  CHECK(sim.server.connections().at(0).polling);
}

TEST_CASE("xts sim polling: can be switched off") {
  auto options = xts_still_options();
  options.polling = false;
  Polling sim{options};
  CHECK(sim.get(sim.query).status == 400);
}
