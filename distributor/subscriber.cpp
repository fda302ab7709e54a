#include "distributor/subscriber.hpp"

#include <algorithm>

namespace tidegate::distributor {

Offered Subscriber::offer(const net::FrameRef& frame, MonoTime now) {
  if (parting()) return Offered::Closed;
  answer_bytes_ = std::min(answer_bytes_, connection_->queued_bytes());
  if (!make_room(frame.bytes().size())) return connected() ? Offered::TooSlow : Offered::Closed;
  connection_->send(frame);
  last_sent_ = now;
  return Offered::Queued;
}

Offered Subscriber::answer(std::string_view text, MonoTime now) {
  if (parting()) return Offered::Closed;
  if (connection_->queued_bytes() > outbox_bytes_) connection_->write_now();  // many requests may come in one turn
  if (!connected()) return Offered::Closed;
  const std::size_t queued = connection_->queued_bytes();
  if (queued > outbox_bytes_) return Offered::TooSlow;
  answer_bytes_ = std::min(answer_bytes_, queued) + text.size();
  connection_->send_text(text);
  last_sent_ = now;
  return Offered::Queued;
}

void Subscriber::part(std::string_view last_words, std::uint16_t code, std::string_view reason) {
  if (parting()) return;
  parting_ = true;
  wishes.clear();
  due_ = {};
  due_next_ = 0;
  connection_->send_text(last_words);
  if (connection_ != nullptr) connection_->close(code, reason);
}

bool Subscriber::has_room(std::size_t bytes) const {
  const std::size_t queued = connection_->queued_bytes();
  if (queued == 0) return true;  // a message larger than the whole outbox is no sign of a slow reader
  return queued - std::min(answer_bytes_, queued) + bytes <= outbox_bytes_;
}

bool Subscriber::make_room(std::size_t bytes) {
  if (has_room(bytes)) return true;
  connection_->write_now();
  return connected() && has_room(bytes);
}

bool Subscriber::has_room_for_snapshots() const { return !parting() && connection_->queued_bytes() <= outbox_bytes_ / 2; }

void Subscriber::pop_due() {
  if (++due_next_ < due_.size()) return;
  due_ = {};  // idle subscribers hold no memory
  due_next_ = 0;
}

}  // namespace tidegate::distributor
