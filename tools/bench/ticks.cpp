// Part 5: the whole allowance of one Zerodha key, 9,000 instruments in full mode over three connections, each four times a second: what share of a
// core the gateway takes, and whether anything is lost, beside a program that only receives the same messages.
#include <fmt/core.h>

#include <atomic>
#include <charconv>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "gateway/net/ws_client.hpp"
#include "tools/bench/comparison.hpp"
#include "tools/bench/cpu_time.hpp"
#include "tools/bench/gateway_host.hpp"
#include "tools/bench/options.hpp"
#include "tools/bench/wait_for.hpp"
#include "tools/common/loop_thread.hpp"
#include "tools/sim/zerodha/server.hpp"

namespace tidegate::bench {
namespace {

constexpr std::size_t kInstruments = 9'000;
constexpr std::size_t kOfOneConnection = 3'000;
constexpr std::size_t kSymbolsOfOneRequest = 1'000;
constexpr std::chrono::milliseconds kFlush{235};  // every instrument is in every flush: four updates a second, and a little more

/// The broker's side, in a thread of its own; says nothing but heartbeats outside of a round.
class Kite {
 public:
  Kite() {
    thread_.run([this] {
      sim::ZerodhaOptions options;
      options.symbols = kInstruments + 100;  // the first ones are known instruments of every kind, then made-up shares
      options.rate = 0;
      options.flush_interval = kFlush;
      server_ = std::make_unique<sim::ZerodhaServer>(thread_.loop(), options);
      if (server_->listen("127.0.0.1", 0).empty()) port_ = server_->port();
      const std::vector<std::uint32_t> tokens = server_->tokens();
      tokens_.assign(tokens.end() - kInstruments, tokens.end());
    });
  }
  ~Kite() {
    thread_.run([this] { server_.reset(); });
  }
  Kite(const Kite&) = delete;
  Kite& operator=(const Kite&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] const std::vector<std::uint32_t>& tokens() const { return tokens_; }
  [[nodiscard]] bool all_in_full() {
    return thread_.run([this] {
      std::size_t full = 0;
      for (const sim::ZerodhaConnection& connection : server_->connections()) {
        for (const auto& [token, mode] : connection.modes) full += mode == sim::zerodha::Mode::Full ? 1 : 0;
      }
      return full == kInstruments;
    });
  }
  void speak(bool on) {
    thread_.run([&] { server_->inject(on ? "resume" : "silence"); });
  }
  [[nodiscard]] std::uint64_t packets_sent() {
    return thread_.run([this] { return server_->counters().packets_sent; });
  }

