// Engine.IO 3's heartbeat: the client asks, the server answers. docs/protocols/xts.md section 4.4
#pragma once

#include <functional>

#include "gateway/core/time.hpp"
#include "gateway/net/event_loop.hpp"

namespace tidegate::xts {

/// The loop's thread.
class Heartbeat {
 public:
  /// `ping`: it is time to send one. `lost`: one stayed without an answer for too long.
  Heartbeat(net::EventLoop& loop, std::function<void()> ping, std::function<void()> lost)
      : ping_(std::move(ping)), lost_(std::move(lost)), ping_timer_(loop), pong_timer_(loop) {}

  void start(Duration interval, Duration patience) {
    interval_ = interval;
    patience_ = patience;
    pong_timer_.cancel();
    wait();
  }
  void on_pong() { pong_timer_.cancel(); }
  void stop() {
    ping_timer_.cancel();
    pong_timer_.cancel();
  }

 private:
  void wait() {
    ping_timer_.start(interval_, [this] {
      if (!pong_timer_.pending()) pong_timer_.start(patience_, [this] { lost_(); });
      wait();
      ping_();
    });
  }

  std::function<void()> ping_;
  std::function<void()> lost_;
  net::Timer ping_timer_;
  net::Timer pong_timer_;
  Duration interval_{};
  Duration patience_{};
};

}  // namespace tidegate::xts
