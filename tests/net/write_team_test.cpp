// How the sockets of one server are written to: by one thread or several, one by one or by lists of writes.
#include "gateway/net/write_team.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/net/support.hpp"

using namespace std::chrono_literals;
using namespace tidegate::net;
using namespace tidegate::net::test;

namespace {

/// The rest of a test case with each way to write, plain and over TLS.
WsServerOptions every_way() {
  WsServerOptions options;
  SUBCASE("by lists of writes, where the kernel takes them") {}
  SUBCASE("one by one") { options.io_uring = false; }
  return either_way(options);
}

struct Crowd {
  Crowd(EventLoop& event_loop, EchoServer& echo, std::size_t count) : loop(event_loop) {
    for (std::size_t i = 0; i < count; ++i) {
      peers.push_back(std::make_unique<RawPeer>(echo));
      peers.back()->handshake(loop);
    }
    REQUIRE(run_until(loop, [&] { return echo.connections.size() == count; }));
  }
  /// Whether each has got all of the messages, and nothing else, in their order.
  bool got(const std::vector<std::string>& messages) {
    for (const auto& peer : peers) {
      const auto frames = read_frames(loop, *peer, messages.size());
      if (frames.size() != messages.size()) return false;
      for (std::size_t i = 0; i < frames.size(); ++i) {
        if (frames[i].payload != messages[i]) return false;
      }
    }
    return true;
  }

  EventLoop& loop;
  std::vector<std::unique_ptr<RawPeer>> peers;
};

}  // namespace

TEST_CASE("write team: each piece of work is done once, whoever does it, and is done when run() returns") {
  for (const std::size_t helpers : {0U, 1U, 3U}) {
    CAPTURE(helpers);
    WriteTeam team(helpers);
    CHECK(team.size() == helpers + 1);
    for (const std::size_t count : {0U, 1U, 7U, 8U, 33U, 1000U}) {
      CAPTURE(count);
      for (int again = 0; again < 50; ++again) {
        std::vector<int> times(count, 0);  // no atomics: what run() has seen done, this thread may read
        team.run(count, [&times](std::size_t first, std::size_t end) {
          for (std::size_t i = first; i < end; ++i) ++times[i];
        });
        for (const int once : times) REQUIRE(once == 1);
      }
    }
  }
}

TEST_CASE("write team: with much to do others help") {
  WriteTeam team(1);
  const auto here = std::this_thread::get_id();
  std::atomic<bool> helped{false};
  // This thread's first piece lasts until the helper has done one.
  team.run(1000, [&](std::size_t, std::size_t) {
    if (std::this_thread::get_id() != here) helped = true;
    while (!helped) std::this_thread::yield();
  });
  CHECK(helped);
}

