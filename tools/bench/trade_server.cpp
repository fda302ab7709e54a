#include "tools/bench/trade_server.hpp"

#include <chrono>

#include "tools/bench/cpu_time.hpp"

namespace tidegate::bench {
namespace {

constexpr std::chrono::milliseconds kPace{1};

std::size_t symbols_of(const std::vector<TradeFlow>& flows) {
  std::size_t symbols = 0;
  for (const TradeFlow& flow : flows) symbols += flow.symbols;
  return symbols;
}

}  // namespace

TradeServer::TradeServer(const std::vector<TradeFlow>& flows) : host_(symbols_of(flows)) {
  std::size_t first = 0;
  for (const TradeFlow& flow : flows) {
    flows_.push_back({flow, first, 0});
    first += flow.symbols;
  }
  if (host_.port() == 0) return;
  host_.thread().run([this] {
    timer_ = std::make_unique<net::Timer>(host_.thread().loop());
    begin_ns_ = now_ns();
    turn();
  });
}

TradeServer::~TradeServer() {
  host_.thread().run([this] { timer_.reset(); });
}

/// Every flow comes to where it should be by now.
void TradeServer::turn() {
  const std::int64_t now = now_ns();
  const double seconds = static_cast<double>(now - begin_ns_) / 1e9;
  for (Running& running : flows_) {
    const auto due = static_cast<std::uint64_t>(seconds * running.flow.per_second * static_cast<double>(running.flow.symbols));
    for (; running.done < due; ++running.done) {
      host_.trade(running.first + running.done % running.flow.symbols, now);
      emitted_.fetch_add(1, std::memory_order_relaxed);
    }
  }
  timer_->start(kPace, [this] { turn(); });
}

}  // namespace tidegate::bench
