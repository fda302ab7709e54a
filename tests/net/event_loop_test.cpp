#include <doctest/doctest.h>
#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gateway/net/event_loop.hpp"
#include "tests/net/support.hpp"

using namespace std::chrono_literals;
using namespace tidegate::net;
using namespace tidegate::net::test;

TEST_CASE("event loop: hooks run in order of registration, after all that was ready") {
  EventLoop loop;
  std::string order;
  loop.at_turn_end([&] { order += 'a'; });
  loop.at_turn_end([&] { order += 'b'; });
  loop.post([&] { order += '1'; });
  loop.post([&] {
    order += '2';
    loop.post([&] { order += '3'; });  // ready before the turn ends: the same turn
  });
  CHECK(loop.poll() == 3);
  CHECK(order == "123ab");
}

TEST_CASE("event loop: a turn is bounded, so that hooks come round under any load") {
  EventLoop loop;
  int hooks = 0;
  loop.at_turn_end([&] { ++hooks; });
  std::function<void()> again = [&] { loop.post(again); };
  loop.post(again);
  loop.poll();
  loop.poll();
  CHECK(hooks == 2);
}

TEST_CASE("event loop: a hook may add a hook") {
  EventLoop loop;
  int added = 0;
  int first = 0;
  loop.at_turn_end([&] {
    if (first++ == 0) {
      for (int i = 0; i < 100; ++i) loop.at_turn_end([&] { ++added; });
    }
  });
  loop.poll();
  CHECK(added == 100);
}

TEST_CASE("event loop: wake from the loop's own handlers costs no handler, from a hook it brings another turn") {
  EventLoop loop;
  int hooks = 0;
  int wakes_left = 3;
  loop.at_turn_end([&] {
    ++hooks;
    if (wakes_left-- > 0) loop.wake();
    if (hooks == 4) loop.stop();
  });
  loop.post([&] {
    for (int i = 0; i < 100; ++i) loop.wake();
  });
  CHECK(loop.poll() == 1);
  CHECK(loop.run_for(20s) == 0);  // does not wait: the hook asked for this turn
  CHECK(hooks == 2);
  loop.run();
  CHECK(hooks == 4);
}

TEST_CASE("event loop: wakes from another thread coalesce, and at least one turn ends after the last") {
  EventLoop loop;
  std::atomic<int> asked{0};
  std::atomic<bool> begin{false};
  int seen = 0;
  int turns = 0;
  loop.at_turn_end([&] {
    ++turns;
    seen = asked.load();
    if (seen == 100'000) loop.stop();
  });
  for (int i = 0; i < 1000; ++i) loop.wake();  // nothing runs yet: one handler between them
  CHECK(loop.poll() == 1);
  CHECK(turns == 1);
  std::thread other([&] {
    while (!begin) std::this_thread::yield();
    for (int i = 0; i < 100'000; ++i) {
      asked.fetch_add(1);
      loop.wake();
    }
  });
  loop.post([&] { begin = true; });
  loop.run();
  other.join();
  CHECK(seen == 100'000);
}

TEST_CASE("event loop: run ends by stop from another thread, spinning or not, and can run again") {
  for (const bool spin : {false, true}) {
    EventLoop loop;
    loop.set_spin(spin);
    for (int round = 0; round < 2; ++round) {
      std::atomic<bool> ran{false};
      std::thread other([&] {
        loop.post([&] {
          CHECK(loop.on_this_thread());
          ran = true;
        });
        while (!ran) std::this_thread::yield();
        loop.stop();
      });
      loop.run();
      other.join();
      CHECK(ran);
    }
    CHECK_FALSE(loop.on_this_thread());
  }
}

TEST_CASE("timer: it fires once, and not before its delay") {
  EventLoop loop;
  Timer timer(loop);
  int fired = 0;
  const auto begin = std::chrono::steady_clock::now();
  timer.start(20ms, [&] { ++fired; });
  CHECK(timer.pending());
  REQUIRE(run_until(loop, [&] { return fired > 0; }));
  CHECK(std::chrono::steady_clock::now() - begin >= 20ms);
  CHECK_FALSE(timer.pending());
  settle(loop);
  CHECK(fired == 1);
}

TEST_CASE("timer: one that was cancelled, restarted or destroyed does not run its work, even when it is already due") {
  EventLoop loop;
  std::string ran;
  Timer judge(loop);
  Timer cancelled(loop);
  Timer restarted(loop);
  auto destroyed = std::make_unique<Timer>(loop);
  // All are due together; the first to run decides over the others while they are queued.
  judge.start(1ms, [&] {
    ran += 'j';
    cancelled.cancel();
    restarted.start(1ms, [&] { ran += 'r'; });
    destroyed.reset();
  });
  cancelled.start(1ms, [&] { ran += 'c'; });
  restarted.start(1ms, [&] { ran += 'o'; });
  destroyed->start(1ms, [&] { ran += 'd'; });
  const auto due = std::chrono::steady_clock::now() + 5ms;
  while (std::chrono::steady_clock::now() < due) {
  }
  REQUIRE(run_until(loop, [&] { return ran.size() >= 2; }));
  settle(loop);
  CHECK(ran == "jr");
}

TEST_CASE("timer: its work may restart it, and destroy it") {
  EventLoop loop;
  auto timer = std::make_unique<Timer>(loop);
  int fired = 0;
  std::function<void()> work = [&] {
    if (++fired < 3) {
      timer->start(0ns, work);
    } else {
      timer.reset();
    }
  };
  timer->start(0ns, work);
  REQUIRE(run_until(loop, [&] { return fired == 3; }));
}

TEST_CASE("timer: cancelling releases what its work holds") {
  EventLoop loop;
  Timer timer(loop);
  const auto held = std::make_shared<int>(1);
  timer.start(1h, [held] {});
  CHECK(held.use_count() == 2);
  timer.cancel();
  CHECK(held.use_count() == 1);
}

TEST_CASE("event loop: signals arrive on the loop, each time") {
  EventLoop loop;
  std::vector<int> signals;
  loop.on_signals({SIGUSR1, SIGUSR2}, [&](int signal) { signals.push_back(signal); });
  for (const int signal : {SIGUSR1, SIGUSR2, SIGUSR1}) {
    const std::size_t before = signals.size();
    ::kill(::getpid(), signal);
    REQUIRE(run_until(loop, [&] { return signals.size() > before; }));
  }
  CHECK(signals == std::vector<int>{SIGUSR1, SIGUSR2, SIGUSR1});
}
