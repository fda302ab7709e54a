#include "gateway/net/socket_write.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <string_view>

namespace tidegate::net {
namespace {

// IOV_MAX is 1024; past a few hundred pieces a call costs more by its copying than by itself.
constexpr std::size_t kPieces = 256;

/// As sendmsg(); a single piece, which most turns have, goes without a list of pieces that the kernel would have to fetch.
ssize_t send_pieces(int socket, iovec* pieces, std::size_t count) {
  constexpr int kFlags = MSG_NOSIGNAL | MSG_DONTWAIT;
  if (count == 1) return ::send(socket, pieces[0].iov_base, pieces[0].iov_len, kFlags);
  msghdr message{};
  message.msg_iov = pieces;
  message.msg_iovlen = count;
  return ::sendmsg(socket, &message, kFlags);
}

void write_pieces(int socket, const Outbox& outbox, SocketWrite& written) {
  std::array<iovec, kPieces> pieces;
  Outbox::Place place = Outbox::beyond(outbox.begin(), written.bytes);
  while (written.bytes < outbox.bytes()) {
    std::size_t total = 0;
    const std::size_t count = Outbox::gather(place, pieces.data(), pieces.size(), total);
    const ssize_t sent = send_pieces(socket, pieces.data(), count);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
      written.error = {errno, std::system_category()};
      return;
    }
    if (sent > 0) {
      ++written.calls;
      written.bytes += static_cast<std::size_t>(sent);
    }
    written.full = sent < static_cast<ssize_t>(total);
    if (written.full) return;
    if (written.bytes < outbox.bytes()) place = Outbox::beyond(place, total);
  }
}

/// The frames that wait are gathered into records, each of which is one write to the socket.
void write_records(TlsStream& tls, const Outbox& outbox, SocketWrite& written) {
  std::array<char, TlsStream::kRecordBytes> room;
  Outbox::Place place = Outbox::beyond(outbox.begin(), written.bytes);
  while (written.bytes < outbox.bytes()) {
    const std::string_view bytes = Outbox::front(place, room.data(), room.size());
    const TlsStream::Step step = tls.write(bytes.data(), bytes.size());
    if (step.next != TlsStream::Next::Ready) {
      written.full = step.next == TlsStream::Next::WaitWrite;
      written.in_record = written.full ? bytes.size() : 0;
      // Nothing else is waited for: there is no second handshake.
      if (!written.full) written.error = std::make_error_code(std::errc::connection_aborted);
      return;
    }
    ++written.calls;
    written.bytes += step.bytes;
    place = Outbox::beyond(place, step.bytes);
  }
}

}  // namespace

void write_waiting(WriteJob& job) {
  if (job.tls != nullptr) {
    write_records(*job.tls, *job.outbox, job.written);
  } else {
    write_pieces(job.socket, *job.outbox, job.written);
  }
}

}  // namespace tidegate::net
