// A client that loses its connection every second and comes back where it was: it must have every trade once.
#include <fmt/core.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "gateway/net/ws_client.hpp"
#include "tools/bench/cpu_time.hpp"
#include "tools/bench/options.hpp"
#include "tools/bench/trade_server.hpp"
#include "tools/bench/wait_for.hpp"

namespace tidegate::bench {
namespace {

constexpr std::size_t kSymbols = 20;
constexpr double kTradesPerSecond = 20'000;
constexpr std::chrono::seconds kConnected{1};

std::uint64_t number_after(std::string_view text, std::string_view key) {
  const std::size_t at = text.find(key);
  return at == std::string_view::npos ? 0 : std::strtoull(text.data() + at + key.size(), nullptr, 10);
}

/// Lives on its loop, but for the counts.
class Returner final : private net::WsClientHandler {
 public:
  Returner(TradeServer& server, net::EventLoop& loop) : server_(server), loop_(loop), last_(kSymbols) {}

  void connect() {
    net::WsClientOptions options;
    options.url = "ws://127.0.0.1:" + std::to_string(server_.port()) + "/ws";
    options.message_bytes_max = std::size_t{16} << 20U;
    client_ = std::make_unique<net::WsClient>(loop_, static_cast<net::WsClientHandler&>(*this));
    client_->connect(options);
  }
  void drop() {
    client_->abort();
    client_.reset();
  }

  std::atomic<std::uint64_t> once{0}, again{0}, missing{0}, told{0}, replayed{0}, unknown{0};

 private:
  void on_open() override {
    std::string symbols, since;
    for (std::size_t i = 0; i < kSymbols; ++i) {
      symbols += (i == 0 ? "\"" : ",\"") + TradeServer::symbol(i) + "\"";
      if (last_[i] != 0) since += (since.empty() ? "\"" : ",\"") + TradeServer::symbol(i) + "\":" + std::to_string(last_[i]);
    }
    client_->send_text(R"({"op":"subscribe","channels":["trade"],"symbols":[)" + symbols + R"(],"options":{"snapshot":false,"epoch":")" +
                       server_.epoch() + R"(","since":{)" + since + "}}}");
  }
  void on_message(std::string&& text, bool) override {
    const bool gap = text.starts_with(R"({"type":"gap")");
    if (text.find(R"("code":4040)") != std::string::npos) ++unknown;
    if (!gap && !text.starts_with(R"({"type":"trade")")) return;
    std::uint64_t& last = last_[number_after(text, "BENCH:S")];
    const std::uint64_t first = number_after(text, gap ? "\"from_seq\":" : "\"seq\":");
    const std::uint64_t to = gap ? number_after(text, "\"to_seq\":") : first;
    if (first <= last) ++again;
    if (last != 0 && first > last + 1) missing += first - last - 1;
    if (gap) {
      told += to + 1 - first;
    } else {
      ++once;
    }
    if (text.find("replayed") != std::string::npos) ++replayed;
    last = to;
  }
  void on_closed(const net::WsClosed&) override {}

  TradeServer& server_;
  net::EventLoop& loop_;
  std::vector<std::uint64_t> last_;
  std::unique_ptr<net::WsClient> client_;
};

}  // namespace

bool run_resume(const Options& options) {
  TradeServer server({{kSymbols, kTradesPerSecond / kSymbols}});
  if (server.port() == 0) return false;
  tools::LoopThread thread;
  auto returner = thread.run([&] { return std::make_unique<Returner>(server, thread.loop()); });
  fmt::print("resume: {} trades/s of {} symbols; a client drops every second for {} s and comes back with since\n\n", kTradesPerSecond, kSymbols,
             options.resume_seconds);
  const std::int64_t end = now_ns() + std::int64_t{options.resume_seconds} * 1'000'000'000;
  std::size_t drops = 0;
  while (now_ns() < end) {
    thread.run([&] { returner->connect(); });
    const std::uint64_t before = returner->once;
    if (!wait_for([&] { return returner->once != before; })) break;
    std::this_thread::sleep_for(kConnected);
    thread.run([&] { returner->drop(); });
    ++drops;
  }
  fmt::print(
      "connections {}, trades emitted {}, received once {}, of those replayed {}; received twice {}, missing {}, told in gaps {}, positions unknown "
      "{}\n",
      drops, server.trades_emitted(), returner->once.load(), returner->replayed.load(), returner->again.load(), returner->missing.load(),
      returner->told.load(), returner->unknown.load());
  const bool exact = returner->again == 0 && returner->missing == 0 && returner->told == 0 && returner->unknown == 0 && returner->once != 0;
  thread.run([&] { returner.reset(); });
  return exact;
}

}  // namespace tidegate::bench
