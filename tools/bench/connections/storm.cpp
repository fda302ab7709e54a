// A storm of connections: clients that come all at once, log in and subscribe, beside a bare server that accepts and answers the handshake.
#include <fmt/core.h>
#include <openssl/evp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "gateway/access/authenticator.hpp"
#include "tools/bench/comparison.hpp"
#include "tools/bench/connections/storm_clients.hpp"
#include "tools/bench/cpu_time.hpp"
#include "tools/bench/distributor_host.hpp"
#include "tools/bench/options.hpp"
#include "tools/bench/sockets.hpp"

namespace tidegate::bench {
namespace {

constexpr std::size_t kClients = 1'000;
constexpr std::size_t kStormSymbols = 10;
constexpr std::string_view kKeyName = "Sec-WebSocket-Key: ";

std::string token_of(std::size_t client) { return "tg_storm-" + std::to_string(client); }

/// Each client is a user of its own, with a token of its own.
std::shared_ptr<const Authenticator> everybody() {
  TokenList list;
  for (std::size_t i = 0; i < kClients; ++i) {
    TokenRecord record;
    record.digest = token_digest(token_of(i));
    record.claims.user = "user" + std::to_string(i);
    list.tokens.push_back(std::move(record));
  }
  return std::make_shared<const Authenticator>(built_in_plans(), std::move(list), JwtSettings{}, JwtKeys{});
}

std::string request_of(std::size_t client) {
  return "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nAuthorization: Bearer " + token_of(client) + "\r\n" +
         std::string(kKeyName) + "dGlkZWdhdGUtYmVuY2gxNg==\r\nSec-WebSocket-Version: 13\r\n\r\n";
}

/// Accepts, reads a request, hashes its key as RFC 6455, section 4.2.2 has it, and answers: on one thread, and nothing else.
class BareServer {
 public:
  BareServer() : listener_(listen_local(port_)), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    watch(listener_.fd());
    thread_ = std::thread{[this] {
      while (!stop_) {
        turn();
        cpu_ns_ = thread_cpu_ns();
      }
    }};
  }
  ~BareServer() {
    stop_ = true;
    thread_.join();
  }
  BareServer(const BareServer&) = delete;
  BareServer& operator=(const BareServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::int64_t cpu_ns() const { return cpu_ns_; }  // of its thread, up to its last turn

 private:
  void watch(int fd) const {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    ::epoll_ctl(epoll_.fd(), EPOLL_CTL_ADD, fd, &event);
  }
  void turn() {
    std::array<epoll_event, 256> events;
    const int count = ::epoll_wait(epoll_.fd(), events.data(), static_cast<int>(events.size()), 20);
    for (int i = 0; i < count; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      if (fd != listener_.fd()) {
        answer(fd);
        continue;
      }
      Socket accepted = accept_from(listener_);
      watch(accepted.fd());
      const auto place = static_cast<std::size_t>(accepted.fd());
      if (sockets_.size() <= place) sockets_.resize(place + 1);
      sockets_[place] = std::move(accepted);
    }
  }
  void answer(int fd) {
    std::array<char, 4096> request;
    const ssize_t got = ::recv(fd, request.data(), request.size(), MSG_DONTWAIT);
    Socket& socket = sockets_[static_cast<std::size_t>(fd)];
    if (got <= 0) {
      socket = Socket{};
      return;
    }
    const std::string_view text(request.data(), static_cast<std::size_t>(got));
    const std::size_t key = text.find(kKeyName);
    if (key == std::string_view::npos) return;
    const std::size_t from = key + kKeyName.size();
    std::string hashed(text.substr(from, text.find('\r', from) - from));
    hashed += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
    unsigned int size = 0;
    EVP_Digest(hashed.data(), hashed.size(), digest.data(), &size, EVP_sha1(), nullptr);
    std::array<unsigned char, 64> accept;
    const int length = EVP_EncodeBlock(accept.data(), digest.data(), static_cast<int>(size));
    write_all(socket, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
                          std::string(accept.begin(), accept.begin() + length) + "\r\n\r\n");
  }

  std::uint16_t port_ = 0;
  Socket listener_, epoll_;
  std::vector<Socket> sockets_;  // by descriptor
  std::atomic<std::int64_t> cpu_ns_{0};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace

bool run_storm(const Options& options) {
  raise_descriptor_limit();
  fmt::print("storm: {} clients connect at once, each logs in with a token of its own and subscribes to {} symbols\n\n", kClients, kStormSymbols);
  const auto authenticator = everybody();
  Comparison comparison;
  const std::size_t bare = comparison.add([] {
    const BareServer server;
    const double us = run_storm_clients({kClients, server.port(), request_of, {}, {}});
    return std::vector<double>{us, static_cast<double>(server.cpu_ns()) / 1e3 / kClients};
  });
  const std::size_t ours = comparison.add([&] {
    distributor::LoginOptions login;
    login.authenticator = authenticator;
    login.configured = true;
    login.required = true;
    DistributorHost host(kStormSymbols, {}, login);
    const std::int64_t before = host.thread().run(thread_cpu_ns);
    const double us = run_storm_clients(
        {kClients, host.port(), request_of, masked_frame(DistributorHost::subscribe_request(kStormSymbols)), R"("op":"subscribe")"});
    return std::vector<double>{us, static_cast<double>(host.thread().run(thread_cpu_ns) - before) / 1e3 / kClients};
  });
  comparison.run(options.rounds);
  Table table{{"1,000 clients", "until the last is served: ms", "ratio", "the server's CPU a client: us", "ratio"}};
  const auto row = [&](const char* name, std::size_t contender) {
    table.add({name, fmt::format("{:.0f}", comparison.median_of(contender, 0) / 1e3), fmt::format("{:.2f}", comparison.ratio(contender, bare, 0)),
               fmt::format("{:.1f}", comparison.median_of(contender, 1)), fmt::format("{:.2f}", comparison.ratio(contender, bare, 1))});
  };
  row("bare: accept and handshake", bare);
  row("Tidegate: handshake, login, subscription", ours);
  table.print();
  return comparison.median_of(bare, 0) > 0 && comparison.median_of(ours, 0) > 0;
}

}  // namespace tidegate::bench
