// What TLS costs: CPU of the gateway's server for each delivery, beside the same server without it.
#include <fmt/core.h>
#include <sys/epoll.h>

#include <array>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "tools/bench/comparison.hpp"
#include "tools/bench/fanout/contest.hpp"
#include "tools/bench/fanout/tidegate_server.hpp"
#include "tools/bench/fanout/tls_reader.hpp"
#include "tools/bench/options.hpp"
#include "tools/common/throwaway_certificate.hpp"

namespace tidegate::bench {
namespace {

constexpr std::array<std::size_t, 3> kTlsSubscribers = {1, 10, 100};
constexpr std::array<std::size_t, 2> kTlsBursts = {1, 32};

/// Subscribers over TLS, all on one thread.
class TlsSubscribers final : public Audience {
 public:
  TlsSubscribers() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    thread_ = std::thread{[this] { read_all(); }};
  }
  ~TlsSubscribers() override {
    stop_ = true;
    thread_.join();
  }

  [[nodiscard]] bool connect(std::uint16_t port, const Greeting& greeting, std::size_t count) override {
    for (std::size_t i = 0; i < count; ++i) {
      auto reader = std::make_unique<TlsReader>(port, greeting.message);
      if (!reader->ok()) return false;
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.ptr = reader.get();
      const int fd = reader->fd();
      readers_.push_back(std::move(reader));
      if (::epoll_ctl(epoll_.fd(), EPOLL_CTL_ADD, fd, &event) != 0) return false;
    }
    return true;
  }
  [[nodiscard]] std::uint64_t deliveries() const override { return deliveries_.load(std::memory_order_acquire); }
  [[nodiscard]] DurationBuckets& ages() override { return ages_; }

 private:
  void read_all() {
    std::array<epoll_event, 256> events;
    while (!stop_) {
      const int count = ::epoll_wait(epoll_.fd(), events.data(), static_cast<int>(events.size()), 20);
      for (int i = 0; i < count; ++i) deliveries_ += static_cast<TlsReader*>(events[static_cast<std::size_t>(i)].data.ptr)->read();
    }
  }

  Socket epoll_;
  std::vector<std::unique_ptr<TlsReader>> readers_;
  std::atomic<std::uint64_t> deliveries_{0};
  std::atomic<bool> stop_{false};
  DurationBuckets ages_;  // stay empty
  std::thread thread_;
};

}  // namespace

bool run_fanout_tls(const Options& options) {
  fmt::print("fanout-tls: server CPU for one delivery, {} s a round\n\n", options.seconds);
  const net::TlsFiles certificate = tools::throwaway_certificate();
  Table table{{"subscribers", "records a turn", "plain: us", "TLS: us", "TLS: ratio"}};
  bool complete = true;
  for (const std::size_t subscribers : kTlsSubscribers) {
    Subscribers subscribers_of_plain;
    TidegateServer plain(1);
    TidegateServer secure(1, {certificate, {}});
    TlsSubscribers subscribers_of_secure;
    Contest contest(subscribers, 1);
    contest.add("plain", plain, subscribers_of_plain);
    contest.add("TLS", secure, subscribers_of_secure);
    if (!contest.prepare()) return false;
    for (const std::size_t burst : kTlsBursts) {
      const std::vector<Contest::Result> results = contest.run(burst, options.rounds, options.round_time(), {});
      complete = complete && results[0].complete && results[1].complete;
      table.add({fmt::format("{}", subscribers), fmt::format("{}", burst), fmt::format("{:.2f}", results[0].cpu_us),
                 fmt::format("{:.2f}", results[1].cpu_us), fmt::format("{:.2f}", results[1].to_first)});
    }
  }
  table.print();
  if (!complete) fmt::print("fanout-tls: some rounds did not deliver every record once\n");
  return complete;
}

}  // namespace tidegate::bench
