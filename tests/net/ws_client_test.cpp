// WsClient through its life: attempts that fail, that end, that are given up.
#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "tests/net/support.hpp"
#include "tests/net/ws_pair.hpp"

using namespace std::chrono_literals;
using namespace tidegate::net;
using namespace tidegate::net::test;

TEST_CASE("websocket client: a refused upgrade reports its HTTP status") {
  for (const int status : {400, 401, 403, 429, 503}) {
    CAPTURE(status);
    Pair pair;
    pair.echo.upgrade_status = status;
    pair.options.url = pair.echo.url();
    pair.client->connect(pair.options);
    CHECK(pair.recorder.closed_count == 0);
    REQUIRE(run_until(pair.loop, [&] { return pair.recorder.closed_count == 1; }));
    CHECK(pair.recorder.closed.http_status == status);
    CHECK(pair.recorder.closed.code == 1006);
    CHECK_FALSE(pair.recorder.closed.opened);
    CHECK(pair.echo.closed_count == 0);
  }
}

TEST_CASE("websocket client: an address that is no URL fails later, not inside connect") {
  EventLoop loop;
  for (const char* url : {"", "nonsense", "http://127.0.0.1/", "ws://127.0.0.1:99999/"}) {
    Recorder recorder;
    WsClient client(loop, recorder);
    WsClientOptions options;
    options.url = url;
    client.connect(options);
    CHECK(recorder.closed_count == 0);
    REQUIRE(run_until(loop, [&] { return recorder.closed_count == 1; }));
    CHECK_FALSE(recorder.closed.opened);
    CHECK_FALSE(recorder.closed.reason.empty());
  }
}

TEST_CASE("websocket client: a refused TCP connection arrives as on_closed, and the same client may try again") {
  Pair pair;
  WsClientOptions nowhere;
  {
    EchoServer gone(pair.loop);
    nowhere.url = gone.url();
  }
  pair.client->connect(nowhere);
  REQUIRE(run_until(pair.loop, [&] { return pair.recorder.closed_count == 1; }));
  CHECK(pair.recorder.closed.reason.find("cannot connect") == 0);
  pair.open();
}

TEST_CASE("websocket client: localhost is resolved") {
  Pair pair;
  pair.options.url = "ws://localhost:" + std::to_string(pair.echo.server.port()) + "/";
  pair.client->connect(pair.options);
  REQUIRE(run_until(pair.loop, [&] { return pair.recorder.opened; }));
}

TEST_CASE("websocket client: a server that never answers ends in a handshake timeout") {
  EventLoop loop;
  EchoServer silent(loop);
  silent.server.stop_listening();
  Recorder recorder;
  WsClient client(loop, recorder);
  // A second server accepts and says nothing, since it waits for a handshake of its own.
  EventLoop never_run;
  EchoServer mute(never_run);
  WsClientOptions options;
  options.url = mute.url();
  options.handshake_timeout = 50ms;
  client.connect(options);
  REQUIRE(run_until(loop, [&] { return recorder.closed_count == 1; }));
  CHECK(recorder.closed.reason == "handshake timeout");
  CHECK_FALSE(recorder.closed.opened);
}

TEST_CASE("websocket client: abort cuts the server's side and brings no callback") {
  Pair pair;
  pair.open();
  pair.client->abort();
  CHECK_FALSE(pair.client->open());
  REQUIRE(run_until(pair.loop, [&] { return pair.echo.closed_count == 1; }));
  settle(pair.loop);
  CHECK(pair.echo.closed_code == 1006);
  CHECK(pair.recorder.closed_count == 0);
}

TEST_CASE("websocket client: abort at any point of a handshake brings no callback") {
  for (int turns = 0; turns < 8; ++turns) {
    Pair pair;
    pair.options.url = pair.echo.url();
    pair.client->connect(pair.options);
    for (int i = 0; i < turns && !pair.recorder.opened; ++i) pair.loop.poll();
    pair.client->abort();
    settle(pair.loop);
    CHECK(pair.recorder.closed_count == 0);
    pair.open();  // and the client is as good as new
  }
}

TEST_CASE("websocket client: it may be destroyed inside on_closed, and inside on_message") {
  Pair pair;
  pair.open();
  pair.recorder.when_closed = [&] { pair.client.reset(); };
  pair.echo.connections[0]->close(1000, "");
  REQUIRE(pair.closed_on_both_sides());
  CHECK(pair.client == nullptr);

  Pair other;
  other.open();
  other.recorder.when_message = [&] { other.client.reset(); };
  other.echo.connections[0]->send_text("1");
  other.echo.connections[0]->send_text("2");
  REQUIRE(run_until(other.loop, [&] { return other.echo.closed_count == 1; }));
  CHECK(other.recorder.messages.size() == 1);
}

TEST_CASE("websocket client: connect from inside on_closed starts the next attempt") {
  Pair pair;
  pair.open();
  pair.recorder.when_closed = [&] {
    pair.recorder.opened = false;
    pair.client->connect(pair.options);
  };
  pair.echo.connections[0]->cut();
  REQUIRE(run_until(pair.loop, [&] { return pair.recorder.closed_count == 1 && pair.recorder.opened && pair.echo.connections.size() == 1; }));
}

TEST_CASE("websocket client: closing before the handshake ended reports once") {
  Pair pair;
  pair.options.url = pair.echo.url();
  pair.client->connect(pair.options);
  pair.client->close(1000, "changed my mind");
  REQUIRE(run_until(pair.loop, [&] { return pair.recorder.closed_count == 1; }));
  settle(pair.loop);
  CHECK(pair.recorder.closed_count == 1);
  CHECK_FALSE(pair.recorder.closed.opened);
}

TEST_CASE("websocket client: a peer that never answers a close is cut after close_timeout") {
  Pair pair;
  pair.options.close_timeout = 50ms;
  pair.open();
  pair.echo.connections[0]->pause_reading(true);
  pair.client->close(1000, "bye");
  REQUIRE(run_until(pair.loop, [&] { return pair.recorder.closed_count == 1; }));
  CHECK(pair.recorder.closed.code == 1006);
  CHECK(pair.recorder.closed.opened);
}
