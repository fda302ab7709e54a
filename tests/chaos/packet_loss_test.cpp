#include "tests/chaos/packet_loss.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <thread>

namespace tidegate::chaos {
namespace {

using namespace std::chrono_literals;

int checked(int result) {
  REQUIRE(result >= 0);
  return result;
}

class Socket {
 public:
  explicit Socket(int number) : number_(checked(number)) {}
  ~Socket() { ::close(number_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

/// How often TCP has sent again what was not acknowledged, since the last acknowledgement.
unsigned sent_again(const Socket& socket) {
  tcp_info info{};
  socklen_t size = sizeof(info);
  REQUIRE(::getsockopt(socket.number(), IPPROTO_TCP, TCP_INFO, &info, &size) == 0);
  return info.tcpi_retransmits;
}

/// Both ends of one connection, and its listener.
struct Line {
  Line() {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof(address);
    checked(::bind(listener.number(), reinterpret_cast<sockaddr*>(&address), size));
    checked(::listen(listener.number(), 1));
    checked(::getsockname(listener.number(), reinterpret_cast<sockaddr*>(&address), &size));
    port = ntohs(address.sin_port);
    client.emplace(::socket(AF_INET, SOCK_STREAM, 0));
    checked(::connect(client->number(), reinterpret_cast<sockaddr*>(&address), size));
    server.emplace(::accept(listener.number(), nullptr, nullptr));
  }

  Socket listener{::socket(AF_INET, SOCK_STREAM, 0)};
  std::uint16_t port = 0;
  std::optional<Socket> client, server;
};

void wait_until(const std::function<bool()>& done) {
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (!done()) {
    REQUIRE(std::chrono::steady_clock::now() < deadline);
    std::this_thread::sleep_for(5ms);
  }
}

}  // namespace

TEST_CASE("packet loss: nothing arrives while it lasts, nobody is told, and TCP goes on afterwards") {
  Line line;
  std::optional<PacketLoss> loss{std::in_place, line.port};
  REQUIRE(::send(line.server->number(), "b", 1, 0) == 1);
  wait_until([&] { return sent_again(*line.server) >= 2; });
  char byte = 0;
  CHECK(::recv(line.client->number(), &byte, 1, MSG_DONTWAIT) == -1);
  CHECK(errno == EAGAIN);
  loss.reset();
  CHECK(::recv(line.client->number(), &byte, 1, 0) == 1);
  CHECK(byte == 'b');
}

TEST_CASE("packet loss: an end that is closed meanwhile, with something still to send, tells the other once it is over") {
  Line line;
  for (int again = 0; again < 2; ++again) {  // a second loss knows nothing of the first
    PacketLoss{line.port};
  }
  std::optional<PacketLoss> loss{std::in_place, line.port};
  // More than one segment: TCP sends the first of them again and again, until that is acknowledged.
  std::array<char, 200'000> bytes{};
  REQUIRE(::send(line.client->number(), bytes.data(), bytes.size(), MSG_DONTWAIT) > 100'000);
  REQUIRE(::send(line.server->number(), "b", 1, 0) == 1);
  line.client.reset();
  wait_until([&] { return sent_again(*line.server) >= 2; });
  CHECK(::recv(line.server->number(), bytes.data(), bytes.size(), MSG_DONTWAIT) == -1);
  CHECK(errno == EAGAIN);
  loss.reset();
  wait_until([&] {
    const ssize_t count = ::recv(line.server->number(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    return count == 0 || (count < 0 && errno == ECONNRESET);
  });
}

}  // namespace tidegate::chaos
