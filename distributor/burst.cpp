#include "distributor/burst.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "distributor/hub.hpp"

namespace tidegate::distributor {
namespace {

/// Of all messages together in their native form: what the largest recycled piece of memory holds.
constexpr std::size_t kBytesMax = 15'000;
/// So many subscribers ahead of the one that is served, its connection is fetched, and as many more ahead the subscriber.
constexpr std::size_t kServedAhead = 4;

std::uint32_t bytes_left(std::size_t share, std::size_t used) {
  return static_cast<std::uint32_t>(std::min<std::size_t>(share - std::min(share, used), UINT32_MAX));
}

}  // namespace

Burst::Burst(Hub& hub) : hub_(hub) {
  messages_.reserve(kMessagesMax);
  for (Run& run : runs_) run.frames.reserve(kMessagesMax);
}

bool Burst::take(SubscriberSlot subscriber, const Message& message, std::uint64_t& number, bool event, MonoTime now) {
  Place& place = places_[subscriber];
  const std::size_t bytes = message.in(place.format).bytes().size();
  if (bytes > (event ? place.room : place.state_room)) return false;
  if (number < first_number_) keep(message, number);
  if (place.waiting == 0) served_next_.push_back(subscriber);
  place.waiting |= std::uint64_t{1} << (number - first_number_);
  place.room -= static_cast<std::uint32_t>(bytes);
  place.state_room -= std::min(place.state_room, static_cast<std::uint32_t>(bytes));
  now_ = now;
  return true;
}

void Burst::keep(const Message& message, std::uint64_t& number) {
  const std::size_t bytes = message.in(Format::Native).bytes().size();
  if (messages_.size() == kMessagesMax || (!messages_.empty() && bytes_ + bytes > kBytesMax)) serve_all();
  bytes_ += bytes;
  number = first_number_ + messages_.size();
  messages_.push_back(message);
}

/// Nobody who holds something back: what comes for it may have to wait behind that.
void Burst::look_at(const Subscriber& subscriber) {
  const SubscriberSlot slot = subscriber.slot();
  if (slot >= places_.size()) places_.resize(slot + std::size_t{1});
  Place& place = places_[slot];
  place.period = period_;
  place.format = subscriber.format;
  place.room = place.state_room = 0;
  if (subscriber.parting() || subscriber.may_hold_back() || !subscriber.dialect.spelling.empty()) return;
  const std::size_t used = subscriber.backlog();
  place.room = bytes_left(subscriber.outbox_bytes(), used);
  place.state_room = bytes_left(subscriber.state_bytes(), used);
}

void Burst::serve(SubscriberSlot slot, Place& place) {
  Subscriber& subscriber = *hub_.subscribers()[slot];
  const Run& run = run_of(place);
  place.waiting = 0;
  hub_.deliver_all(subscriber, run.frames, run.joined, now_);
}

void Burst::serve_all() {
  const std::size_t count = served_next_.size();
  for (std::size_t i = 0; i < count; ++i) {
    if (i + 2 * kServedAhead < count) hub_.prefetch(served_next_[i + 2 * kServedAhead]);
    if (i + kServedAhead < count) hub_.prefetch_connection(served_next_[i + kServedAhead]);
    serve(served_next_[i]);
  }
  served_next_.clear();
  for (Run& run : runs_) {
    run.messages = 0;
    run.joined = net::FrameRef{};
  }
  first_number_ += messages_.size();
  messages_.clear();
  bytes_ = 0;
}

/// Joining pays from the second subscriber on.
const Burst::Run& Burst::run_of(const Place& place) {
  for (Run& run : runs_) {
    if (run.messages != place.waiting || run.format != place.format) continue;
    if (!std::exchange(run.shared, true) && run.frames.size() > 1) run.joined = hub_.frames.join(run.frames);
    return run;
  }
  Run& run = runs_[next_run_++ % kRunsKept];
  run.messages = place.waiting;
  run.format = place.format;
  run.shared = false;
  run.joined = net::FrameRef{};
  run.frames.clear();
  for (std::uint64_t rest = place.waiting; rest != 0; rest &= rest - 1) {
    run.frames.push_back(&messages_[static_cast<std::size_t>(std::countr_zero(rest))].in(place.format));
  }
  return run;
}

}  // namespace tidegate::distributor
