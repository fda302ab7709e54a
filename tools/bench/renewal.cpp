// Connections to a simulated Binance that are renewed every few seconds under load: a subscriber must have every trade once, and hear of no break.
#include <fmt/core.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "gateway/net/ws_client.hpp"
#include "tools/bench/gateway_host.hpp"
#include "tools/bench/options.hpp"
#include "tools/bench/wait_for.hpp"
#include "tools/common/loop_thread.hpp"
#include "tools/sim/binance/server.hpp"
#include "tools/sim/binance/symbols.hpp"

namespace tidegate::bench {
namespace {

constexpr std::size_t kMarketSymbols = 20;
/// Trades and quotes a second that the simulator makes of one symbol at rate 1.
constexpr double kRecordsAtRateOne = 21;

std::string_view text_after(std::string_view text, std::string_view key) {
  const std::size_t at = text.find(key);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = text.substr(at + key.size());
  return rest.substr(0, rest.find('"'));
}

std::uint64_t integer_after(std::string_view text, std::string_view key) {
  const std::size_t at = text.find(key);
  return at == std::string_view::npos ? 0 : std::strtoull(text.data() + at + key.size(), nullptr, 10);
}

/// A subscriber of all trades and quotes. Lives on its loop, but for the counts.
class Witness final : private net::WsClientHandler {
 public:
  Witness(net::EventLoop& loop, std::uint16_t port, std::string symbols) : client_(loop, *this), symbols_(std::move(symbols)) {
    net::WsClientOptions options;
    options.url = "ws://127.0.0.1:" + std::to_string(port) + "/ws";
    options.message_bytes_max = std::size_t{16} << 20U;
    client_.connect(options);
  }
  std::atomic<std::uint64_t> records{0}, trades{0}, again{0}, missing{0}, holes{0}, gaps{0}, breaks{0}, closed{0};

 private:
  void on_open() override { client_.send_text(R"({"op":"subscribe","channels":["trade","quote"],"symbols":[)" + symbols_ + "]}"); }
  void on_message(std::string&& text, bool) override {
    const bool trade = text.starts_with(R"({"type":"trade")");
    if (text.starts_with(R"({"type":"gap")")) ++gaps;
    if (text.starts_with(R"({"type":"state")") && text_after(text, R"("state":")") != "live") ++breaks;
    if (!trade && !text.starts_with(R"({"type":"quote")")) return;
    ++records;
    const std::string_view symbol = text_after(text, R"("symbol":")");
    const std::uint64_t seq = integer_after(text, R"("seq":)");
    std::uint64_t& last_seq = (trade ? trade_seqs_ : quote_seqs_)[std::string{symbol}];
    if (last_seq != 0 && seq != last_seq + 1) ++holes;
    last_seq = seq;
    if (!trade) return;
    ++trades;
    const std::uint64_t id = integer_after(text, R"("trade_id":")");
    std::uint64_t& last_id = trade_ids_[std::string{symbol}];
    if (last_id != 0 && id <= last_id) ++again;
    if (last_id != 0 && id > last_id + 1) missing += id - last_id - 1;
    last_id = id;
  }
  void on_closed(const net::WsClosed&) override { ++closed; }

  net::WsClient client_;
  std::string symbols_;
  std::unordered_map<std::string, std::uint64_t> trade_seqs_, quote_seqs_, trade_ids_;
};

}  // namespace

bool run_renewal(const Options& options) {
  tools::LoopThread venue_thread, witness_thread;
  sim::BinanceOptions market;
  market.market = "spot";
  market.symbols = kMarketSymbols;
  market.rate = options.renewal_rate / (kRecordsAtRateOne * kMarketSymbols);
  market.connects_max = 1'000'000;
  std::unique_ptr<sim::BinanceServer> venue;
  const std::string problem = venue_thread.run([&] {
    venue = std::make_unique<sim::BinanceServer>(venue_thread.loop(), market);
    return venue->listen("127.0.0.1", 0);
  });
  if (!problem.empty()) {
    fmt::print(stderr, "renewal: {}\n", problem);
    return false;
  }
  const std::string url = "127.0.0.1:" + std::to_string(venue_thread.run([&] { return venue->port(); }));
  std::string symbols;
  for (const auto& spec : sim::binance::make_symbols(sim::binance::Market::Spot, kMarketSymbols)) {
    symbols += (symbols.empty() ? "\"BINANCE:" : ",\"BINANCE:") + spec.name + "\"";
  }
  {
    GatewayHost gateway{"server: {listen: '127.0.0.1:0', limits: {outbox: 256MiB}}\nlog: {level: error}\npipeline: {mode: " +
                        std::string{options.threads ? "threads" : "inline"} + "}\nbrokers:\n  binance: {adapter: binance, ws_url: 'ws://" + url +
                        "', rest_url: 'http://" + url + "', max_age: 2s, renewal_jitter: 0s, reconnect: {initial: 10ms, maximum: 200ms}}\n"};
    if (!gateway.problem().empty()) {
      fmt::print(stderr, "renewal: {}\n", gateway.problem());
      return false;
    }
    std::unique_ptr<Witness> witness;
    witness_thread.run([&] { witness = std::make_unique<Witness>(witness_thread.loop(), gateway.port(), symbols); });
    if (!wait_for([&] { return witness->records > 0; })) {
      fmt::print(stderr, "renewal: no record came\n");
      return false;
    }
    const std::uint64_t before = witness->records;
    const auto begin = std::chrono::steady_clock::now();
    std::this_thread::sleep_for(std::chrono::seconds{options.renewal_seconds});
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    const std::uint64_t seen = witness->records - before;
    const sim::BinanceCounters counters = venue_thread.run([&] { return venue->counters(); });
    fmt::print("| seconds | renewals | records | a second | trades | missing | again | holes in seq | gaps | states but live |\n");
    fmt::print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
    fmt::print("| {:.0f} | {} | {} | {:.0f} | {} | {} | {} | {} | {} | {} |\n", seconds, counters.connections_accepted - 1, seen,
               static_cast<double>(seen) / seconds, witness->trades.load(), witness->missing.load(), witness->again.load(), witness->holes.load(),
               witness->gaps.load(), witness->breaks.load());
    const bool good = witness->missing + witness->again + witness->holes + witness->gaps + witness->breaks + witness->closed == 0;
    witness_thread.run([&] { witness.reset(); });
    venue_thread.run([&] { venue.reset(); });
    return good;
  }
}

}  // namespace tidegate::bench
