#include "tools/bench/distributor_host.hpp"

#include <chrono>
#include <utility>

#include "gateway/core/catalog.hpp"

namespace tidegate::bench {
namespace {

constexpr std::size_t kConnectionsMax = 1'000'000;  // not what is measured
constexpr std::uint64_t kFirstNumber = 1'000'000;   // so that messages keep their length

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

DistributorHost::DistributorHost(std::size_t symbols, const SocketSetup& sockets, const distributor::LoginOptions& login)
    : seq_(symbols, kFirstNumber) {
  telemetry_.brokers.emplace_back().name = "bench";
  port_ = thread_.run([&, this] {
    DistributorOptions options;
    options.epoch = epoch();
    options.broker_names = {"bench"};
    options.heartbeat = std::chrono::hours{1};  // these readers answer no ping
    options.connections = kConnectionsMax;
    options.tls_certificate = sockets.tls.certificate;
    options.tls_private_key = sockets.tls.private_key;
    options.login = login;
    options.threads = sockets.threads;
    options.io_uring = sockets.io_uring;
    options.compression = sockets.compression;
    distributor_ = std::make_unique<Distributor>(thread_.loop(), clock_, telemetry_, static_cast<UpstreamHost&>(*this), std::move(options));
    if (!distributor_->listen().empty()) return std::uint16_t{0};
    distributor_->on_catalog(catalog_of(symbols));
    thread_.loop().at_turn_end([this] {
      if (distributor_ != nullptr) end_turn();
    });
    return distributor_->port();
  });
}

DistributorHost::~DistributorHost() {
  thread_.run([this] { distributor_.reset(); });
}

std::string DistributorHost::subscribe_request(std::size_t symbols, std::size_t first) {
  std::string list;
  for (std::size_t i = 0; i < symbols; ++i) list += (i == 0 ? "\"" : ",\"") + symbol(first + i) + "\"";
  return R"({"op":"subscribe","channels":["trade"],"symbols":[)" + list + R"(],"options":{"snapshot":false}})";
}

Trade DistributorHost::make_trade(std::size_t i, std::uint64_t seq, std::int64_t trade_id, UtcTime received) {
  auto trade = make_record<Trade>(InstrumentId{static_cast<std::uint32_t>(i)}, Channel::Trade);
  trade.header.seq = seq;
  trade.header.price_exponent = -2;
  trade.header.ts_received = received;
  trade.price = 6'543'210;
  trade.quantity = 15;
  trade.trade_id = static_cast<std::uint64_t>(trade_id) & 0xFF'FFFF'FFFF'FFFFU;  // 56 bits of nanoseconds are two years
  return trade;
}

void DistributorHost::trade(std::size_t i, std::int64_t now_ns) { distributor_->on_record(make_trade(i, ++seq_[i], now_ns, clock_.utc()).header); }

void DistributorHost::end_turn() {
  distributor_->do_work(clock_.mono());
  distributor_->end_turn();
}

}  // namespace tidegate::bench
