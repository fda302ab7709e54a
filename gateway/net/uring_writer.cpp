#include "gateway/net/uring_writer.hpp"

#include <liburing.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace tidegate::net {
namespace {

constexpr std::size_t kJobs = 128;         // in one list
constexpr std::size_t kListPieces = 4096;  // of all of them
constexpr std::size_t kPiecesOfOne = 256;
// As by send(): nothing is ever waited for, so that each write has ended when the call returns.
constexpr int kSendFlags = MSG_NOSIGNAL | MSG_DONTWAIT;

}  // namespace

struct UringWriter::Ring {
  Ring() = default;
  ~Ring() {
    if (usable) io_uring_queue_exit(&ring);
  }
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  io_uring ring{};
  bool usable = false;
  std::array<msghdr, kJobs> messages{};
  std::array<std::size_t, kJobs> offered{};  // bytes
  std::array<iovec, kListPieces> pieces;
};

UringWriter::UringWriter(std::unique_ptr<Ring> ring) : ring_(std::move(ring)) {}
UringWriter::~UringWriter() = default;

UringWriter* UringWriter::of_this_thread() {
  thread_local std::unique_ptr<UringWriter> writer = [] {
    std::string told_at_the_start;
    return make(told_at_the_start);
  }();
  if (writer && writer->broken_) writer.reset();
  return writer.get();
}

std::unique_ptr<UringWriter> UringWriter::make(std::string& problem) {
  auto ring = std::make_unique<Ring>();
  io_uring_params params{};
  // One thread uses it and collects what it asked for itself: the kernel interrupts nobody.
  params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SUBMIT_ALL;
  if (const int result = io_uring_queue_init_params(kJobs, &ring->ring, &params); result < 0) {
    problem = std::error_code(-result, std::system_category()).message();
    return nullptr;
  }
  ring->usable = true;
  return std::unique_ptr<UringWriter>(new UringWriter(std::move(ring)));
}

void UringWriter::write(WriteJob* jobs, std::size_t count) {
  for (std::size_t done = 0; !broken_ && done < count;) {
    const std::size_t taken = hand_over(jobs + done, count - done);
    broken_ = !collect(jobs + done);
    done += taken;
  }
  // What needs more than one write, and what passes through TLS.
  for (std::size_t i = 0; i < count; ++i) {
    WriteJob& job = jobs[i];
    if (!job.written.full && !job.written.error && job.written.bytes < job.outbox->bytes()) write_waiting(job);
  }
}

std::size_t UringWriter::hand_over(WriteJob* jobs, std::size_t count) {
  std::size_t used = 0;
  std::size_t i = 0;
  for (; i < std::min(count, kJobs) && used + kPiecesOfOne <= kListPieces; ++i) {
    WriteJob& job = jobs[i];
    if (job.tls != nullptr || job.outbox->bytes() == 0) continue;
    iovec* const pieces = ring_->pieces.data() + used;
    const std::size_t pieces_count = Outbox::gather(job.outbox->begin(), pieces, kPiecesOfOne, ring_->offered[i]);
    used += pieces_count;
    job.written.error = std::make_error_code(std::errc::operation_canceled);  // until the kernel tells
    io_uring_sqe* const entry = io_uring_get_sqe(&ring_->ring);               // there are as many as jobs
    if (pieces_count == 1) {
      io_uring_prep_send(entry, job.socket, pieces->iov_base, pieces->iov_len, kSendFlags);
    } else {
      ring_->messages[i].msg_iov = pieces;
      ring_->messages[i].msg_iovlen = pieces_count;
      io_uring_prep_sendmsg(entry, job.socket, &ring_->messages[i], kSendFlags);
    }
    io_uring_sqe_set_data64(entry, i);
  }
  return i;
}

/// Until the kernel has told of each write. False: it does not any more, and what it has done is not known.
bool UringWriter::collect(WriteJob* jobs) {
  unsigned waiting = io_uring_sq_ready(&ring_->ring);
  while (waiting > 0) {
    const int result = io_uring_submit_and_wait(&ring_->ring, waiting);
    if (result < 0 && result != -EINTR && result != -EAGAIN && result != -EBUSY) break;
    unsigned head = 0;
    unsigned seen = 0;
    io_uring_cqe* entry = nullptr;
    io_uring_for_each_cqe(&ring_->ring, head, entry) {
      ++seen;
      const auto i = static_cast<std::size_t>(entry->user_data);
      SocketWrite& written = jobs[i].written;
      const int sent = entry->res;
      written.error.clear();
      if (sent == -EINTR) continue;  // written again without a list
      if (sent < 0 && sent != -EAGAIN) written.error = {-sent, std::system_category()};
      if (sent > 0) {
        written.calls = 1;
        written.bytes = static_cast<std::size_t>(sent);
      }
      written.full = !written.error && written.bytes < ring_->offered[i];
    }
    io_uring_cq_advance(&ring_->ring, seen);
    waiting -= seen;
  }
  return waiting == 0;
}

}  // namespace tidegate::net