 private:
  tools::LoopThread thread_;
  std::unique_ptr<sim::ZerodhaServer> server_;
  std::vector<std::uint32_t> tokens_;
  std::uint16_t port_ = 0;
};

/// One WebSocket on a loop: counts what comes, and looks for holes in the sequence numbers of quotes.
class Receiver final : private net::WsClientHandler {
 public:
  Receiver(net::EventLoop& loop, const std::string& url, std::vector<std::string> requests) : client_(loop, *this), requests_(std::move(requests)) {
    net::WsClientOptions options;
    options.url = url;
    client_.connect(options);
  }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t quotes() const { return quotes_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t others() const { return others_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t holes() const { return holes_.load(std::memory_order_relaxed); }
  [[nodiscard]] bool closed() const { return closed_; }

 private:
  static void add(std::atomic<std::uint64_t>& counter, std::uint64_t n = 1) { counter.fetch_add(n, std::memory_order_relaxed); }

  void on_open() override {
    for (const std::string& request : requests_) client_.send_text(request);
  }
  void on_message(std::string&& payload, bool binary) override {
    add(bytes_, payload.size());
    if (binary) return;
    constexpr std::string_view kQuote = R"({"type":"quote","symbol":")", kSeq = R"("seq":)";
    const std::string_view text{payload};
    if (!text.starts_with(kQuote)) return add(others_);
    add(quotes_);
    const std::size_t end = text.find('"', kQuote.size());
    const std::size_t at = text.find(kSeq, end) + kSeq.size();
    std::uint64_t seq = 0;
    std::from_chars(text.data() + at, text.data() + text.size(), seq);
    std::uint64_t& last = last_[std::string{text.substr(kQuote.size(), end - kQuote.size())}];
    if (last != 0 && seq != last + 1) add(holes_);
    last = seq;
  }
  void on_closed(const net::WsClosed&) override { closed_ = true; }

  net::WsClient client_;
  std::vector<std::string> requests_;
  std::unordered_map<std::string, std::uint64_t> last_;
  std::atomic<std::uint64_t> bytes_{0}, quotes_{0}, others_{0}, holes_{0};
  std::atomic<bool> closed_{false};
};

struct Round {
  std::uint64_t packets = 0;  // sent by the broker
  double seconds = 0;
  std::int64_t cpu_ns = 0;
};

/// Lets the broker speak for about `limit`, then waits until everything that it said has been taken in.
template <class CpuClock, class Progress>
Round run_round(Kite& kite, std::chrono::nanoseconds limit, CpuClock cpu_ns, Progress progress) {
  const std::uint64_t packets = kite.packets_sent();
  const std::int64_t begin = now_ns(), cpu = cpu_ns();
  kite.speak(true);
  std::this_thread::sleep_for(limit);
  kite.speak(false);
  const std::int64_t end = now_ns();
  std::uint64_t last = progress();
  for (;;) {
    std::this_thread::sleep_for(std::chrono::milliseconds{200});
    if (const std::uint64_t now = progress(); now == last) break;
    last = progress();
  }
  return {kite.packets_sent() - packets, static_cast<double>(end - begin) / 1e9, cpu_ns() - cpu};
}

/// Packets a second, percent of a core, microseconds a packet, messages a second to the subscriber, lost packets.
std::vector<double> values(const Round& round, std::uint64_t messages, std::uint64_t lost) {
  const auto packets = static_cast<double>(round.packets);
  return {packets / round.seconds, static_cast<double>(round.cpu_ns) / 1e7 / round.seconds, static_cast<double>(round.cpu_ns) / 1e3 / packets,
          static_cast<double>(messages) / round.seconds, static_cast<double>(lost)};
}

/// Three connections that throw away what they receive.
class Bare {
 public:
  Bare() {
    for (std::size_t begin = 0; begin < kInstruments; begin += kOfOneConnection) {
      std::string tokens;
      for (std::size_t i = begin; i < begin + kOfOneConnection; ++i) tokens += (i == begin ? "" : ",") + std::to_string(kite_.tokens()[i]);
      std::vector<std::string> requests = {R"({"a":"subscribe","v":[)" + tokens + "]}", R"({"a":"mode","v":["full",[)" + tokens + "]]}"};
      thread_.run([&] {
        receivers_.push_back(std::make_unique<Receiver>(thread_.loop(), fmt::format("ws://127.0.0.1:{}/?api_key=k&access_token=t", kite_.port()),
                                                        std::move(requests)));
      });
    }
  }
  ~Bare() {
    thread_.run([this] { receivers_.clear(); });
  }
  [[nodiscard]] bool ready() {
    if (!wait_for([this] { return kite_.all_in_full(); })) return false;
    kite_.speak(false);
    return true;
  }
  std::vector<double> measure(std::chrono::nanoseconds limit) {
    const auto cpu = [this] { return thread_.run([] { return thread_cpu_ns(); }); };
    const auto bytes = [this] {
      std::uint64_t sum = 0;
      for (const auto& receiver : receivers_) sum += receiver->bytes();
      return sum;
    };
    return values(run_round(kite_, limit, cpu, bytes), 0, 0);
  }

