#include "tools/bench/connections/storm_clients.hpp"

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/bench/cpu_time.hpp"
#include "tools/bench/sockets.hpp"

namespace tidegate::bench {
namespace {

constexpr std::int64_t kLimitNs = 20'000'000'000;
constexpr std::string_view kUpgraded = "HTTP/1.1 101";
constexpr std::string_view kAnswerEnd = "\r\n\r\n";

struct Client {
  Socket socket;
  bool asked = false, upgraded = false, done = false;
  std::string got;
};

class Crowd {
 public:
  explicit Crowd(const StormScript& script) : script_(script), epoll_(::epoll_create1(EPOLL_CLOEXEC)), clients_(script.clients) {}

  double run() {
    const std::int64_t begin = now_ns();
    for (std::size_t i = 0; i < clients_.size(); ++i) {
      if (!connect(i)) return 0;
    }
    std::array<epoll_event, 256> events;
    while (done_ < clients_.size() && now_ns() - begin < kLimitNs) {
      const int count = ::epoll_wait(epoll_.fd(), events.data(), static_cast<int>(events.size()), 100);
      for (int i = 0; i < count; ++i) {
        if (!go_on(events[static_cast<std::size_t>(i)].data.u64)) return 0;
      }
    }
    return done_ == clients_.size() ? static_cast<double>(now_ns() - begin) / 1e3 : 0;
  }

 private:
  bool connect(std::size_t i) {
    Socket socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(script_.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (!socket.ok()) return false;
    if (::connect(socket.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 && errno != EINPROGRESS) return false;
    clients_[i].socket = std::move(socket);
    return wait_for_event(i, EPOLLOUT, EPOLL_CTL_ADD);
  }

  bool wait_for_event(std::size_t i, std::uint32_t what, int operation) {
    epoll_event event{};
    event.events = what;
    event.data.u64 = i;
    return ::epoll_ctl(epoll_.fd(), operation, clients_[i].socket.fd(), &event) == 0;
  }

  /// A client's next step; false: its connection is gone.
  bool go_on(std::size_t i) {
    Client& client = clients_[i];
    if (!std::exchange(client.asked, true)) return write_all(client.socket, script_.request(i)) && wait_for_event(i, EPOLLIN, EPOLL_CTL_MOD);
    std::array<char, 16'384> buffer;
    const ssize_t got = ::recv(client.socket.fd(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got <= 0) return got < 0 && errno == EAGAIN;
    if (client.done) return true;
    client.got.append(buffer.data(), static_cast<std::size_t>(got));
    if (!client.upgraded && client.got.find(kAnswerEnd) != std::string::npos) {
      if (!client.got.starts_with(kUpgraded)) return false;
      client.upgraded = true;
      if (!script_.after_upgrade.empty() && !write_all(client.socket, script_.after_upgrade)) return false;
    }
    const bool served = script_.after_upgrade.empty() || client.got.find(script_.last_words) != std::string::npos;
    if (client.upgraded && served) {
      client.done = true;
      ++done_;
    }
    return true;
  }

  const StormScript& script_;
  Socket epoll_;
  std::vector<Client> clients_;
  std::size_t done_ = 0;
};

}  // namespace

double run_storm_clients(const StormScript& script) { return Crowd(script).run(); }

}  // namespace tidegate::bench
