// The simulator on real sockets, in the test's own loop.
#include "tools/sim/binance/server.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <optional>

#include "gateway/net/http_client.hpp"
#include "gateway/net/ws_client.hpp"
#include "tests/support/paths.hpp"

using namespace tidegate;

namespace {

constexpr std::chrono::seconds kDeadline{20};

class Listener final : public net::WsClientHandler {
 public:
  Listener(net::EventLoop& loop, const std::string& url) : client(loop, *this) {
    net::WsClientOptions options;
    options.url = url;
    options.message_bytes_max = 64U << 20U;
    client.connect(options);
  }
  void on_open() override { opened = true; }
  void on_message(std::string&& payload, bool) override {
    ++messages;
    bytes += payload.size();
    last = std::move(payload);
  }
  void on_ping(std::string_view) override { ++pings; }
  void on_closed(const net::WsClosed& why) override { closed = why; }

  bool opened = false;
  std::size_t messages = 0;
  std::size_t bytes = 0;
  std::size_t pings = 0;
  std::string last;
  std::optional<net::WsClosed> closed;
  net::WsClient client;
};

struct Fixture {
  explicit Fixture(const sim::BinanceOptions& options = {}) : server(loop, options) {
    const std::string problem = server.listen("127.0.0.1", 0);
    REQUIRE_MESSAGE(problem.empty(), problem);
  }
  [[nodiscard]] std::string ws(const std::string& target) const { return "ws://127.0.0.1:" + std::to_string(server.port()) + target; }
  /// Runs the loop until `done`; a generous deadline fails the test.
  void until(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + kDeadline;
    while (!done()) {
      REQUIRE(std::chrono::steady_clock::now() < end);
      loop.run_for(std::chrono::milliseconds{20});
    }
  }

  net::EventLoop loop;
  sim::BinanceServer server;
};

}  // namespace

TEST_CASE("sim server: a client subscribes over a socket and gets data, REST answers on the same port") {
  Fixture sim;
  Listener client{sim.loop, sim.ws("/stream")};
  sim.until([&] { return client.opened; });
  client.client.send_text(R"({"method":"SUBSCRIBE","params":["btcusdt@depth@100ms","btcusdt@bookTicker"],"id":1})");
  sim.until([&] { return client.messages > 5; });
  const auto connections = sim.server.connections();
  REQUIRE(connections.size() == 1);
  CHECK(connections[0].streams == std::vector<std::string>{"btcusdt@depth@100ms", "btcusdt@bookTicker"});
  CHECK(connections[0].target == "/stream");
  CHECK(sim.server.frames_by_stream().count("btcusdt@bookTicker") == 1);

  net::HttpClient http;
  std::optional<net::HttpAnswer> answer;
  net::HttpCall call;
  call.url = "http://127.0.0.1:" + std::to_string(sim.server.port()) + "/api/v3/depth?symbol=BTCUSDT&limit=5";
  http.send(call, sim.loop, [&](net::HttpAnswer&& given) { answer = std::move(given); });
  sim.until([&] { return answer.has_value(); });
  CHECK(answer->status == 200);
  CHECK(answer->header("x-mbx-used-weight-1m") == "5");
  CHECK(sim.server.requests().back() == "GET /api/v3/depth?symbol=BTCUSDT&limit=5");
  CHECK(sim.server.counters().rest_requests == 1);
}

TEST_CASE("sim server: pings come and are answered, a close and a cut arrive as what they are") {
  sim::BinanceOptions options;
  options.ping_interval = std::chrono::milliseconds{30};
  Fixture sim{options};
  Listener client{sim.loop, sim.ws("/ws")};
  Listener other{sim.loop, sim.ws("/ws")};
  sim.until([&] { return client.pings >= 2 && other.opened && sim.server.counters().pongs_received >= 2; });
  CHECK(sim.server.inject("close=1012").empty());
  sim.until([&] { return client.closed && other.closed; });
  CHECK(client.closed->code == 1012);
  Listener third{sim.loop, sim.ws("/ws")};
  sim.until([&] { return third.opened; });
  CHECK(sim.server.inject("drop").empty());
  sim.until([&] { return third.closed.has_value(); });
  CHECK(third.closed->code == 1006);
  sim.until([&] { return sim.server.connections().empty(); });
  CHECK(sim.server.counters().connections_closed == 3);
}

