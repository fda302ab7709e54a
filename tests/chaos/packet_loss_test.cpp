#include "tests/chaos/packet_loss.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
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

}  // namespace

TEST_CASE("packet loss: nothing arrives while it lasts, nobody is told, and TCP goes on afterwards") {
  const Socket listener{::socket(AF_INET, SOCK_STREAM, 0)};
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof(address);
  checked(::bind(listener.number(), reinterpret_cast<sockaddr*>(&address), size));
  checked(::listen(listener.number(), 1));
  checked(::getsockname(listener.number(), reinterpret_cast<sockaddr*>(&address), &size));
  const Socket client{::socket(AF_INET, SOCK_STREAM, 0)};
  checked(::connect(client.number(), reinterpret_cast<sockaddr*>(&address), size));
  const Socket server{::accept(listener.number(), nullptr, nullptr)};

  std::optional<PacketLoss> loss{std::in_place, ntohs(address.sin_port)};
  REQUIRE(::send(server.number(), "b", 1, 0) == 1);
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (sent_again(server) < 2) {
    REQUIRE(std::chrono::steady_clock::now() < deadline);
    std::this_thread::sleep_for(5ms);
  }
  char byte = 0;
  CHECK(::recv(client.number(), &byte, 1, MSG_DONTWAIT) == -1);
  CHECK(errno == EAGAIN);
  loss.reset();
  CHECK(::recv(client.number(), &byte, 1, 0) == 1);
  CHECK(byte == 'b');
}

}  // namespace tidegate::chaos
