// WsClient against WsServer over loopback.
#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "tests/net/support.hpp"
#include "tests/net/ws_pair.hpp"

using namespace std::chrono_literals;
using namespace tidegate::net;
using namespace tidegate::net::test;

TEST_CASE("websocket: text and binary messages come back as they were sent") {
  Pair pair(either_way());
  pair.open();
  CHECK(pair.client->open());
  pair.client->send_text("h\xC3\xA9llo");
  pair.client->send_binary(std::string("\x00\xFF", 2));
  pair.client->send_text("");
  REQUIRE(run_until(pair.loop, [&] { return pair.recorder.messages.size() == 3; }));
  CHECK(pair.recorder.messages[0] == "h\xC3\xA9llo");
  CHECK(pair.recorder.messages[1] == std::string("\x00\xFF", 2));
  CHECK(pair.recorder.messages[2].empty());
}

TEST_CASE("websocket: a megabyte passes in both directions") {
  WsServerOptions options;
  options.message_bytes_max = 2U << 20U;
  Pair pair(either_way(options));
  pair.open();
  std::string big(1U << 20U, 'x');
  for (std::size_t i = 0; i < big.size(); i += 7) big[i] = static_cast<char>('a' + i % 26);
  pair.client->send_text(big);
  REQUIRE(run_until(pair.loop, [&] { return !pair.recorder.messages.empty(); }));
  CHECK(pair.recorder.messages[0] == big);
  CHECK(pair.echo.connections[0]->queued_bytes() == 0);
}

TEST_CASE("websocket: a client takes 16 MiB") {
  Pair pair(either_way());
  pair.open();
  const std::string big(16U << 20U, 'y');
  pair.echo.connections[0]->send_text(big);
  REQUIRE(run_until(pair.loop, [&] { return !pair.recorder.messages.empty(); }));
  CHECK(pair.recorder.messages[0] == big);
}

TEST_CASE("websocket: the server sees the request that was upgraded") {
  Pair pair(either_way());
  pair.options.headers = {{"Authorization", "Bearer abc"}, {"X-Name", "value"}};
  pair.begin("/ws/market?token=a%2Bb+c&empty=&x=1");
  REQUIRE(run_until(pair.loop, [&] { return pair.recorder.opened; }));
  const HttpRequest& request = pair.echo.upgrades.at(0);
  CHECK(request.method == "GET");
  CHECK(request.path() == "/ws/market");
  CHECK(request.query("token") == "a+b c");
  CHECK(request.query("empty").empty());
  CHECK(request.query("x") == "1");
  CHECK(request.query("absent").empty());
  CHECK(request.header("authorization") == "Bearer abc");
  CHECK(request.header("X-NAME") == "value");
  CHECK(request.header("User-Agent") == "tidegate");
  CHECK(request.header("Sec-WebSocket-Extensions").empty());
  CHECK(request.remote_address == "127.0.0.1");
}

TEST_CASE("websocket server: the request is whole in on_open, and forgotten after it") {
  Pair pair(either_way());
  HttpRequest seen;
  pair.echo.when_open = [&](const WsConnection& connection) { seen = connection.request(); };
  pair.options.headers = {{"Authorization", "Bearer abc"}};
  pair.begin("/ws/market?token=a%2Bb+c");
  REQUIRE(run_until(pair.loop, [&] { return pair.recorder.opened; }));
  CHECK(seen.method == "GET");
  CHECK(seen.path() == "/ws/market");
  CHECK(seen.query("token") == "a+b c");
  CHECK(seen.header("authorization") == "Bearer abc");
  CHECK(seen.remote_address == "127.0.0.1");
  CHECK(seen.secure == pair.echo.tls);
  const HttpRequest& later = pair.echo.connections.at(0)->request();
  CHECK(later.target.empty());
  CHECK(later.headers.empty());
  // The connection is as good as before.
  pair.client->send_text("still there");
  REQUIRE(run_until(pair.loop, [&] { return !pair.recorder.messages.empty(); }));
  CHECK(pair.recorder.messages[0] == "still there");
}

TEST_CASE("websocket: pings carry their payload and are answered on both sides") {
  Pair pair(either_way());
  pair.open();
  pair.client->ping("from client");
  pair.echo.connections[0]->ping("from server");
  REQUIRE(run_until(pair.loop, [&] { return !pair.recorder.pongs.empty() && !pair.echo.pongs.empty(); }));
  CHECK(pair.recorder.pongs[0] == "from client");
  CHECK(pair.recorder.pings[0] == "from server");
  CHECK(pair.echo.pings[0] == "from client");
  CHECK(pair.echo.pongs[0] == "from server");
}

