// Emptying an outbox into a socket that never blocks. Internal to gateway/net.
#pragma once

#include <cstddef>
#include <cstdint>
#include <system_error>

#include "gateway/net/outbox.hpp"
#include "gateway/net/tls_stream.hpp"

namespace tidegate::net {

/// What one attempt came to.
struct SocketWrite {
  std::size_t bytes = 0;    // have left, before encryption
  std::uint32_t calls = 0;  // that took something
  bool full = false;        // the socket takes no more for the time being
  std::error_code error;    // the socket takes nothing any more
};

/// Both write what waits until the socket is full, and leave the outbox as it is: consume() is for its own thread. Any thread may call them while
/// that one waits for it.
[[nodiscard]] SocketWrite write_pieces(int socket, const Outbox& outbox);
/// The frames that wait are gathered into records, each of which is one write to the socket.
[[nodiscard]] SocketWrite write_records(TlsStream& tls, const Outbox& outbox);

}  // namespace tidegate::net
