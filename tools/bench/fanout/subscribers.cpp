#include "tools/bench/fanout/subscribers.hpp"

#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <new>
#include <utility>
#include <vector>

#include "tools/bench/cpu_time.hpp"

namespace tidegate::bench {
namespace {

constexpr std::string_view kTimeKey = R"("trade_id":")";
constexpr char kMessageEnd = '}';  // each record is one flat object; no server adds such a byte around it

struct ConnectOrder {
  std::size_t count = 0;
  std::size_t path_bytes = 0;
  std::size_t message_bytes = 0;
  std::uint16_t port = 0;
  bool binary = false;
};

std::string read_text(const Socket& socket, std::size_t bytes) {
  std::string text(bytes, '\0');
  return read_exactly(socket, text.data(), bytes) ? text : std::string{};
}

}  // namespace

double DurationBuckets::percentile_us(double share) const {
  std::uint64_t total = 0;
  for (const auto& count : counts_) total += count;
  const auto wanted = static_cast<std::uint64_t>(share * static_cast<double>(total));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (total == 0 || seen <= wanted) continue;
    const std::size_t power = i / kSteps;
    const double base = power == 0 ? 0 : static_cast<double>(std::uint64_t{1} << (power + 4));
    const double step = power == 0 ? 1 : base / kSteps;
    return (base + static_cast<double>(i % kSteps + 1) * step) / 1e3;
  }
  return 0;
}

/// Below 32 ns each its own; from there on the leading one's place, and the five bits behind it.
std::size_t DurationBuckets::bucket(std::int64_t ns) {
  const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(ns, 0));
  if (value < kSteps) return static_cast<std::size_t>(value);
  const auto power = static_cast<std::size_t>(std::bit_width(value)) - 6;
  return std::min((power + 1) * kSteps + static_cast<std::size_t>((value >> power) & (kSteps - 1)), 40 * kSteps - 1);
}

/// The process's side.
class Subscribers::Reader {
 public:
  Reader(const Socket& parent, Shared& shared) : parent_(parent), shared_(shared), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    raise_descriptor_limit();
    watch(parent.fd());
  }

  void run() {
    std::array<epoll_event, 256> events;
    for (;;) {
      const int count = ::epoll_wait(epoll_.fd(), events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < count; ++i) {
        const int fd = events[static_cast<std::size_t>(i)].data.fd;
        if (fd != parent_.fd()) {
          read(fd);
        } else if (!obey()) {
          return;
        }
      }
    }
  }

 private:
  bool watch(int fd) const {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    return ::epoll_ctl(epoll_.fd(), EPOLL_CTL_ADD, fd, &event) == 0;
  }

  /// One order; false: there will be no more.
  bool obey() {
    ConnectOrder order;
    if (!read_value(parent_, order)) return false;
    const std::string path = read_text(parent_, order.path_bytes);
    const std::string message = read_text(parent_, order.message_bytes);
    bool good = true;
    for (std::size_t i = 0; good && i < order.count; ++i) {
      Socket socket = connect_local(order.port);
      good =
          socket.ok() && upgrade(socket, path) && (message.empty() || write_all(socket, masked_frame(message, order.binary))) && watch(socket.fd());
      sockets_.push_back(std::move(socket));
    }
    return write_value(parent_, good);
  }

  void read(int fd) {
    const ssize_t got = ::recv(fd, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (got == 0) ::epoll_ctl(epoll_.fd(), EPOLL_CTL_DEL, fd, nullptr);
    if (got <= 0) return;
    const std::string_view text(buffer_.data(), static_cast<std::size_t>(got));
    if (const std::size_t at = text.find(kTimeKey); at != std::string_view::npos) {
      const std::size_t from = at + kTimeKey.size();
      if (text.find('"', from) != std::string_view::npos) shared_.ages.add(now_ns() - std::strtoll(text.data() + from, nullptr, 10));
    }
    shared_.deliveries.fetch_add(static_cast<std::uint64_t>(std::count(text.begin(), text.end(), kMessageEnd)), std::memory_order_release);
  }

  const Socket& parent_;
  Shared& shared_;
  Socket epoll_;
  std::vector<Socket> sockets_;
  std::array<char, 65'536> buffer_;
};

void Subscribers::Unmap::operator()(Shared* shared) const { ::munmap(shared, sizeof(Shared)); }

Subscribers::Subscribers() {
  void* const memory = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) std::abort();
  shared_.reset(new (memory) Shared);
  process_ = std::make_unique<ChildProcess>([this](const Socket& parent) { Reader{parent, *shared_}.run(); });
}

Subscribers::~Subscribers() = default;

bool Subscribers::connect(std::uint16_t port, const Greeting& greeting, std::size_t count) {
  const ConnectOrder order{count, greeting.path.size(), greeting.message.size(), port, greeting.binary};
  const Socket& socket = process_->socket();
  bool good = false;
  return write_value(socket, order) && write_all(socket, greeting.path) && write_all(socket, greeting.message) && read_value(socket, good) && good;
}

}  // namespace tidegate::bench
