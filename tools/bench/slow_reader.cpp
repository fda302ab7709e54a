// One reader that takes one byte a second among 500 that read: what the others notice, what the gateway holds for it, and how it ends.
#include <fmt/core.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "tools/bench/comparison.hpp"
#include "tools/bench/cpu_time.hpp"
#include "tools/bench/options.hpp"
#include "tools/bench/sockets.hpp"
#include "tools/bench/trade_server.hpp"
#include "tools/bench/wait_for.hpp"
#include "tools/common/resident_memory.hpp"

namespace tidegate::bench {
namespace {

constexpr std::size_t kReaders = 500;
constexpr double kSharedPerSecond = 40;    // that all readers get
constexpr double kHeavyPerSecond = 8'000;  // that the one more reader gets, slow or not
constexpr std::string_view kIdKey = "\"trade_id\":\"";

Socket subscriber(std::uint16_t port, std::size_t instrument, int receive_buffer) {
  Socket socket = connect_local(port);
  if (receive_buffer != 0) ::setsockopt(socket.fd(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  if (!socket.ok() || !upgrade(socket)) return Socket{};
  return write_all(socket, masked_frame(DistributorHost::subscribe_request(1, instrument))) ? std::move(socket) : Socket{};
}

/// Reads many connections on one thread, and takes the age of the last trade of each piece it gets.
class TimedReaders {
 public:
  TimedReaders() : epoll_(::epoll_create1(EPOLL_CLOEXEC)), stop_(::eventfd(0, EFD_CLOEXEC)) {
    watch(stop_);
    thread_ = std::thread{[this] { read_all(); }};
  }
  ~TimedReaders() {
    ::eventfd_write(stop_, 1);
    thread_.join();
    ::close(stop_);
    ::close(epoll_);
  }
  TimedReaders(const TimedReaders&) = delete;
  TimedReaders& operator=(const TimedReaders&) = delete;

  void add(Socket socket, bool timed) {
    const std::lock_guard lock(mutex_);
    if (!timed) untimed_ = socket.fd();
    watch(socket.fd());
    sockets_.push_back(std::move(socket));
  }
  /// Closes the connection that is not timed.
  void drop_untimed() {
    const std::lock_guard lock(mutex_);
    std::erase_if(sockets_, [&](const Socket& socket) { return socket.fd() == untimed_; });
    untimed_ = -1;
  }
  /// Microseconds, since the last call.
  std::vector<double> take_ages() {
    const std::lock_guard lock(mutex_);
    return std::exchange(ages_, {});
  }

 private:
  void watch(int fd) const {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }
  void read_all() {
    std::array<epoll_event, 256> events;
    std::array<char, 65'536> buffer;
    for (;;) {
      const int n = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      const std::lock_guard lock(mutex_);
      for (int i = 0; i < n; ++i) {
        const int fd = events[static_cast<std::size_t>(i)].data.fd;
        if (fd == stop_) return;
        const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (got <= 0) {
          if (got == 0) ::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
          continue;
        }
        if (fd == untimed_) continue;
        const std::string_view text(buffer.data(), static_cast<std::size_t>(got));
        const std::size_t at = text.rfind(kIdKey);
        if (at == std::string_view::npos || text.find('"', at + kIdKey.size()) == std::string_view::npos) continue;  // cut in the middle
        ages_.push_back(static_cast<double>(now_ns() - std::strtoll(text.data() + at + kIdKey.size(), nullptr, 10)) / 1e3);
      }
    }
  }

  int epoll_;
  int stop_;
  int untimed_ = -1;
  std::mutex mutex_;
  std::vector<Socket> sockets_;
  std::vector<double> ages_;
  std::thread thread_;
};

/// Takes one byte a second until told to stop.
class Sipper {
 public:
  explicit Sipper(Socket socket)
      : socket_(std::move(socket)), thread_([this] {
          while (!stop_) {
            char byte = 0;
            static_cast<void>(::recv(socket_.fd(), &byte, 1, MSG_DONTWAIT));
            for (int i = 0; i < 100 && !stop_; ++i) std::this_thread::sleep_for(std::chrono::milliseconds{10});
          }
        }) {}
  ~Sipper() { stop(); }
  Sipper(const Sipper&) = delete;
  Sipper& operator=(const Sipper&) = delete;

  /// Reads whatever is left, and returns the end of it.
  std::string rest() {
    stop();
    std::string text;
    std::array<char, 65'536> buffer;
    const int window = 1 << 22;  // a tiny one would take minutes for what the system keeps for this socket
    ::setsockopt(socket_.fd(), SOL_SOCKET, SO_RCVBUF, &window, sizeof window);
    timeval limit{10, 0};
    ::setsockopt(socket_.fd(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    const std::int64_t end = now_ns() + 60'000'000'000;
    for (ssize_t got = 1; got > 0 && now_ns() < end;) {
      got = ::recv(socket_.fd(), buffer.data(), buffer.size(), 0);
      if (got > 0) text.append(buffer.data(), static_cast<std::size_t>(got));
      if (text.size() > 1'000'000) text.erase(0, text.size() - 500'000);
    }
    return text.substr(text.size() - std::min<std::size_t>(text.size(), 1'000));
  }

 private:
  void stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  Socket socket_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

std::vector<double> percentiles(std::vector<double> ages) {
  if (ages.empty()) return {0, 0};
  std::sort(ages.begin(), ages.end());
  return {ages[ages.size() / 2], ages[ages.size() * 99 / 100]};
}

std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) out += c >= ' ' && c < 127 ? c : '.';
  return out;
}

}  // namespace

bool run_slow_reader(const Options& options) {
  raise_descriptor_limit();
  TradeServer server({{1, kSharedPerSecond}, {1, kHeavyPerSecond}});
  TimedReaders readers;
  for (std::size_t i = 0; i < kReaders; ++i) {
    Socket socket = subscriber(server.port(), 0, 0);
    if (!socket.ok()) return false;
    readers.add(std::move(socket), true);
  }
  const auto& counters = server.telemetry().gateway;
  std::size_t ended = 0;
  std::string last;
  const auto sample = [&] {
    std::this_thread::sleep_for(std::chrono::seconds{1});  // the connection is there, its first messages are out
    static_cast<void>(readers.take_ages());
    std::this_thread::sleep_for(options.round_time());
    std::vector<double> result = percentiles(readers.take_ages());
    result.push_back(static_cast<double>(tools::resident_kib()));
    return result;
  };
  Comparison comparison;
  const std::size_t nobody = comparison.add(sample);
  const std::size_t reader = comparison.add([&] {
    readers.add(subscriber(server.port(), 1, 0), false);
    std::vector<double> result = sample();
    readers.drop_untimed();
    return result;
  });
  const std::size_t slow = comparison.add([&] {
    const std::uint64_t before = counters.subscribers_too_slow;
    Sipper sipper(subscriber(server.port(), 1, 65'536));
    std::vector<double> result = sample();
    if (wait_for([&] { return counters.subscribers_too_slow != before; })) ++ended;
    last = sipper.rest();
    return result;
  });
  fmt::print("slow-reader: {} readers of {} trades/s; one more of {} trades/s reads all of them, or one byte a second; {} s a round\n\n", kReaders,
             kSharedPerSecond, kHeavyPerSecond, options.seconds);
  comparison.run(options.rounds);
  Table table{{"the one more", "p50 of the others: us", "p99: us", "ratio of p99", "resident at most: KiB"}};
  const auto row = [&](const char* name, std::size_t contender) {
    table.add({name, fmt::format("{:.0f}", comparison.median_of(contender, 0)), fmt::format("{:.0f}", comparison.median_of(contender, 1)),
               fmt::format("{:.2f}", comparison.ratio(contender, nobody, 1)), fmt::format("{:.0f}", comparison.median_of(contender, 2))});
  };
  row("is not there", nobody);
  row("reads", reader);
  row("takes one byte a second", slow);
  table.print();
  fmt::print("\nended with 4021: {} of {} rounds; the last bytes it read:\n{}\n", ended, options.rounds, printable(last));
  return ended == static_cast<std::size_t>(options.rounds) && last.find("4021") != std::string::npos;
}

}  // namespace tidegate::bench
