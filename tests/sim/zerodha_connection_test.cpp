// Upgrades, refusals, the greeting and what keeps a connection alive.
#include <arpa/inet.h>
#include <sys/socket.h>

#include <array>
#include <memory>

#include "tests/sim/zerodha_support.hpp"

using namespace tidegate;
using namespace tidegate::test;

namespace {

/// What the simulator answers to an upgrade with this target, and to an offer of compression.
std::string raw_upgrade(KiteFixture& sim, const std::string& target) {
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
  std::string answer;
  sim.until([&] {
    std::array<char, 4096> bytes{};
    const ssize_t count = ::recv(fd, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (count > 0) answer.append(bytes.data(), static_cast<std::size_t>(count));
    return answer.find("\r\n\r\n") != std::string::npos;
  });
  ::close(fd);
  return answer;
}

}  // namespace

TEST_CASE("kite sim: the upgrade takes the two parameters in any order, percent-encoded, with others") {
  KiteFixture sim;
  KiteClient client{sim.loop, sim.url("/?access_token=t%2Bo%2Fk%3D&uid=1790000000000&api_key=one")};
  sim.until_open(client);
  const auto connections = sim.server.connections();
  REQUIRE(connections.size() == 1);
  CHECK(connections[0].api_key == "one");
  CHECK(connections[0].access_token == "t+o/k=");
}

TEST_CASE("kite sim: an empty path is as good as a slash, and compression is declined") {
  KiteFixture sim;
  for (const char* target : {"?api_key=key&access_token=token", "/?api_key=key&access_token=token"}) {
    const std::string answer = raw_upgrade(sim, target);
    CHECK(answer.find("HTTP/1.1 101 ") == 0);
    CHECK(answer.find("permessage-deflate") == std::string::npos);
  }
}

TEST_CASE("kite sim: an upgrade without its parameters, or elsewhere, is refused") {
  KiteFixture sim;
  KiteClient no_token{sim.loop, sim.url("/?api_key=key")};
  KiteClient empty{sim.loop, sim.url("/?api_key=key&access_token=")};
  KiteClient elsewhere{sim.loop, sim.url("/ws?api_key=key&access_token=token")};
  sim.until([&] { return no_token.refused_with(403) && empty.refused_with(403) && elsewhere.refused_with(404); });
  CHECK(sim.server.counters().refusals.at(403) == 2);
  CHECK(sim.server.counters().connections_refused == 3);
}

TEST_CASE("kite sim: a refusal for its credentials has the broker's words as its body") {
  KiteFixture sim;
  net::HttpCall upgrade;
  upgrade.headers = {
      {"Connection", "Upgrade"}, {"Upgrade", "websocket"}, {"Sec-WebSocket-Version", "13"}, {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}};
  const auto answer = sim.call(upgrade, "/?api_key=key");
  CHECK(answer.status == 403);
  CHECK(answer.body == "Authentication failed");
}

TEST_CASE("kite sim: only the given pairs connect, and the file of pairs is read again each time") {
  const TemporaryFile file{"other:old\n"};
  auto options = still_options();
  options.credentials = {"key:token"};
  options.credentials_file = file.path();
  KiteFixture sim{options};
  KiteClient given{sim.loop, sim.url()};
  KiteClient wrong{sim.loop, sim.url("/?api_key=key&access_token=old")};
  KiteClient early{sim.loop, sim.url("/?api_key=other&access_token=new")};
  sim.until_open(given);
  sim.until([&] { return wrong.refused_with(403) && early.refused_with(403); });
  file.write("other:old\r\nother:new\r\n");
  KiteClient late{sim.loop, sim.url("/?api_key=other&access_token=new")};
  sim.until_open(late);
}

TEST_CASE("kite sim: a fourth connection of a key is refused with 429, and comes in when another has gone") {
  KiteFixture sim;
  std::vector<std::unique_ptr<KiteClient>> three;
  for (int i = 0; i < 3; ++i) three.push_back(std::make_unique<KiteClient>(sim.loop, sim.url()));
  for (const auto& client : three) sim.until_open(*client);
  KiteClient fourth{sim.loop, sim.url()};
  KiteClient other_key{sim.loop, sim.url("/?api_key=other&access_token=token")};
  sim.until_open(other_key);
  sim.until([&] { return fourth.refused_with(429); });
  three.pop_back();
  sim.until([&] { return sim.server.connections().size() == 3; });
  KiteClient again{sim.loop, sim.url()};
  sim.until_open(again);
}

TEST_CASE("kite sim: expired tokens are refused from then on, open connections live on") {
  KiteFixture sim;
  KiteClient before{sim.loop, sim.url()};
  sim.until_open(before);
  sim.inject("expire_token");
  KiteClient after{sim.loop, sim.url()};
  KiteClient renewed{sim.loop, sim.url("/?api_key=key&access_token=fresh")};
  sim.until_open(renewed);
  sim.until([&] { return after.refused_with(403); });
  const std::size_t heartbeats = before.heartbeats.size();
  sim.until([&] { return before.heartbeats.size() > heartbeats; });
  sim.inject("expire_and_drop");
  sim.until([&] { return before.closed && renewed.closed; });
  CHECK(before.closed->code == 1006);
  CHECK(sim.server.counters().faults.at("expire_token") == 1);
}

TEST_CASE("kite sim: the first text is instruments_meta, app_code comes when asked for") {
  auto options = still_options();
  options.symbols = 7;
  options.app_code = true;
  KiteFixture sim{options};
  KiteClient client{sim.loop, sim.url()};
  sim.until([&] { return client.texts.size() == 2; });
  CHECK(client.texts[0].find(R"({"type": "instruments_meta", "data": {"count": 7, "etag": "W/\")") == 0);
  CHECK(client.texts[1].find(R"({"type":"app_code","timestamp":"20)") == 0);
  CHECK(client.texts[1].find("+05:30\"}") != std::string::npos);
}

TEST_CASE("kite sim: heartbeats are one zero byte, before and during data, and pings are answered") {
  auto options = still_options();
  options.updates_per_second = 1'000;
  KiteFixture sim{options};
  KiteClient client{sim.loop, sim.url()};
  sim.until([&] { return client.heartbeats.size() >= 2; });
  CHECK(client.heartbeats[0] == std::string(1, '\0'));
  client.send(R"({"a":"subscribe","v":[738561]})");
  sim.until([&] { return client.data.size() > 3; });
  const std::size_t before = client.heartbeats.size();
  sim.until([&] { return client.heartbeats.size() >= before + 2; });
  sim.settle(client);
  CHECK(sim.server.counters().pings_received == 1);
}

TEST_CASE("kite sim: bad options are said, not thrown") {
  net::EventLoop loop;
  const auto problem = [&loop](const std::function<void(sim::ZerodhaOptions&)>& change) {
    sim::ZerodhaOptions options;
    change(options);
    sim::ZerodhaServer server{loop, options};
    return server.listen("127.0.0.1", 0);
  };
  CHECK(problem([](auto& options) { options.frames_path = "/nonexistent.jsonl"; }).find("cannot open") != std::string::npos);
  CHECK(problem([](auto& options) { options.credentials_file = "/nonexistent"; }).find("cannot open") != std::string::npos);
  CHECK(problem([](auto& options) { options.credentials = {"key"}; }) == "credentials are KEY:TOKEN");
  CHECK(problem([](auto& options) { options.faults = {"nonsense@3"}; }) == "unknown fault: nonsense");
  CHECK_FALSE(problem([](auto& options) { options.symbols = 0; }).empty());
  CHECK_FALSE(problem([](auto& options) { options.rate = -1; }).empty());
  CHECK_FALSE(problem([](auto& options) { options.flush_interval = Duration{0}; }).empty());
}
