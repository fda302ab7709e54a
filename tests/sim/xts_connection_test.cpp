// Upgrades, refusals, the first packets, heartbeats, and what the server makes of packets that clients must not send.
#include <arpa/inet.h>
#include <sys/socket.h>

#include <array>

#include "tests/sim/xts_support.hpp"
#include "tests/support/manual_clock.hpp"

using namespace tidegate;
using namespace tidegate::test;
namespace code = sim::xts::code;

namespace {

struct RawAnswer {
  std::string bytes;
  bool ended = false;
};

/// What the simulator answers to an upgrade with this target and an offer of compression, up to the end of the head or of the connection.
RawAnswer raw_upgrade(XtsFixture& sim, const std::string& target) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(sim.server.port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  const std::string request = "GET " + target +
                              " HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
  REQUIRE(::send(fd, request.data(), request.size(), 0) == static_cast<ssize_t>(request.size()));
  RawAnswer answer;
  sim.until([&] {
    std::array<char, 4096> bytes{};
    const ssize_t count = ::recv(fd, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (count > 0) answer.bytes.append(bytes.data(), static_cast<std::size_t>(count));
    answer.ended = count == 0 || (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK);
    return answer.ended || answer.bytes.find("\r\n\r\n") != std::string::npos;
  });
  ::close(fd);
  return answer;
}

/// A client that has joined.
struct Joined : XtsFixture {
  explicit Joined(const sim::XtsOptions& options = xts_still_options(), const Clock* clock = nullptr)
      : XtsFixture(options, clock), login(log_in()), client(loop, url(login)) {
    until_joined(client);
  }
  Login login;
  XtsClient client;
};

}  // namespace

TEST_CASE("xts sim: a socket is greeted with its open packet, 40 and joined, and nothing else") {
  Joined sim;
  sim.settle(sim.client);
  const auto connections = sim.server.connections();
  REQUIRE(connections.size() == 1);
  REQUIRE(sim.client.messages.size() == 3);
  CHECK(connections[0].sid.size() == 20);
  CHECK(sim.client.messages[0].bytes == R"(0{"sid":")" + connections[0].sid + R"(","upgrades":[],"pingInterval":25000,"pingTimeout":60000})");
  CHECK(sim.client.messages[1].bytes == "40");
  CHECK(sim.client.messages[2].bytes == R"(42["joined","Welcome SIM0001 to the market data stream"])");
  CHECK(connections[0].user_id == "SIM0001");
  CHECK_FALSE(connections[0].partial);
}

TEST_CASE("xts sim: a market status of each segment follows, where that is wanted") {
  auto options = xts_still_options();
  options.market_status = true;
  Joined sim{options};
  sim.settle(sim.client);
  const auto statuses = sim.client.arguments("1507-json-full");
  REQUIRE(statuses.size() == 2);
  CHECK(member(statuses[0], "MessageCode") == "1507");
  CHECK(member(statuses[0], "ExchangeSegment") == "1");
  CHECK(member(statuses[0], "message").find("\"THE NORMAL MARKET HAS OPENED FOR ") == 0);
}

TEST_CASE("xts sim: without the slash before the question mark an upgrade is left unanswered, and cut") {
  XtsFixture sim;
  std::string target = XtsFixture::target(sim.log_in());
  CHECK(raw_upgrade(sim, target).bytes.find("HTTP/1.1 101 ") == 0);
  target.erase(target.find("/?"), 1);
  const RawAnswer answer = raw_upgrade(sim, target);
  CHECK(answer.bytes.empty());
  CHECK(answer.ended);
  CHECK(sim.server.counters().refused.at(0) == 1);
}

TEST_CASE("xts sim: compression is declined, EIO may be missing or newer, the mode is read whatever its case") {
  XtsFixture sim;
  const auto login = sim.log_in();
  std::string target = XtsFixture::target(login, "PARTIAL");
  CHECK(raw_upgrade(sim, target).bytes.find("permessage-deflate") == std::string::npos);
  target.replace(target.find("EIO=3&"), 6, "EIO=4&");
  XtsClient newer{sim.loop, sim.ws_url(target)};
  sim.until_joined(newer);
  target.erase(target.find("EIO=4&"), 6);
  XtsClient none{sim.loop, sim.ws_url(target)};
  sim.until_joined(none);
  CHECK(sim.server.connections().back().partial);
}

TEST_CASE("xts sim: an upgrade elsewhere, without its transport, or with a sid nobody has is refused") {
  XtsFixture sim;
  const auto login = sim.log_in();
  std::string no_transport = XtsFixture::target(login);
  no_transport.erase(no_transport.find("&transport=websocket"));
  CHECK(raw_upgrade(sim, no_transport).bytes.find("HTTP/1.1 400 ") == 0);
  CHECK(raw_upgrade(sim, XtsFixture::target(login, "Full", kRoot, "&sid=guess")).bytes.find("HTTP/1.1 400 ") == 0);
  CHECK(raw_upgrade(sim, "/apimarketdata/socketio/?transport=websocket").bytes.find("HTTP/1.1 404 ") == 0);
  CHECK(raw_upgrade(sim, "/marketdata/feed").bytes.find("HTTP/1.1 404 ") == 0);
}

TEST_CASE("xts sim: a wrong token, or another user's, is refused with a status") {
  XtsFixture sim;
  const auto login = sim.log_in();
  XtsClient wrong{sim.loop, sim.url({"guess", login.user_id})};
  XtsClient other{sim.loop, sim.url({login.token, "SOMEBODY"})};
  sim.until([&] { return wrong.refused_with(400) && other.refused_with(400); });
  auto options = xts_still_options();
  options.refusal_status = 401;
  XtsFixture stern{options};
  XtsClient refused{stern.loop, stern.url({"guess", "SIM0001"})};
  stern.until([&] { return refused.refused_with(401); });
}

TEST_CASE("xts sim: refused in the middleware, a socket gets 44 without 40, stays open and is answered, without data") {
  auto options = xts_moving_options();
  options.refusal = "middleware";
  XtsFixture sim{options};
  XtsClient client{sim.loop, sim.url({"guess", "SIM0001"})};
  sim.until([&] { return client.has(R"(44"Invalid Token")"); });
  client.send("2");
  sim.until([&] { return client.has("3"); });
  CHECK(client.messages.size() == 3);
  CHECK_FALSE(client.closed);
  CHECK_FALSE(sim.server.connections().at(0).connected);
}

TEST_CASE("xts sim: refused after it connected, a socket gets 40, 44, 41 and a close without a code") {
  auto options = xts_still_options();
  options.refusal = "after-connect";
  XtsFixture sim{options};
  XtsClient client{sim.loop, sim.url({"guess", "SIM0001"})};
  sim.until([&] { return client.closed.has_value(); });
  REQUIRE(client.messages.size() == 4);
  CHECK(client.messages[1].bytes == "40");
  CHECK(client.messages[2].bytes == R"(44"Invalid Token")");
  CHECK(client.messages[3].bytes == "41");
  CHECK(client.closed->code == 1005);
}

TEST_CASE("xts sim: a ping is answered with 3 alone, whatever follows it, and the server never pings") {
  Joined sim;
  for (const char* ping : {"2", "2probe", "2hello"}) sim.client.send(ping);
  sim.until([&] { return sim.client.count("3") == 3; });
  CHECK(sim.client.messages.size() == 6);
  CHECK(sim.server.counters().pings_received == 3);
}

TEST_CASE("xts sim: without a packet for interval and timeout a socket is closed without a code; any packet counts, a WebSocket ping does not") {
  auto options = xts_still_options();
  options.ping_interval = std::chrono::seconds{20};
  options.ping_timeout = std::chrono::seconds{40};
  ManualClock clock;
  Joined sim{options, &clock};
  CHECK(sim.client.messages[0].bytes.find(R"("pingInterval":20000,"pingTimeout":40000})") != std::string::npos);
  clock.advance(std::chrono::seconds{59});
  sim.client.send("6");  // means nothing, and keeps it alive
  sim.settle(sim.client);
  clock.advance(std::chrono::seconds{59});
  sim.settle(sim.client);
  CHECK_FALSE(sim.client.closed);
  clock.advance(std::chrono::seconds{1});
  sim.until([&] { return sim.client.closed.has_value(); });
  CHECK(sim.client.closed->code == 1005);
  CHECK(sim.server.counters().ping_timeouts == 1);
}

TEST_CASE("xts sim: a client's 40 connects it a second time") {
  Joined sim;
  sim.client.send("40");
  sim.until([&] { return sim.client.arguments("joined").size() == 2; });
  CHECK(sim.client.count("40") == 2);
  sim.client.send("40/foo,");
  sim.until([&] { return sim.client.has(R"(44/foo,"Invalid namespace")"); });
}

TEST_CASE("xts sim: after a client's 41 no event comes, and pings are answered") {
  Joined sim{xts_moving_options()};
  CHECK(sim.subscribe(sim.login, code::kTouchline, {kReliance}).status == 200);
  sim.until([&] { return !sim.client.arguments("1501-json-full").empty(); });
  sim.client.send("41");
  sim.settle(sim.client);
  const std::size_t before = sim.client.messages.size();
  sim.client.send("2");
  sim.until([&] { return sim.client.has("3"); });
  CHECK(sim.client.messages.size() == before + 1);
}

TEST_CASE("xts sim: 1 and what cannot be parsed close the connection without a code, what means nothing does not") {
  XtsFixture sim;
  const auto login = sim.log_in();
  for (const char* packet : {"1", "xyz", "9", "", "4", "42[not json", "45x", "45-[]"}) {
    CAPTURE(packet);
    XtsClient client{sim.loop, sim.url(login)};
    sim.until_joined(client);
    client.send(packet);
    sim.until([&] { return client.closed.has_value(); });
    CHECK(client.closed->code == 1005);
  }
  XtsClient binary{sim.loop, sim.url(login)};
  sim.until_joined(binary);
  binary.socket.send_binary("\x04\x01");
  sim.until([&] { return binary.closed.has_value(); });
  XtsClient client{sim.loop, sim.url(login)};
  sim.until_joined(client);
  for (const char* packet : {"0", "3", "5", "6", "42[\"hello\",1]", "421[\"hello\"]", "43", "49", "451-[\"a\"]", "41/foo,"}) client.send(packet);
  client.send("2");
  sim.until([&] { return client.has("3"); });
  CHECK_FALSE(client.closed);
}

TEST_CASE("xts sim: another login ends the older: logout event, 41, a close, and nothing is subscribed any more") {
  Joined sim;
  CHECK(sim.subscribe(sim.login, code::kTouchline, {kReliance}).status == 200);
  const auto newer = sim.log_in();
  sim.until([&] { return sim.client.closed.has_value(); });
  REQUIRE(sim.client.messages.size() == 5);
  CHECK(sim.client.messages[3].bytes == R"(42["logout","You have been logged out by another user."])");
  CHECK(sim.client.messages[4].bytes == "41");
  CHECK(sim.client.closed->code == 1005);
  REQUIRE(sim.server.sessions().size() == 1);
  CHECK(sim.server.sessions()[0].token == newer.token);
  CHECK(sim.server.sessions()[0].subscriptions.empty());
  XtsClient again{sim.loop, sim.url(sim.login)};
  sim.until([&] { return again.refused_with(400); });
}

TEST_CASE("xts sim: where that is wanted, the sockets of the older login stay open and silent") {
  auto options = xts_moving_options();
  options.close_replaced = false;
  Joined sim{options};
  CHECK(sim.subscribe(sim.login, code::kTouchline, {kReliance}).status == 200);
  static_cast<void>(sim.log_in());
  sim.until([&] { return !sim.client.arguments("logout").empty(); });
  const std::size_t before = sim.client.messages.size();
  sim.client.send("2");
  sim.until([&] { return sim.client.has("3"); });
  CHECK(sim.client.messages.size() == before + 1);
}

TEST_CASE("xts sim: a login of another key disturbs nobody") {
  Joined sim;
  const auto other = sim.log_in("other");
  CHECK(other.user_id == "SIM0002");
  sim.settle(sim.client);
  CHECK(sim.client.messages.size() == 3);
  CHECK(sim.server.sessions().size() == 2);
}

TEST_CASE("xts sim: subscriptions belong to the session: each of its sockets gets every event, a later one as well") {
  Joined sim{xts_moving_options()};
  CHECK(sim.subscribe(sim.login, code::kTouchline, {kReliance}).status == 200);
  XtsClient second{sim.loop, sim.url(sim.login)};
  sim.until([&] { return !sim.client.arguments("1501-json-full").empty() && !second.arguments("1501-json-full").empty(); });
  CHECK(sim.subscribe(sim.login, code::kTouchline, {kReliance}).status == 400);
}
