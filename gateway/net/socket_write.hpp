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
  std::size_t bytes = 0;      // have left, before encryption
  std::uint32_t calls = 0;    // that took something
  std::size_t in_record = 0;  // bytes behind those: encrypted, and waiting for room in the socket
  bool full = false;          // the socket takes no more for the time being
  std::error_code error;      // the socket takes nothing any more
};

/// One socket's part of a flush.
struct WriteJob {
  int socket = -1;
  const Outbox* outbox = nullptr;
  TlsStream* tls = nullptr;  // null: as the bytes are
  SocketWrite written;
};

/// Writes what waits until the socket is full, beginning behind what `job.written` has already, and leaves the outbox as it is: consume() is for its
/// own thread. Any thread may do it while that one waits for it.
void write_waiting(WriteJob& job);

}  // namespace tidegate::net