TEST_CASE("websocket: with answer_pings off only the handler's own pong goes out") {
  Pair pair(either_way());
  pair.options.answer_pings = false;
  pair.open();
  pair.echo.connections[0]->ping("1");
  REQUIRE(run_until(pair.loop, [&] { return !pair.recorder.pings.empty(); }));
  settle(pair.loop);
  CHECK(pair.echo.pongs.empty());
  pair.client->pong("mine");
  REQUIRE(run_until(pair.loop, [&] { return !pair.echo.pongs.empty(); }));
  CHECK(pair.echo.pongs[0] == "mine");
}

TEST_CASE("websocket: a server handler that returns false sends no pong") {
  Pair pair(either_way());
  pair.echo.answer_pings = false;
  pair.open();
  pair.client->ping("1");
  REQUIRE(run_until(pair.loop, [&] { return !pair.echo.pings.empty(); }));
  settle(pair.loop);
  CHECK(pair.recorder.pongs.empty());
}

TEST_CASE("websocket: the client's close reaches the server with code and reason") {
  Pair pair(either_way());
  pair.open();
  pair.client->close(4000, "done here");
  REQUIRE(pair.closed_on_both_sides());
  CHECK(pair.echo.closed_code == 4000);
  CHECK(pair.echo.closed_reason == "done here");
  CHECK(pair.recorder.closed.code == 4000);
  CHECK(pair.recorder.closed.opened);
}

TEST_CASE("websocket: the server's close comes behind what was queued, with code and reason") {
  Pair pair(either_way());
  pair.open();
  WsConnection& connection = *pair.echo.connections[0];
  for (int i = 0; i < 100; ++i) connection.send_text(std::to_string(i));
  connection.close(4021, "slow reader");
  connection.send_text("too late");
  REQUIRE(pair.closed_on_both_sides());
  CHECK(pair.recorder.messages.size() == 100);
  CHECK(pair.recorder.messages.back() == "99");
  CHECK(pair.recorder.closed.code == 4021);
  CHECK(pair.recorder.closed.reason == "slow reader");
  CHECK(pair.echo.closed_code == 4021);
}

TEST_CASE("websocket: a close reason that is too long is cut between characters") {
  Pair pair(either_way());
  pair.open();
  std::string reason;
  for (int i = 0; i < 100; ++i) reason += "\xE2\x82\xAC";
  pair.echo.connections[0]->close(4001, reason);
  REQUIRE(pair.closed_on_both_sides());
  CHECK(pair.recorder.closed.code == 4001);
  CHECK(pair.recorder.closed.reason == reason.substr(0, 123));
}

TEST_CASE("websocket: a cut connection shows as 1006 on both sides, and never from inside the call") {
  Pair pair(either_way());
  pair.open();
  pair.echo.connections[0]->cut();
  CHECK(pair.echo.closed_count == 0);
  REQUIRE(pair.closed_on_both_sides());
  CHECK(pair.recorder.closed.code == 1006);
  CHECK(pair.echo.closed_code == 1006);
}

TEST_CASE("websocket server: a connection may be cut or closed inside each of its callbacks") {
  const WsServerOptions options = either_way();
  for (const bool cut : {true, false}) {
    for (const bool in_open : {true, false}) {
      CAPTURE(cut);
      CAPTURE(in_open);
      Pair pair(options);
      const auto end = [&](WsConnection& connection) {
        connection.send_text("last");
        if (cut) {
          connection.cut();
          connection.cut();
        } else {
          connection.close(4002, "ended");
        }
        connection.send_text("nothing");
      };
      if (in_open) {
        pair.echo.when_open = end;
      } else {
        pair.echo.when_message = [&](WsConnection& connection, std::string_view) { end(connection); };
        pair.recorder.when_open = [&] {
          for (int i = 0; i < 10; ++i) pair.client->send_text("x");
        };
      }
      pair.begin();
      REQUIRE(pair.closed_on_both_sides());
      CHECK(pair.recorder.closed.code == (cut ? 1006 : 4002));
      if (!in_open) CHECK(pair.echo.message_count == 1);
    }
  }
}

TEST_CASE("websocket: a message over the client's limit closes with 1009") {
  Pair pair(either_way());
  pair.options.message_bytes_max = 1000;
  pair.open();
  pair.echo.connections[0]->send_text(std::string(1001, 'x'));
  REQUIRE(pair.closed_on_both_sides());
  CHECK(pair.echo.closed_code == 1009);
  CHECK(pair.recorder.messages.empty());
}

