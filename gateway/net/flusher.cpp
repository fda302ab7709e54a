#include "gateway/net/flusher.hpp"

#include <algorithm>

#include "gateway/net/uring_writer.hpp"

namespace tidegate::net {
namespace {

/// As many as the nearest caches hold.
constexpr std::size_t kBatch = 128;
/// With fewer writes a list costs as much as it saves.
constexpr std::size_t kListMin = 16;

}  // namespace

void Flusher::configure(std::size_t threads, bool io_uring) {
  io_uring_ = io_uring;
  if (threads == (team_ ? team_->size() : 1)) return;
  team_.reset();
  if (threads > 1) team_ = std::make_unique<WriteTeam>(threads - 1);
}

void Flusher::remove(Writable& socket) { std::replace(dirty_.begin(), dirty_.end(), &socket, static_cast<Writable*>(nullptr)); }

/// Batch by batch; all of it at once where there is somebody to share it with.
void Flusher::flush() {
  for (std::size_t next = 0; next < dirty_.size();) {
    jobs_.clear();
    places_.clear();
    while (next < dirty_.size() && (team_ || jobs_.size() < kBatch)) begin_write(next++);
    if (team_) {
      team_->run(jobs_.size(), [this](std::size_t first, std::size_t end) { write(first, end); });
    } else {
      write(0, jobs_.size());
    }
    for (std::size_t i = 0; i < jobs_.size(); ++i) {
      if (Writable* const socket = dirty_[places_[i]]; socket != nullptr) socket->end_write(jobs_[i].written);
    }
  }
  dirty_.clear();
}

void Flusher::begin_write(std::size_t place) {
  // Of thousands, each comes from far away: fetched while those before it are looked at.
  constexpr std::size_t kAhead = 4;
  if (place + 2 * kAhead < dirty_.size() && dirty_[place + 2 * kAhead] != nullptr) dirty_[place + 2 * kAhead]->prefetch();
  if (place + kAhead < dirty_.size() && dirty_[place + kAhead] != nullptr) dirty_[place + kAhead]->prefetch_queue();
  WriteJob job;
  if (dirty_[place] == nullptr || !dirty_[place]->begin_write(job)) return;
  jobs_.push_back(job);
  places_.push_back(place);
}

/// On any thread of the team.
void Flusher::write(std::size_t first, std::size_t end) {
  UringWriter* const writer = io_uring_ && end - first >= kListMin ? UringWriter::of_this_thread() : nullptr;
  if (writer != nullptr) return writer->write(jobs_.data() + first, end - first);
  for (std::size_t i = first; i < end; ++i) write_waiting(jobs_[i]);
}

}  // namespace tidegate::net
