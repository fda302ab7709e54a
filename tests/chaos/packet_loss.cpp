#include "tests/chaos/packet_loss.hpp"

#include <linux/filter.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <charconv>
#include <cstdint>
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

/// One for each loss, in the six bits of IPv4's type of service, which mean nothing within one machine; never zero, which packets have otherwise.
std::uint8_t next_mark() {
  constexpr unsigned kMarks = 63;
  static std::atomic<unsigned> count{0};
  return static_cast<std::uint8_t>((1 + count++ % kMarks) << 2U);
}

}  // namespace

// A socket that its program closes meanwhile is out of reach, and keeps its filter for as long as the kernel keeps it: so the filter lets those
// packets through that are sent when the loss is over, which carry its mark.
PacketLoss::PacketLoss(std::uint16_t port) : port_(port), mark_(next_mark()) {
  each_socket(port_, [mark = mark_](int socket) {
    std::array<sock_filter, 5> drop_without_mark = {{
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, static_cast<std::uint32_t>(SKF_NET_OFF) + 1),  // the type of service
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xFC),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, mark, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0xFFFF'FFFF),
        BPF_STMT(BPF_RET | BPF_K, 0),
    }};
    const sock_fprog program{drop_without_mark.size(), drop_without_mark.data()};
    ::setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
  });
}

PacketLoss::~PacketLoss() {
  each_socket(port_, [mark = int{mark_}](int socket) {
    const int none = 0;
    ::setsockopt(socket, IPPROTO_IP, IP_TOS, &mark, sizeof(mark));
    ::setsockopt(socket, SOL_SOCKET, SO_DETACH_FILTER, &none, sizeof(none));
  });
}

}  // namespace tidegate::chaos
