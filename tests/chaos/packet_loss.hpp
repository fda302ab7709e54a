// A network that loses every packet to and from one port, while it lasts.
#pragma once

#include <cstdint>

namespace tidegate::chaos {

/// Both ends are sockets of this process: each is given a filter of the kernel's that drops whatever arrives, segments and acknowledgements alike,
/// and a listening socket drops the requests to connect. Nobody is told anything, as on a broken line. What was lost is sent again by TCP itself once
/// the line is whole, if both ends still want it; an end that was closed meanwhile tells the other then. Needs no privilege.
class PacketLoss {
 public:
  explicit PacketLoss(std::uint16_t port);
  ~PacketLoss();
  PacketLoss(const PacketLoss&) = delete;
  PacketLoss& operator=(const PacketLoss&) = delete;

 private:
  std::uint16_t port_;
  std::uint8_t mark_;  // of packets that are sent when it is over
};

}  // namespace tidegate::chaos
