// What clients must not send, in requests and in frames: each is answered as RFC 9112 and RFC 6455 say, counted, and disturbs nobody else.
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/net/support.hpp"

using namespace std::chrono_literals;
using namespace tidegate::net;
using namespace tidegate::net::test;

namespace {

/// A server, and a client that keeps the rules and must not notice anything.
struct Stage {
  explicit Stage(const WsServerOptions& options) : echo(loop, options), bystander(echo) { bystander.handshake(loop); }

  void check_bystander() {
    bystander.send(client_frame(kText, "still here"));
    const auto frames = read_frames(loop, bystander, 1);
    REQUIRE(frames.size() == 1);
    CHECK(frames[0].payload == "still here");
  }
  [[nodiscard]] std::uint64_t violations() const { return echo.server.totals().protocol_violations; }

  EventLoop loop;
  EchoServer echo;
  RawPeer bystander;
};

std::string upgrade(const std::string& instead_of_version = "Sec-WebSocket-Version: 13\r\n", const std::string& first_line = "GET / HTTP/1.1\r\n") {
  return first_line + "Host: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n" + instead_of_version +
         "\r\n";
}

}  // namespace

TEST_CASE("rule breakers: a request that breaks the rules gets the status that the standard gives, and is counted") {
  const WsServerOptions options = either_way();
  const std::string key = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";
  const std::string rest = "Host: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
  const struct {
    const char* what;
    std::string bytes;
    const char* status;
    int violations;
  } cases[] = {
      {"an upgrade without a version", upgrade(""), "400", 1},
      {"another version of WebSocket", upgrade("Sec-WebSocket-Version: 12\r\n"), "426", 0},  // it may be asked for
      {"the oldest draft", upgrade("Sec-WebSocket-Version: 0\r\n"), "426", 0},
      {"a version that is no number", upgrade("Sec-WebSocket-Version: x\r\n"), "426", 0},
      {"an upgrade without a key", "GET / HTTP/1.1\r\n" + rest + "Sec-WebSocket-Version: 13\r\n\r\n", "400", 1},
      {"a key that is too short", "GET / HTTP/1.1\r\n" + rest + "Sec-WebSocket-Key: AAAA\r\nSec-WebSocket-Version: 13\r\n\r\n", "400", 1},
      {"two keys", upgrade(key + "Sec-WebSocket-Version: 13\r\n"), "400", 1},
      {"an upgrade by POST", upgrade("Sec-WebSocket-Version: 13\r\n", "POST / HTTP/1.1\r\n"), "400", 1},
      {"an upgrade by HTTP/1.0", upgrade("Sec-WebSocket-Version: 13\r\n", "GET / HTTP/1.0\r\n"), "400", 1},
      {"HTTP of a later version", "GET / HTTP/2.0\r\nHost: h\r\n\r\n", "505", 1},
      {"what is no version", "GET / HTML/1.1\r\nHost: h\r\n\r\n", "400", 1},
      {"a space in the target", "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", "400", 1},
      {"no target", "GET  HTTP/1.1\r\nHost: h\r\n\r\n", "400", 1},
      {"a target that is no path", "GET index.html HTTP/1.1\r\nHost: h\r\n\r\n", "400", 1},
      {"a tunnel", "CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n", "400", 1},
      {"no line at all", "\r\n\r\n", "400", 1},
      {"no host", "GET / HTTP/1.1\r\n\r\n", "400", 1},
      {"two hosts", "GET / HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n", "400", 1},
      {"a host with a path", "GET / HTTP/1.1\r\nHost: h/p\r\n\r\n", "400", 1},
      {"a header without a colon", "GET / HTTP/1.1\r\nHost: h\r\nnonsense\r\n\r\n", "400", 1},
      {"a space before the colon", "GET / HTTP/1.1\r\nHost: h\r\nName : x\r\n\r\n", "400", 1},
      {"a header that goes on in the next line", "GET / HTTP/1.1\r\nHost: h\r\nName: x\r\n y\r\n\r\n", "400", 1},
      {"a zero byte", std::string("GET / HTTP/1.1\r\nHost: h\r\nName: \0\r\n\r\n", 37), "400", 1},
      {"lines that end in LF alone", "GET / HTTP/1.1\nHost: h\n\n", "400", 1},
      {"a CR within a line", "GET / HTTP/1.1\r\nHost: h\r\nName: a\rb\r\n\r\n", "400", 1},
      {"headers that are too long", "GET / HTTP/1.1\r\nHost: h\r\nName: " + std::string(20'000, 'x') + "\r\n\r\n", "431", 1},
      {"a chunked body", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "501", 1},
      {"a length that is no number", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5x\r\n\r\nhello", "400", 1},
      {"two lengths", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", "400", 1},
      {"a body that is too long", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999999\r\n\r\n", "413", 1},
  };
  Stage stage(options);
  for (const auto& one : cases) {
    CAPTURE(std::string(one.what));
    const std::uint64_t before = stage.violations();
    RawPeer peer(stage.echo);
    peer.send(one.bytes);
    const std::string answer = read_all(stage.loop, peer);
    CHECK(answer.substr(0, 9) == "HTTP/1.1 ");
    CHECK(answer.substr(9, 3) == one.status);
    CHECK((answer.find("Sec-WebSocket-Version: 13") != std::string::npos) == (std::string(one.status) == "426"));
    CHECK(stage.violations() == before + static_cast<std::uint64_t>(one.violations));
    CHECK(stage.echo.connections.size() == 1);
    stage.check_bystander();
  }
}

TEST_CASE("rule breakers: a frame that breaks the rules closes with the code that the standard gives, and is counted") {
  const std::string mask(4, '\0');
  const struct {
    const char* what;
    std::string bytes;
    int code;
  } cases[] = {
      {"a length of 2^63", std::string("\x82\xFF\x80\0\0\0\0\0\0\0", 10) + mask, 1002},
      {"a length just below 2^63", std::string("\x82\xFF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 10) + mask, 1009},
      {"a second piece that makes more than 2^64 of the first",
       client_frame(0x02, "x") + std::string("\x80\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 10) + mask, 1002},
      {"a length in more bytes than it needs", std::string("\x82\xFE\0\x05", 4) + mask + "hello", 1002},
      {"a character that breaks off between pieces", client_frame(kFirstPiece, "a\xE2\x82") + client_frame(kLastPiece, "b"), 1007},
      {"a surrogate in pieces", client_frame(kFirstPiece, "\xED") + client_frame(kLastPiece, "\xA0\x80"), 1007},
      {"a message that begins within another", client_frame(kFirstPiece, "one") + client_frame(kText, "two"), 1002},
      {"a close frame with half a code", client_frame(kClose, "\x03"), 1002},
      {"a close frame in pieces", client_frame(0x08, "\x03\xE8"), 1002},
      {"close code 999", client_frame(kClose, "\x03\xE7"), 1002},
      {"close code 1005, which stands for none", client_frame(kClose, "\x03\xED"), 1002},
      {"close code 1006, which stands for none", client_frame(kClose, "\x03\xEE"), 1002},
      {"close code 5000", client_frame(kClose, "\x13\x88"), 1002},
      {"a close reason that is not UTF-8", client_frame(kClose, "\x03\xE8\xC0\xAF"), 1002},
  };
  Stage stage(either_way());
  for (const auto& one : cases) {
    CAPTURE(std::string(one.what));
    const std::uint64_t before = stage.violations();
    const int closed_before = stage.echo.closed_count;
    RawPeer peer(stage.echo);
    peer.handshake(stage.loop);
    peer.send(one.bytes);
    CHECK(close_code(stage.loop, peer) == one.code);
    read_all(stage.loop, peer);
    CHECK_FALSE(peer.reset);
    peer.close();
    REQUIRE(run_until(stage.loop, [&] { return stage.echo.closed_count == closed_before + 1; }));
    CHECK(stage.violations() == before + 1);
    stage.check_bystander();
  }
  CHECK(stage.echo.message_count == static_cast<int>(std::size(cases)));  // the bystander's
}

TEST_CASE("rule breakers: frames after a close frame are not looked at") {
  Stage stage(either_way());
  RawPeer peer(stage.echo);
  peer.handshake(stage.loop);
  peer.send(client_frame(kClose, "\x03\xE8") + client_frame(kText, "too late"));
  CHECK(close_code(stage.loop, peer) == 1000);
  CHECK(read_all(stage.loop, peer).empty());
  REQUIRE(run_until(stage.loop, [&] { return stage.echo.closed_count == 1; }));
  CHECK(stage.echo.closed_code == 1000);
  CHECK(stage.echo.message_count == 0);
  CHECK(stage.violations() == 0);
  stage.check_bystander();
}

TEST_CASE("rule breakers: bytes after a close frame that are no frame may cost the answer, and nothing else") {
  Stage stage(either_way());
  RawPeer peer(stage.echo);
  peer.handshake(stage.loop);
  peer.send(client_frame(kClose, "\x03\xE8") + "and no frame at all");
  read_all(stage.loop, peer);
  REQUIRE(run_until(stage.loop, [&] { return stage.echo.closed_count == 1; }));
  CHECK(stage.echo.closed_code == 1000);
  CHECK(stage.echo.message_count == 0);
  stage.check_bystander();
}

TEST_CASE("rule breakers: a request that trickles in is cut at the deadline, however busy its client looks") {
  WsServerOptions options;
  options.handshake_timeout = 500ms;  // long enough for the bystander, slow as a sanitizer and TLS may make it
  Stage stage(either_way(options));
  RawPeer peer(stage.echo);
  peer.send("GET / HTTP/1.1\r\nHost: h\r\nName: ");
  std::uint64_t turns = 0;
  REQUIRE(run_until(stage.loop, [&] {
    if (++turns % 16 == 0 && stage.echo.server.totals().handshakes_expired == 0) peer.send("x");  // never too long a header
    return !peer.read();
  }));
  CHECK(turns >= 16);
  CHECK(peer.received.empty());
  CHECK(stage.echo.server.totals().handshakes_expired == 1);
  stage.check_bystander();
}

TEST_CASE("requests: a body that a GET need not have is read, and what follows the first request is not served") {
  Stage stage(either_way());
  std::vector<HttpRequest> requests;
  stage.echo.http = [&](const HttpRequest& request, const HttpReply& reply) {
    requests.push_back(request);
    reply({});
  };
  RawPeer peer(stage.echo);
  peer.send("GET /one HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhelloGET /two HTTP/1.1\r\nHost: h\r\n\r\n");
  const std::string answer = read_all(stage.loop, peer);
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].target == "/one");
  CHECK(requests[0].body == "hello");
  CHECK(answer.find("HTTP/1.1 200") == 0);
  CHECK(answer.find("Connection: close") != std::string::npos);
  CHECK(answer.find("HTTP/1.1", 1) == std::string::npos);
  CHECK(stage.violations() == 0);
}

TEST_CASE("requests: a whole URL as the target is understood, and its host counts instead of the header") {
  Stage stage(either_way());
  std::vector<HttpRequest> requests;
  stage.echo.http = [&](const HttpRequest& request, const HttpReply& reply) {
    requests.push_back(request);
    reply({});
  };
  for (const std::string target : {"http://a.example:81/p?q=1", "https://a.example:81?q=1", "http://a.example:81"}) {
    RawPeer peer(stage.echo);
    peer.send("GET " + target + " HTTP/1.1\r\nHost: other\r\n\r\n");
    read_all(stage.loop, peer);
  }
  REQUIRE(requests.size() == 3);
  CHECK(requests[0].target == "/p?q=1");
  CHECK(requests[1].target == "/?q=1");
  CHECK(requests[2].target == "/");
  for (const HttpRequest& request : requests) CHECK(request.header("Host") == "a.example:81");
  RawPeer peer(stage.echo);
  peer.send("GET http://user@a.example/ HTTP/1.1\r\nHost: other\r\n\r\n");
  CHECK(read_all(stage.loop, peer).find("HTTP/1.1 400") == 0);
}

TEST_CASE("pending connections: over the bound the oldest gives way, open WebSockets do not count") {
  WsServerOptions options;
  options.pending_connections_max = 3;
  Stage stage(either_way(options));
  RawPeer open(stage.echo);
  open.handshake(stage.loop);
  std::vector<std::unique_ptr<RawPeer>> idle;
  for (int i = 0; i < 5; ++i) idle.push_back(std::make_unique<RawPeer>(stage.echo));
  REQUIRE(run_until(stage.loop, [&] { return stage.echo.server.totals().pending_displaced == 2; }));
  REQUIRE(run_until(stage.loop, [&] { return !idle[0]->read() && !idle[1]->read(); }));
  for (std::size_t i = 2; i < 5; ++i) CHECK(idle[i]->read());
  idle[4]->handshake(stage.loop);  // leaves room for another
  RawPeer late(stage.echo);
  late.handshake(stage.loop);
  settle(stage.loop);
  CHECK(stage.echo.server.totals().pending_displaced == 2);
  CHECK(stage.echo.connections.size() == 4);
  stage.check_bystander();
}

TEST_CASE("pending connections: a crowd that comes at once is let in, and over the bound the oldest gives way here too") {
  constexpr std::size_t kCrowd = 200;  // more than are accepted in one go
  EventLoop loop;
  WsServerOptions options;
  options.pending_connections_max = 150;
  EchoServer echo(loop, options);
  std::vector<std::unique_ptr<RawPeer>> peers;
  for (std::size_t i = 0; i < kCrowd; ++i) peers.push_back(std::make_unique<RawPeer>(echo.server.port()));  // none is accepted: the loop stands
  REQUIRE(run_until(loop, [&] { return echo.server.totals().pending_displaced == kCrowd - options.pending_connections_max; }));
  for (std::size_t i = kCrowd - options.pending_connections_max; i < kCrowd; ++i) peers[i]->send(upgrade());
  REQUIRE(run_until(loop, [&] { return echo.connections.size() == options.pending_connections_max; }));
  CHECK(echo.server.totals().pending_displaced == kCrowd - options.pending_connections_max);
  CHECK(read_all(loop, *peers[0]).empty());
}

TEST_CASE("pending connections: a flood of answers that wait for their readers is bounded too") {
  WsServerOptions options;
  options.pending_connections_max = 4;
  Stage stage(either_way(options));
  std::vector<HttpReply> kept;
  stage.echo.http = [&](const HttpRequest&, HttpReply reply) { kept.push_back(std::move(reply)); };
  std::vector<std::unique_ptr<RawPeer>> peers;
  for (std::size_t i = 0; i < 10; ++i) {
    peers.push_back(std::make_unique<RawPeer>(stage.echo));
    peers.back()->send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    REQUIRE(run_until(stage.loop, [&] { return kept.size() == i + 1; }));
  }
  CHECK(stage.echo.server.totals().pending_displaced == 6);
  for (HttpReply& reply : kept) reply({});  // six of them into the void
  CHECK(read_all(stage.loop, *peers[9]).find("HTTP/1.1 200") == 0);
  CHECK(read_all(stage.loop, *peers[0]).empty());
  stage.check_bystander();
}

TEST_CASE("adopt: a socket that is connected already is served like an accepted one, and a bad descriptor does no harm") {
  EventLoop loop;
  EchoServer echo(loop);
  int ends[2] = {-1, -1};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  echo.server.adopt(ends[0]);
  echo.server.adopt(-1);
  const std::string request = upgrade();
  REQUIRE(::send(ends[1], request.data(), request.size(), 0) == static_cast<ssize_t>(request.size()));
  REQUIRE(run_until(loop, [&] { return echo.connections.size() == 1; }));
  CHECK(echo.upgrades.at(0).remote_address.empty());
  ::close(ends[1]);
  REQUIRE(run_until(loop, [&] { return echo.closed_count == 1; }));
}
