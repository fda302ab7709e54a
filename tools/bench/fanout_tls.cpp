// What TLS costs: CPU of the gateway's server for each delivery, beside the same server without it.
#include <fmt/core.h>
#include <sys/epoll.h>

#include <array>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "tools/bench/comparison.hpp"
#include "tools/bench/fanout_plan.hpp"
#include "tools/bench/fanout_readers.hpp"
#include "tools/bench/fanout_servers.hpp"
#include "tools/bench/options.hpp"
#include "tools/bench/tls_reader.hpp"
#include "tools/bench/wait_for.hpp"
#include "tools/common/throwaway_certificate.hpp"

namespace tidegate::bench {
namespace {

constexpr std::array<std::size_t, 3> kTlsSubscribers = {1, 10, 100};
constexpr std::array<std::size_t, 2> kTlsBursts = {1, 32};

/// Readers over TLS, all on one thread, as Readers is for plain sockets.
class TlsReaders {
 public:
  TlsReaders() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    thread_ = std::thread{[this] { read_all(); }};
  }
  ~TlsReaders() {
    stop_ = true;
    thread_.join();
  }
  TlsReaders(const TlsReaders&) = delete;
  TlsReaders& operator=(const TlsReaders&) = delete;

  [[nodiscard]] bool connect(std::uint16_t port) {
    auto reader = std::make_unique<TlsReader>(port);
    if (!reader->ok()) return false;
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = reader.get();
    const int fd = reader->fd();
    readers_.push_back(std::move(reader));
    return ::epoll_ctl(epoll_.fd(), EPOLL_CTL_ADD, fd, &event) == 0;
  }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_.load(std::memory_order_acquire); }

 private:
  void read_all() {
    std::array<epoll_event, 256> events;
    while (!stop_) {
      const int count = ::epoll_wait(epoll_.fd(), events.data(), static_cast<int>(events.size()), 20);
      for (int i = 0; i < count; ++i) bytes_ += static_cast<TlsReader*>(events[static_cast<std::size_t>(i)].data.ptr)->read();
    }
  }

  Socket epoll_;
  std::vector<std::unique_ptr<TlsReader>> readers_;
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace

bool run_fanout_tls(const Options& options) {
  fmt::print("fanout-tls: server CPU for one delivery of {} bytes, {} s a round\n\n", kFrameBytes, options.seconds);
  const net::TlsFiles certificate = tools::throwaway_certificate();
  Table table{{"subscribers", "records a turn", "plain: us", "TLS: us", "TLS: ratio"}};
  bool complete = true;
  for (const std::size_t subscribers : kTlsSubscribers) {
    GatewayServer plain;
    GatewayServer secure{certificate};
    Readers readers;
    TlsReaders tls_readers;
    for (std::size_t i = 0; i < subscribers; ++i) {
      if (readers.connect(plain.port(), true) && tls_readers.connect(secure.port())) continue;
      fmt::print(stderr, "fanout-tls: subscriber {} did not get its connections\n", i);
      return false;
    }
    if (!wait_for([&] { return plain.connections() == subscribers && secure.connections() == subscribers; })) return false;
    for (const std::size_t burst : kTlsBursts) {
      const FanoutRun run = plan_fanout(subscribers, burst, options.round_time());
      Comparison comparison;
      const std::size_t without =
          comparison.add([&] { return measure_fanout(readers, subscribers, run, [&](const FanoutRun& r) { return plain.run(r); }); });
      const std::size_t with =
          comparison.add([&] { return measure_fanout(tls_readers, subscribers, run, [&](const FanoutRun& r) { return secure.run(r); }); });
      comparison.run(options.rounds);
      for (const std::size_t contender : {without, with}) complete = complete && comparison.median_of(contender, 1) == 0;
      table.add({fmt::format("{}", subscribers), fmt::format("{}", burst), fmt::format("{:.2f}", comparison.median_of(without, 0)),
                 fmt::format("{:.2f}", comparison.median_of(with, 0)), fmt::format("{:.2f}", comparison.ratio(with, without, 0))});
    }
  }
  table.print();
  if (!complete) fmt::print("fanout-tls: some rounds did not deliver every byte\n");
  return complete;
}

}  // namespace tidegate::bench