TEST_CASE("websocket server: every client gets every message once and in order, with one thread and with several") {
  WsServerOptions options = every_way();
  SUBCASE("one") {}
  SUBCASE("three") { options.threads = 3; }
  EventLoop loop;
  EchoServer echo(loop, options);
  Crowd crowd(loop, echo, 40);
  FramePool pool;
  std::vector<std::string> sent;
  for (int turn = 0; turn < 20; ++turn) {
    for (int i = 0; i <= turn; ++i) {
      // Some of them longer than a TLS record, and some turns of more pieces than one call takes.
      sent.push_back(std::to_string(sent.size()) + std::string(turn == 7 ? 20'000 : 50, 'x'));
      const FrameRef frame = pool.make(sent.back());
      for (WsConnection* connection : echo.connections) connection->send(frame);
    }
    loop.poll();
  }
  CHECK(crowd.got(sent));
  const WsServerTotals totals = echo.server.totals();
  std::uint64_t bytes = 0;
  for (const std::string& message : sent) bytes += (message.size() + (message.size() < 126 ? 2 : 4)) * crowd.peers.size();
  CHECK(totals.bytes >= bytes);
  CHECK(totals.writes >= 20 * crowd.peers.size());
}

TEST_CASE("websocket server: a client that reads nothing holds up nobody, with one thread and with several, and gets all of it once it reads") {
  WsServerOptions options = every_way();
  SUBCASE("one") {}
  SUBCASE("two") { options.threads = 2; }
  options.socket_send_buffer_bytes = 8192;
  EventLoop loop;
  EchoServer echo(loop, options);
  FramePool pool;
  RawPeer idle(echo, 4096);
  idle.handshake(loop);
  REQUIRE(run_until(loop, [&] { return echo.connections.size() == 1; }));
  WsConnection& held_up = *echo.connections.front();
  std::vector<std::string> sent;
  while (held_up.queued_bytes() < 200'000) {
    sent.push_back(std::to_string(sent.size()) + std::string(500, 'y'));
    const FrameRef frame = pool.make(sent.back());
    for (int i = 0; i < 10; ++i) held_up.send(frame);
    loop.poll();
  }
  std::vector<std::unique_ptr<RawPeer>> others;
  for (int i = 0; i < 30; ++i) {
    others.push_back(std::make_unique<RawPeer>(echo));
    others.back()->handshake(loop);
  }
  REQUIRE(run_until(loop, [&] { return echo.connections.size() == 31; }));
  const FrameRef news = pool.make("news");
  for (WsConnection* connection : echo.connections) connection->send(news);
  for (const auto& other : others) {
    const auto frames = read_frames(loop, *other, 1);
    REQUIRE(frames.size() == 1);
    CHECK(frames.front().payload == "news");
  }
  CHECK(held_up.queued_bytes() > 100'000);
  const auto frames = read_frames(loop, idle, sent.size() * 10 + 1);
  REQUIRE(frames.size() == sent.size() * 10 + 1);
  for (std::size_t i = 0; i < sent.size() * 10; ++i) REQUIRE(frames[i].payload == sent[i / 10]);
  CHECK(frames.back().payload == "news");
}

TEST_CASE("websocket server: clients that are cut while several threads write are told as closed, and the others go on") {
  WsServerOptions options = every_way();
  options.threads = 3;
  EventLoop loop;
  EchoServer echo(loop, options);
  FramePool pool;
  std::vector<std::unique_ptr<RawPeer>> leaving, staying;
  for (int i = 0; i < 20; ++i) {
    for (auto* group : {&leaving, &staying}) {
      group->push_back(std::make_unique<RawPeer>(echo));
      group->back()->handshake(loop);
    }
  }
  REQUIRE(run_until(loop, [&] { return echo.connections.size() == 40; }));
  std::vector<std::string> sent;
  const auto send_to_all = [&] {
    sent.push_back(std::to_string(sent.size()) + std::string(2000, 'z'));
    const FrameRef frame = pool.make(sent.back());
    for (WsConnection* connection : echo.connections) connection->send(frame);
  };
  send_to_all();
  loop.poll();
  leaving.clear();
  // Writes meet sockets whose peers have gone.
  REQUIRE(run_until(loop, [&] {
    if (sent.size() < 100) send_to_all();
    return echo.closed_count == 20;
  }));
  for (const auto& peer : staying) {
    const auto frames = read_frames(loop, *peer, sent.size());
    REQUIRE(frames.size() == sent.size());
    for (std::size_t i = 0; i < frames.size(); ++i) REQUIRE(frames[i].payload == sent[i]);
  }
}

TEST_CASE("websocket server: the number of its threads may change while it serves") {
  WsServerOptions options = either_way();
  EventLoop loop;
  EchoServer echo(loop, options);
  Crowd crowd(loop, echo, 20);
  FramePool pool;
  std::vector<std::string> sent;
  for (const std::size_t threads : {1U, 4U, 2U, 2U, 1U}) {
    options.threads = threads;
    echo.server.set_limits(options);
    for (int i = 0; i < 10; ++i) {
      sent.push_back(std::to_string(sent.size()));
      const FrameRef frame = pool.make(sent.back());
      for (WsConnection* connection : echo.connections) connection->send(frame);
      loop.poll();
    }
  }
  CHECK(crowd.got(sent));
}