TEST_CASE("websocket: a message over the server's limit closes with 1009, one at the limit passes") {
  WsServerOptions server_options;
  server_options.message_bytes_max = 1000;
  Pair pair(either_way(server_options));
  pair.open();
  pair.client->send_text(std::string(1000, 'x'));
  REQUIRE(run_until(pair.loop, [&] { return pair.recorder.messages.size() == 1; }));
  pair.client->send_text(std::string(500'000, 'x'));
  REQUIRE(pair.closed_on_both_sides());
  CHECK(pair.recorder.closed.code == 1009);
}

TEST_CASE("websocket server: one frame is shared by fifty subscribers") {
  EventLoop loop;
  FramePool pool;
  EchoServer echo(loop, either_way());
  std::vector<Recorder> recorders(50);
  std::vector<std::unique_ptr<WsClient>> clients;
  WsClientOptions options;
  options.url = echo.url();
  options.tls.ca_file = server_authority();
  for (Recorder& recorder : recorders) {
    clients.push_back(std::make_unique<WsClient>(loop, recorder));
    clients.back()->connect(options);
  }
  REQUIRE(run_until(loop, [&] { return echo.connections.size() == 50; }));
  const WsServerTotals before = echo.server.totals();
  for (int i = 0; i < 200; ++i) {
    const FrameRef frame = pool.make("record " + std::to_string(i));
    for (WsConnection* connection : echo.connections) connection->send(frame);
  }
  echo.server.flush();
  CHECK(echo.server.totals().writes == before.writes + 50);  // one gathered write each
  REQUIRE(run_until(loop, [&] {
    for (const Recorder& recorder : recorders) {
      if (recorder.messages.size() != 200) return false;
    }
    return true;
  }));
  for (const Recorder& recorder : recorders) {
    for (std::size_t i = 0; i < 200; ++i) REQUIRE(recorder.messages[i] == "record " + std::to_string(i));
  }
}

TEST_CASE("websocket server: destroyed with open connections it drops them without a callback") {
  EventLoop loop;
  Recorder recorder;
  WsClient client(loop, recorder);
  auto echo = std::make_unique<EchoServer>(loop, either_way());
  WsClientOptions options;
  options.url = echo->url();
  options.tls.ca_file = server_authority();
  client.connect(options);
  REQUIRE(run_until(loop, [&] { return recorder.opened; }));
  echo->connections[0]->send_text("never flushed");
  echo->when_closed = [](WsConnection&) { FAIL("a callback into a dying handler"); };
  echo.reset();
  REQUIRE(run_until(loop, [&] { return recorder.closed_count == 1; }));
  CHECK(recorder.closed.code == 1006);
}

TEST_CASE("websocket server: destroyed between the end of a connection and its callback it calls nobody") {
  EventLoop loop;
  Recorder recorder;
  WsClient client(loop, recorder);
  auto echo = std::make_unique<EchoServer>(loop);
  WsClientOptions options;
  options.url = echo->url();
  client.connect(options);
  REQUIRE(run_until(loop, [&] { return recorder.opened; }));
  echo->when_closed = [](WsConnection&) { FAIL("a callback into a dying handler"); };
  echo->connections[0]->cut();  // its callback is on its way
  echo.reset();
  REQUIRE(run_until(loop, [&] { return recorder.closed_count == 1; }));
  CHECK(recorder.closed.code == 1006);
}

TEST_CASE("websocket server: a paused connection delivers nothing until reading goes on") {
  Pair pair(either_way());
  pair.open();
  WsConnection& connection = *pair.echo.connections[0];
  connection.pause_reading(true);
  for (int i = 0; i < 3; ++i) pair.client->send_text("x");
  settle(pair.loop);
  CHECK(pair.echo.message_count == 0);
  connection.pause_reading(false);
  REQUIRE(run_until(pair.loop, [&] { return pair.echo.message_count == 3; }));
  for (int i = 0; i < 5; ++i) {  // to and fro while nothing waits
    connection.pause_reading(true);
    connection.pause_reading(false);
  }
  pair.client->send_text("x");
  REQUIRE(run_until(pair.loop, [&] { return pair.recorder.messages.size() == 4; }));
}

TEST_CASE("websocket server: a paused connection can be cut") {
  Pair pair(either_way());
  pair.open();
  pair.echo.connections[0]->pause_reading(true);
  pair.client->send_text("x");
  settle(pair.loop);
  pair.echo.connections[0]->cut();
  REQUIRE(pair.closed_on_both_sides());
}

TEST_CASE("websocket server: a taken port is refused with words, IPv6 and names are understood") {
  EventLoop loop;
  EchoServer echo(loop);
  WsServer other(loop, echo, {});
  CHECK(other.listen("127.0.0.1", echo.server.port()).find("cannot listen on 127.0.0.1:") == 0);
  CHECK(other.port() == 0);
  CHECK_FALSE(other.listen("no such host", 0).empty());
  CHECK(other.listen("localhost", 0).empty());
  CHECK(other.port() != 0);
  const std::string v6 = other.listen("[::1]", 0);
  if (!v6.empty()) {
    MESSAGE("no IPv6 here: ", v6);
    return;
  }
  Recorder recorder;
  WsClient client(loop, recorder);
  WsClientOptions options;
  options.url = "ws://[::1]:" + std::to_string(other.port()) + "/";
  client.connect(options);
  REQUIRE(run_until(loop, [&] { return recorder.opened; }));
  CHECK(echo.upgrades.at(0).remote_address == "::1");
}