 private:
  Kite kite_;
  tools::LoopThread thread_;
  std::vector<std::unique_ptr<Receiver>> receivers_;
};

/// The gateway with one subscriber for everything, on all its default limits but the number of subscriptions.
class Whole {
 public:
  explicit Whole(std::string channels) : channels_(std::move(channels)), gateway_(yaml()) {
    if (!gateway_.problem().empty()) return;
    std::vector<std::string> requests;
    for (std::size_t begin = 0; begin < kInstruments; begin += kSymbolsOfOneRequest) {
      std::string symbols;
      for (std::size_t i = begin; i < begin + kSymbolsOfOneRequest; ++i)
        symbols += fmt::format("{}\"BENCH:T{}\"", i == begin ? "" : ",", kite_.tokens()[i]);
      requests.push_back(fmt::format(R"({{"op":"subscribe","channels":[{}],"symbols":[{}]}})", channels_, symbols));
    }
    thread_.run(
        [&] { receiver_ = std::make_unique<Receiver>(thread_.loop(), fmt::format("ws://127.0.0.1:{}/ws", gateway_.port()), std::move(requests)); });
  }
  ~Whole() {
    thread_.run([this] { receiver_.reset(); });
  }
  [[nodiscard]] bool ready() {
    if (!gateway_.problem().empty() || !wait_for([this] { return kite_.all_in_full(); })) return false;
    kite_.speak(false);
    return true;
  }
  [[nodiscard]] const std::string& problem() const { return gateway_.problem(); }
  std::vector<double> measure(std::chrono::nanoseconds limit) {
    const std::uint64_t quotes = receiver_->quotes(), others = receiver_->others(), holes = receiver_->holes();
    const Round round = run_round(
        kite_, limit, [this] { return gateway_.cpu_ns(); }, [this] { return receiver_->bytes(); });
    const std::uint64_t came = receiver_->quotes() - quotes;
    const std::uint64_t lost = (round.packets > came ? round.packets - came : 0) + (receiver_->holes() - holes);
    return values(round, came + receiver_->others() - others, receiver_->closed() ? round.packets : lost);
  }

 private:
  [[nodiscard]] std::string yaml() const {
    std::string text = fmt::format(R"(server: {{listen: "127.0.0.1:0", limits: {{subscriptions_per_connection: 100000}}}}
pipeline: {{mode: inline}}
brokers:
  zerodha:
    adapter: zerodha
    ws_url: ws://127.0.0.1:{}
    rest_url: http://127.0.0.1:{}
    api_key: k
    access_token: t
    instruments_cache: none
    commands_per_second: 100
instruments:
)",
                                   kite_.port(), kite_.port());
    for (const std::uint32_t token : kite_.tokens()) text += fmt::format("  - {{symbol: \"BENCH:T{}\", ids: {{zerodha: {}}}}}\n", token, token);
    return text;
  }

  Kite kite_;
  std::string channels_;
  GatewayHost gateway_;
  tools::LoopThread thread_;
  std::unique_ptr<Receiver> receiver_;
};

}  // namespace

bool run_ticks(const Options& options) {
  Bare bare;
  Whole quotes{R"("quote")"};
  Whole everything{R"("quote","orderbook","trade","ticker")"};
  if (!bare.ready() || !quotes.ready() || !everything.ready()) {
    fmt::print(stderr, "ticks: the instruments did not come to full mode{}{}\n", quotes.problem().empty() ? "" : ": ", quotes.problem());
    return false;
  }
  fmt::print("ticks: {} instruments in full mode over three connections, a packet of each every {} ms, one subscriber for all\n\n", kInstruments,
             kFlush.count());
  Comparison comparison;
  const std::size_t base = comparison.add([&] { return bare.measure(options.round_time()); });
  const std::size_t narrow = comparison.add([&] { return quotes.measure(options.round_time()); });
  const std::size_t wide = comparison.add([&] { return everything.measure(options.round_time()); });
  comparison.run(options.rounds);
  Table table{{"9,000 instruments", "packets/s", "messages/s", "% of a core", "us a packet", "ratio", "lost"}};
  const auto row = [&](const char* name, std::size_t contender) {
    const auto value = [&](std::size_t i, int digits) { return fmt::format("{:.{}f}", comparison.median_of(contender, i), digits); };
    table.add({name, value(0, 0), value(3, 0), value(1, 1), value(2, 2), fmt::format("{:.2f}", comparison.ratio(contender, base, 2)), value(4, 0)});
  };
  row("receiving alone", base);
  row("Tidegate, quote", narrow);
  row("Tidegate, quote, orderbook, trade and ticker", wide);
  table.print();
  return true;
}

}  // namespace tidegate::bench
