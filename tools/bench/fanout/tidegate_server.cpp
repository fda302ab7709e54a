#include "tools/bench/fanout/tidegate_server.hpp"

#include "tools/bench/cpu_time.hpp"
#include "tools/bench/fanout/turns.hpp"

namespace tidegate::bench {

TidegateServer::TidegateServer(std::size_t symbols, const SocketSetup& sockets) : host_(symbols, sockets), threads_(sockets.threads) {
  host_.thread().run([this] { timer_ = std::make_unique<net::Timer>(host_.thread().loop()); });
}

TidegateServer::~TidegateServer() {
  host_.thread().run([this] { timer_.reset(); });
}

void TidegateServer::publish(const FanoutRun& run) {
  run_ = run;
  turns_done_ = 0;
  done_ = {};
  auto done = done_.get_future();
  host_.thread().loop().post([this] {
    begin_ns_ = now_ns();
    turn();
  });
  done.get();
}

std::int64_t TidegateServer::cpu_ns() {
  // Of several threads it is the process's: nobody else in it has anything to do meanwhile.
  if (threads_ > 1) return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
  return host_.thread().run([] { return thread_cpu_ns(); });
}

void TidegateServer::turn() {
  for (std::size_t i = 0; i < run_.burst; ++i) host_.trade(i % run_.symbols, now_ns());
  if (late_ == Late::WritesEachTurn) host_.end_turn();
  if (++turns_done_ == run_.turns) return done_.set_value();
  timer_->start(until_turn(run_, begin_ns_, turns_done_), [this] { turn(); });
}

}  // namespace tidegate::bench
