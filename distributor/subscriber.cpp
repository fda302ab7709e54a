#include "distributor/subscriber.hpp"

#include <algorithm>
#include <chrono>

namespace tidegate::distributor {
namespace {

constexpr std::size_t kKeptDue = 16;
constexpr std::size_t kCompactFrom = 64;  // streams that something was due for are forgotten so many at a time

}  // namespace

Offered Subscriber::offer(const net::FrameRef& frame, MonoTime now) {
  if (parting()) return Offered::Closed;
  const std::size_t bytes = frame.bytes().size();
  if (!has_room(bytes, outbox_bytes_ + kReserveBytes)) {
    connection_->write_now();
    if (!connected()) return Offered::Closed;
    if (!has_room(bytes, outbox_bytes_ + kReserveBytes)) return Offered::TooSlow;
  }
  send(frame, now);
  return Offered::Queued;
}

void Subscriber::send(const net::FrameRef& frame, MonoTime now) {
  if (answer_bytes_ != 0) answer_bytes_ = std::min(answer_bytes_, connection_->queued_bytes());
  connection_->send(frame);
  last_sent_ = now;
}

void Subscriber::send_all(const net::FrameList& frames, const net::FrameRef& joined, MonoTime now) {
  if (answer_bytes_ != 0) answer_bytes_ = std::min(answer_bytes_, connection_->queued_bytes());
  connection_->send_all(frames, joined);
  last_sent_ = now;
}

Offered Subscriber::answer(std::string_view text, MonoTime now) {
  if (parting()) return Offered::Closed;
  if (connection_->queued_bytes() > outbox_bytes_) connection_->write_now();  // many requests may come in one turn
  if (!connected()) return Offered::Closed;
  const std::size_t queued = connection_->queued_bytes();
  if (queued > outbox_bytes_) return Offered::TooSlow;
  connection_->send_text(text);
  // Compressed, it is less than the text; and the connection may be gone.
  answer_bytes_ = std::min(answer_bytes_, queued) + std::max(queued_bytes(), queued) - queued;
  last_sent_ = now;
  return Offered::Queued;
}

void Subscriber::part(std::string_view last_words, std::uint16_t code, std::string_view reason) {
  if (parted()) return;
  parting_ = true;
  wishes.clear();
  clear_due();
  connection_->send_text(last_words);
  if (connection_ != nullptr) connection_->close(code, reason);
}

std::size_t Subscriber::backlog() const {
  const std::size_t queued = queued_bytes();
  return queued - std::min(answer_bytes_, queued);
}

bool Subscriber::has_room(std::size_t bytes, std::size_t share) const {
  const std::size_t queued = connection_->queued_bytes();
  return queued == 0 || queued - std::min(answer_bytes_, queued) + bytes <= share;
}

bool Subscriber::make_room(std::size_t bytes, std::size_t share, std::uint64_t turn) {
  if (has_room(bytes, share)) return true;
  if (vain_turn_ == turn) return false;
  const std::size_t before = connection_->queued_bytes();
  connection_->write_now();
  if (!connected()) return false;
  if (connection_->queued_bytes() == before) vain_turn_ = turn;
  return has_room(bytes, share);
}

void Subscriber::drop_unsent(const std::function<void(const net::FrameRef&)>& dropped) {
  if (connection_ != nullptr) connection_->drop_unsent(dropped);
}

void Subscriber::set_close_timeout(Duration timeout) {
  if (connection_ != nullptr) connection_->set_close_timeout(std::chrono::ceil<std::chrono::milliseconds>(timeout));
}

void Subscriber::cut() {
  if (connection_ != nullptr) connection_->cut();
}

void Subscriber::pop_due() {
  if (++due_next_ >= due_.size()) return clear_due();
  if (due_next_ < kCompactFrom || due_next_ * 2 < due_.size()) return;
  due_.erase(due_.begin(), due_.begin() + static_cast<std::ptrdiff_t>(due_next_));
  due_next_ = 0;
}

void Subscriber::clear_due() {
  due_next_ = 0;
  if (due_.capacity() > kKeptDue) {
    std::vector<StreamSlot>().swap(due_);  // idle subscribers hold next to no memory
  } else {
    due_.clear();
  }
}

}  // namespace tidegate::distributor
