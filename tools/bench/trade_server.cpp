#include "tools/bench/trade_server.hpp"

#include <chrono>
#include <utility>

#include "gateway/core/catalog.hpp"
#include "tools/bench/cpu_time.hpp"

namespace tidegate::bench {
namespace {

constexpr std::chrono::milliseconds kPace{1};

std::shared_ptr<const Catalog> catalog_of(std::size_t symbols) {
  std::vector<Instrument> instruments(symbols);
  for (std::size_t i = 0; i < symbols; ++i) {
    instruments[i].venue = "BENCH";
    instruments[i].name = "S" + std::to_string(i);
    instruments[i].tick_size = {1, -2};
  }
  return Catalog::with_list(nullptr, BrokerId{0}, instruments);
}

}  // namespace

TradeServer::TradeServer(const std::vector<TradeFlow>& flows) {
  std::size_t symbols = 0;
  for (const TradeFlow& flow : flows) {
    flows_.push_back({flow, symbols, 0});
    symbols += flow.symbols;
  }
  seq_.resize(symbols);
  telemetry_.brokers.emplace_back().name = "bench";
  port_ = thread_.run([&, this] {
    DistributorOptions options;
    options.epoch = epoch();
    options.broker_names = {"bench"};
    options.heartbeat = std::chrono::hours{1};  // these readers answer no ping
    distributor_ = std::make_unique<Distributor>(thread_.loop(), clock_, telemetry_, static_cast<UpstreamHost&>(*this), std::move(options));
    if (!distributor_->listen().empty()) return std::uint16_t{0};
    distributor_->on_catalog(catalog_of(symbols));
    thread_.loop().at_turn_end([this] {
      if (distributor_ == nullptr) return;
      distributor_->do_work(clock_.mono());
      distributor_->end_turn();
    });
    timer_ = std::make_unique<net::Timer>(thread_.loop());
    begin_ns_ = now_ns();
    turn();
    return distributor_->port();
  });
}

TradeServer::~TradeServer() {
  thread_.run([this] {
    timer_.reset();
    distributor_.reset();
  });
}

/// Every flow comes to where it should be by now.
void TradeServer::turn() {
  const std::int64_t now = now_ns();
  const double seconds = static_cast<double>(now - begin_ns_) / 1e9;
  for (Running& running : flows_) {
    const auto due = static_cast<std::uint64_t>(seconds * running.flow.per_second * static_cast<double>(running.flow.symbols));
    for (; running.done < due; ++running.done) {
      const std::size_t i = running.first + running.done % running.flow.symbols;
      auto trade = make_record<Trade>(InstrumentId{static_cast<std::uint32_t>(i)}, Channel::Trade);
      trade.header.seq = ++seq_[i];
      trade.header.price_exponent = -2;
      trade.header.ts_received = clock_.utc();
      trade.price = 6'543'210;
      trade.quantity = 15;
      trade.trade_id = static_cast<std::uint64_t>(now) & 0xFF'FFFF'FFFF'FFFFU;  // 56 bits of nanoseconds are two years
      distributor_->on_record(trade.header);
      emitted_.fetch_add(1, std::memory_order_relaxed);
    }
  }
  timer_->start(kPace, [this] { turn(); });
}

}  // namespace tidegate::bench
