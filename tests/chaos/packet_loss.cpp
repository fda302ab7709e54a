#include "tests/chaos/packet_loss.hpp"

#include <linux/filter.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <charconv>
#include <filesystem>
#include <string>

namespace tidegate::chaos {
namespace {

std::uint16_t port_of(int socket, int (*name_of)(int, sockaddr*, socklen_t*)) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (name_of(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  if (address.ss_family == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
  if (address.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6*>(&address)->sin6_port);
  return 0;
}

/// Every socket of this process that has the port at either end.
template <class Visit>
void each_socket(std::uint16_t port, Visit visit) {
  for (const auto& entry : std::filesystem::directory_iterator{"/proc/self/fd"}) {
    const std::string name = entry.path().filename().string();
    int socket = -1;
    std::from_chars(name.data(), name.data() + name.size(), socket);
    if (port_of(socket, ::getsockname) == port || port_of(socket, ::getpeername) == port) visit(socket);
  }
}

}  // namespace

PacketLoss::PacketLoss(std::uint16_t port) : port_(port) {
  each_socket(port_, [](int socket) {
    sock_filter drop_all = BPF_STMT(BPF_RET | BPF_K, 0);
    const sock_fprog program{1, &drop_all};
    ::setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
  });
}

PacketLoss::~PacketLoss() {
  each_socket(port_, [](int socket) {
    const int none = 0;
    ::setsockopt(socket, SOL_SOCKET, SO_DETACH_FILTER, &none, sizeof(none));
  });
}

}  // namespace tidegate::chaos
