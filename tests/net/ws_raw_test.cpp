// WsServer against a peer whose every byte the test decides.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "tests/net/support.hpp"

using namespace std::chrono_literals;
using namespace tidegate::net;
using namespace tidegate::net::test;

TEST_CASE("websocket server: a fragmented message arrives whole, and a ping between its pieces is answered first") {
  EventLoop loop;
  EchoServer echo(loop, either_way());
  RawPeer peer(echo);
  peer.handshake(loop);
  peer.send(client_frame(kFirstPiece, "one "));
  peer.send(client_frame(kPing, "between"));
  peer.send(client_frame(kMiddlePiece, "two "));
  peer.send(client_frame(kLastPiece, "three"));
  const auto frames = read_frames(loop, peer, 2);
  REQUIRE(frames.size() == 2);
  CHECK(frames[0].first == kPong);
  CHECK(frames[0].payload == "between");
  CHECK(frames[1].first == kText);
  CHECK(frames[1].payload == "one two three");
}

TEST_CASE("websocket server: messages around the size of what is read at once come whole, alone and in pieces") {
  EventLoop loop;
  EchoServer echo(loop, either_way());
  RawPeer peer(echo);
  peer.handshake(loop);
  std::string all;
  for (const std::size_t size : {1U, 500U, 1015U, 1016U, 1017U, 1023U, 1024U, 1025U, 2047U, 2048U, 2049U, 5000U, 65'536U}) {
    all.clear();
    for (std::size_t i = 0; i < size; ++i) all += static_cast<char>('a' + i % 26);
    peer.send(client_frame(kText, all));
    const std::size_t third = size / 3;
    peer.send(client_frame(kFirstPiece, std::string_view(all).substr(0, third)));
    peer.send(client_frame(kMiddlePiece, std::string_view(all).substr(third, third)));
    peer.send(client_frame(kLastPiece, std::string_view(all).substr(2 * third)));
    const auto frames = read_frames(loop, peer, 2);
    REQUIRE(frames.size() == 2);
    REQUIRE(frames[0].payload == all);
    REQUIRE(frames[1].payload == all);
  }
}

TEST_CASE("websocket server: an upgrade larger than what is read at once is understood") {
  EventLoop loop;
  EchoServer echo(loop, either_way());
  RawPeer peer(echo);
  const std::string cookie(9'000, 'c');
  peer.send("GET /x HTTP/1.1\r\nHost: h\r\nCookie: " + cookie +
            "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n");
  REQUIRE(run_until(loop, [&] { return echo.connections.size() == 1; }));
  CHECK(echo.upgrades.at(0).header("Cookie") == cookie);
}

TEST_CASE("websocket server: a handshake and frames that come byte by byte are understood") {
  EventLoop loop;
  EchoServer echo(loop, either_way());
  RawPeer peer(echo);
  const std::string all =
      "GET /x HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Key: "
      "AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n" +
      client_frame(kText, "\xE2\x82\xAC");
  for (const char c : all) {
    peer.send({&c, 1});
    loop.poll();
  }
  REQUIRE(run_until(loop, [&] {
    peer.read();
    return peer.received.find("\xE2\x82\xAC") != std::string::npos;
  }));
}

TEST_CASE("websocket server: frames that come together with the handshake are not lost") {
  EventLoop loop;
  EchoServer echo(loop, either_way());
  RawPeer peer(echo);
  peer.send(
      "GET /x HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
      "Sec-WebSocket-Version: 13\r\n\r\n" +
      client_frame(kText, "early"));
  REQUIRE(run_until(loop, [&] {
    peer.read();
    return peer.received.find("early") != std::string::npos;
  }));
}

TEST_CASE("websocket server: what a peer must not send is answered with the close code the standard gives") {
  const struct {
    const char* what;
    std::string bytes;
    int code;
  } cases[] = {
      {"text that is not UTF-8", client_frame(kText, "ab\xC0\xAF"), 1007},
      {"text that ends within a character", client_frame(kText, "ab\xE2\x82"), 1007},
      {"a text in pieces that ends within a character", client_frame(kFirstPiece, "ab") + client_frame(kLastPiece, "\xE2\x82"), 1007},
      {"a message over the limit", client_frame(kText, std::string(70'000, 'x')), 1009},
      {"a fragmented message over the limit", client_frame(kFirstPiece, std::string(60'000, 'x')) + client_frame(kLastPiece, std::string(6'000, 'x')),
       1009},
      {"a reserved bit", client_frame(0xC1, "x"), 1002},
      {"an unknown opcode", client_frame(0x83, "x"), 1002},
      {"a fragmented ping", client_frame(0x09, "x"), 1002},
      {"a ping that is too long", client_frame(kPing, std::string(126, 'x')), 1002},
      {"a piece of no message", client_frame(kLastPiece, "x"), 1002},
      {"a frame without mask", std::string("\x81\x01x"), 1002},
  };
  const WsServerOptions options = either_way();
  for (const auto& one : cases) {
    CAPTURE(one.what);
    EventLoop loop;
    EchoServer echo(loop, options);
    RawPeer peer(echo);
    peer.handshake(loop);
    peer.send(one.bytes);
    CHECK(close_code(loop, peer) == one.code);
    read_all(loop, peer);
    CHECK_FALSE(peer.reset);  // by FIN: a reset could cost the peer the close frame
    peer.close();
    REQUIRE(run_until(loop, [&] { return echo.closed_count == 1; }));
    CHECK(echo.message_count == 0);
    CHECK(echo.closed_code == 1006);
  }
}

TEST_CASE("websocket server: an older draft of the protocol is refused") {
  const WsServerOptions options = either_way();
  for (const std::string version : {"Sec-WebSocket-Version: 8\r\n", "", "Sec-WebSocket-Version: 99\r\n"}) {
    EventLoop loop;
    EchoServer echo(loop, options);
    RawPeer peer(echo);
    peer.send("GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n" + version +
              "\r\n");
    const std::string answer = read_all(loop, peer);
    CHECK(answer.substr(0, 9) == "HTTP/1.1 ");
    CHECK(answer.substr(9, 3) != "101");
    CHECK(echo.connections.empty());
  }
}

TEST_CASE("websocket server: a peer that does not finish its handshake is cut") {
  WsServerOptions options = either_way();
  options.handshake_timeout = 50ms;
  for (const std::string begin : {"", "GET / HTTP/1.1\r\nHost: h\r\n"}) {
    EventLoop loop;
    EchoServer echo(loop, options);
    RawPeer peer(echo);
    peer.send(begin);
    read_all(loop, peer);
    CHECK(peer.received.empty());
  }
}

TEST_CASE("websocket server: bytes that are no HTTP end the connection, not the server") {
  EventLoop loop;
  EchoServer echo(loop);
  for (const std::string& bytes : {std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xFC", 9), std::string("NONSENSE\r\n\r\n"), std::string(40'000, 'a'),
                                   std::string("GET / HTTP/1.1\r\nContent-Length: -1\r\nHost: h\r\n\r\n"), std::string("GET / HTTP/1.1\r\n\r\n")}) {
    RawPeer peer(echo.server.port());
    peer.send(bytes);
    run_until(loop, [&] { return !peer.read() || bytes.find('G') == std::string::npos; });
    peer.close();
  }
  RawPeer peer(echo.server.port());
  peer.handshake(loop);
  peer.send(client_frame(kText, "still here"));
  CHECK(read_frames(loop, peer, 1).at(0).payload == "still here");
}

TEST_CASE("websocket server: to a reader that lags every byte comes in order, and control frames only between frames") {
  WsServerOptions options = either_way();
  options.socket_send_buffer_bytes = 4096;
  EventLoop loop;
  EchoServer echo(loop, options);
  RawPeer peer(echo, 4096);
  peer.handshake(loop);
  REQUIRE(run_until(loop, [&] { return !echo.connections.empty(); }));
  WsConnection& connection = *echo.connections[0];
  FramePool pool;
  constexpr int kFrames = 8000;
  std::size_t queued = 0;
  for (int i = 0; i < kFrames; ++i) {
    const FrameRef frame = pool.make(std::to_string(i) + std::string(1024, static_cast<char>('a' + i % 26)));
    connection.send(frame);
    queued += frame.bytes().size();
    if (i % 500 == 0) {
      connection.ping(std::to_string(i));
      queued += 2 + std::to_string(i).size();
    }
    if (i % 100 == 0) loop.poll();  // flushes in between, most of them into a full socket
  }
  CHECK(connection.queued_bytes() > queued / 2);
  CHECK(connection.queued_bytes() < queued);
  peer.send(client_frame(kPing, "from the peer"));
  REQUIRE(run_until(loop, [&] { return !echo.pings.empty(); }));

  const auto frames = read_frames(loop, peer, kFrames + kFrames / 500 + 1);
  CHECK(frames.size() == kFrames + kFrames / 500 + 1);
  CHECK(connection.queued_bytes() == 0);
  int data = 0;
  int pings = 0;
  int pongs = 0;
  for (const ParsedFrame& frame : frames) {
    if (frame.first == kText) {
      REQUIRE(frame.payload == std::to_string(data) + std::string(1024, static_cast<char>('a' + data % 26)));
      ++data;
    } else if (frame.first == kPing) {
      REQUIRE(frame.payload == std::to_string(pings * 500));
      CHECK(data == pings * 500 + 1);  // in its place among the data
      ++pings;
    } else {
      REQUIRE(frame.first == kPong);
      CHECK(frame.payload == "from the peer");
      ++pongs;
    }
  }
  CHECK(data == kFrames);
  CHECK(pongs == 1);
}

TEST_CASE("websocket server: frames that have begun to leave are not taken back, and what is sent behind them comes whole") {
  WsServerOptions options = either_way();
  options.socket_send_buffer_bytes = 4096;
  EventLoop loop;
  EchoServer echo(loop, options);
  RawPeer peer(echo, 4096);
  peer.handshake(loop);
  REQUIRE(run_until(loop, [&] { return !echo.connections.empty(); }));
  WsConnection& connection = *echo.connections[0];
  FramePool pool;
  constexpr std::uint64_t kFrames = 2000;
  for (std::uint64_t i = 1; i <= kFrames; ++i) {
    FrameRef frame = pool.make(std::to_string(i) + std::string(200, 'x'));
    frame.set_label({7, i, i});
    connection.send(frame);
  }
  loop.poll();
  std::uint64_t first = 0;
  connection.drop_unsent([&](const FrameRef& frame) { first = first == 0 ? frame.label().first : first; });
  REQUIRE(first > 1);
  connection.send_text("behind them");
  const auto frames = read_frames(loop, peer, first);
  REQUIRE(frames.size() == first);
  for (std::uint64_t i = 1; i < first; ++i) REQUIRE(frames[i - 1].payload == std::to_string(i) + std::string(200, 'x'));
  CHECK(frames.back().payload == "behind them");
}

TEST_CASE("websocket server: a peer that pings and never reads does not grow its outbox") {
  WsServerOptions options = either_way();
  options.socket_send_buffer_bytes = 4096;
  EventLoop loop;
  EchoServer echo(loop, options);
  RawPeer peer(echo, 4096);
  peer.handshake(loop);
  REQUIRE(run_until(loop, [&] { return !echo.connections.empty(); }));
  WsConnection& connection = *echo.connections[0];
  connection.send_text(std::string(1U << 20U, 'x'));
  loop.poll();
  const std::size_t before = connection.queued_bytes();
  REQUIRE(before > 0);
  for (std::size_t i = 1; i <= 1000; ++i) {
    peer.send(client_frame(kPing, std::string(100, 'p')));
    if (i % 50 == 0) REQUIRE(run_until(loop, [&] { return echo.pings.size() == i; }));
  }
  CHECK(connection.queued_bytes() <= before + 20 * 102);
}

TEST_CASE("websocket server: closing a reader that never reads ends by close_timeout and frees its outbox") {
  WsServerOptions options = either_way();
  options.socket_send_buffer_bytes = 4096;
  options.close_timeout = 50ms;
  EventLoop loop;
  EchoServer echo(loop, options);
  RawPeer peer(echo, 4096);
  peer.handshake(loop);
  REQUIRE(run_until(loop, [&] { return !echo.connections.empty(); }));
  echo.connections[0]->send_text(std::string(4U << 20U, 'x'));
  echo.connections[0]->close(4021, "slow");
  REQUIRE(run_until(loop, [&] { return echo.closed_count == 1; }));
  CHECK(echo.closed_code == 1006);
  read_all(loop, peer);
  CHECK(peer.reset);
}

TEST_CASE("websocket server: a peer that vanishes while frames wait is closed once") {
  WsServerOptions options = either_way();
  options.socket_send_buffer_bytes = 4096;
  EventLoop loop;
  EchoServer echo(loop, options);
  auto peer = std::make_unique<RawPeer>(echo, 4096);
  peer->handshake(loop);
  REQUIRE(run_until(loop, [&] { return !echo.connections.empty(); }));
  echo.connections[0]->send_text(std::string(4U << 20U, 'x'));
  loop.poll();
  peer.reset();
  REQUIRE(run_until(loop, [&] { return echo.closed_count == 1; }));
  settle(loop);
  CHECK(echo.closed_count == 1);
}

// UBSan's vptr check opens a pipe to probe memory: without a descriptor it reports healthy objects.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool kProbesNeedDescriptors = true;
#else
constexpr bool kProbesNeedDescriptors = false;
#endif

TEST_CASE("websocket server: out of descriptors it waits, and accepts again when there are some" * doctest::skip(kProbesNeedDescriptors)) {
  EventLoop loop;
  EchoServer echo(loop);
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  std::vector<int> fillers;
  rlimit tight = before;
  tight.rlim_cur = std::min<rlim_t>(before.rlim_cur, 64);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &tight) == 0);
  for (;;) {
    const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (fd < 0) break;
    fillers.push_back(fd);
  }
  REQUIRE_FALSE(fillers.empty());
  ::close(fillers.back());
  fillers.pop_back();
  RawPeer peer(echo.server.port());  // takes the last descriptor
  for (int i = 0; i < 3; ++i) loop.run_for(5ms);
  std::size_t handlers = 0;
  for (int i = 0; i < 10; ++i) handlers += loop.run_for(10ms);
  CHECK(handlers < 20);  // no spinning
  for (const int fd : fillers) ::close(fd);
  ::setrlimit(RLIMIT_NOFILE, &before);
  peer.handshake(loop);
  CHECK(echo.upgrades.size() == 1);
}