TEST_CASE("sim server: too many requests close the socket with 1008, an unanswered ping too") {
  Fixture sim;
  Listener client{sim.loop, sim.ws("/ws")};
  sim.until([&] { return client.opened; });
  for (int i = 0; i < 6; ++i) client.client.send_text(R"({"method":"LIST_SUBSCRIPTIONS","id":1})");
  sim.until([&] { return client.closed.has_value(); });
  CHECK(client.closed->code == 1008);
  CHECK(client.closed->reason == "Too many requests");
}

TEST_CASE("sim server: unknown paths and refusals answer the upgrade with their status") {
  Fixture sim;
  Listener nowhere{sim.loop, sim.ws("/nowhere")};
  sim.until([&] { return nowhere.closed.has_value(); });
  CHECK(nowhere.closed->http_status == 404);
  CHECK(sim.server.inject("refuse-upgrade=403:60").empty());
  Listener refused{sim.loop, sim.ws("/ws")};
  sim.until([&] { return refused.closed.has_value(); });
  CHECK(refused.closed->http_status == 403);
  CHECK(sim.server.counters().connections_refused == 2);
}

TEST_CASE("sim server: a slow handshake comes after a later client's quick one, and then all is well") {
  Fixture sim;
  CHECK(sim.server.inject("slow-handshake=400").empty());
  Listener slow{sim.loop, sim.ws("/stream?streams=btcusdt@bookTicker")};
  sim.until([&] { return sim.server.counters().upgrades == 1; });
  Listener quick{sim.loop, sim.ws("/stream?streams=btcusdt@bookTicker")};
  sim.until([&] { return quick.opened; });
  CHECK_FALSE(slow.opened);
  sim.until([&] { return slow.messages > 0; });
}

TEST_CASE("sim server: bad options and ports are said, not thrown") {
  net::EventLoop loop;
  const auto problem = [&loop](const std::function<void(sim::BinanceOptions&)>& change) {
    sim::BinanceOptions options;
    change(options);
    sim::BinanceServer server{loop, options};
    return server.listen("127.0.0.1", 0);
  };
  CHECK(problem([](auto& options) { options.frames_path = "/nonexistent.jsonl"; }).find("cannot open") != std::string::npos);
  CHECK(problem([](auto& options) { options.faults = {"nonsense@3"}; }) == "unknown fault: nonsense");
  CHECK_FALSE(problem([](auto& options) { options.market = "margin"; }).empty());
  CHECK_FALSE(problem([](auto& options) { options.rate = -1; }).empty());
  sim::BinanceServer first{loop, {}};
  REQUIRE(first.listen("127.0.0.1", 0).empty());
  sim::BinanceServer second{loop, {}};
  CHECK_FALSE(second.listen("127.0.0.1", first.port()).empty());
  CHECK_FALSE(first.inject("nonsense").empty());
}

TEST_CASE("sim server: a recording at rate 0 reaches a socket whole, and buffers stay bounded") {
  const auto path = test::shared_fixture("binance") / "captures" / "spot_btcusdt_2024-08-08.jsonl.gz";
  if (test::skipped_without(path)) return;
  sim::BinanceOptions options;
  options.frames_path = path.string();
  options.rate = 0;
  options.start_after = std::chrono::milliseconds{50};
  Fixture sim{options};
  CHECK(sim.server.recording_summary() == "3 streams, 41248 frames");
  Listener client{sim.loop, sim.ws("/stream?streams=btcusdt@bookTicker/btcusdt@trade/btcusdt@depth@100ms")};
  sim.until([&] { return client.messages == 41'248; });
  CHECK(sim.server.counters().replay_ended);
  CHECK(sim.server.counters().frames_played == 41'248);
  CHECK(sim.server.frames_by_stream().at("btcusdt@trade") == 9'757);
}
