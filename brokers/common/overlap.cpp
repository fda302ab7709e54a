#include "brokers/common/overlap.hpp"

#include <functional>
#include <utility>

namespace tidegate::common {

Overlap::Stream& Overlap::stream_of(const RawFrame& frame) {
  const std::string name{stream_of_ == nullptr ? std::string_view{} : stream_of_(frame)};
  return streams_[name];
}

/// Sets one of a stream's flags, and keeps the counts.
void Overlap::mark(Stream& stream, bool Stream::*flag) {
  if (stream.*flag) return;
  const auto tally = [&](int sign) {
    const auto add = [sign](std::size_t& number, bool counts) {
      if (counts) number = sign > 0 ? number + 1 : number - 1;
    };
    add(active_, stream.old_sent || stream.new_sent);
    add(joined_, stream.joined);
    add(missing_, stream.old_sent && !stream.new_sent);
  };
  tally(-1);
  stream.*flag = true;
  tally(+1);
}

void Overlap::observe(const RawFrame& frame) {
  if (!is_data(frame)) return;
  Stream& stream = stream_of(frame);
  if (confirmed_) mark(stream, &Stream::old_sent);
  if (stream_of_ == nullptr) return;
  const std::uint64_t hash = std::hash<std::string_view>{}(frame.bytes);
  const auto same = waiting_.find(hash);
  if (same == waiting_.end()) return remember(hash);
  const std::uint64_t number = same->second;
  if (held_[number - first_held_].after_confirmed) mark(stream, &Stream::joined);
  waiting_.erase(same);
  drop(number);
}

void Overlap::hold(RawFrame&& frame) {
  if (is_data(frame)) {
    Stream& stream = stream_of(frame);
    if (confirmed_) mark(stream, &Stream::new_sent);
    if (stream_of_ != nullptr) {
      const std::uint64_t hash = std::hash<std::string_view>{}(frame.bytes);
      if (const auto same = remembered_.find(hash); same != remembered_.end()) {
        remembered_.erase(same);
        if (confirmed_) mark(stream, &Stream::joined);
        return;
      }
      waiting_.emplace(hash, first_held_ + held_.size());
    }
  }
  bytes_ += cost(frame);
  held_.push_back({std::move(frame), confirmed_});
}

void Overlap::confirmed() {
  confirmed_ = true;
  streams_.clear();
  active_ = joined_ = missing_ = 0;
  for (Held& held : held_) held.after_confirmed = false;
}

void Overlap::remember(std::uint64_t hash) {
  remembered_.insert(hash);
  remembered_order_.push_back(hash);
  if (remembered_order_.size() <= kRememberedMax) return;
  if (const auto oldest = remembered_.find(remembered_order_.front()); oldest != remembered_.end()) remembered_.erase(oldest);
  remembered_order_.pop_front();
}

void Overlap::drop(std::uint64_t number) {
  Held& held = held_[number - first_held_];
  bytes_ -= cost(*held.frame);
  held.frame.reset();
  while (!held_.empty() && !held_.front().frame) {
    held_.pop_front();
    ++first_held_;
  }
}

void Overlap::settle(MonoTime time) {
  if (stream_of_ != nullptr) return;
  for (Held& held : held_) {
    if (!held.frame || !is_data(*held.frame) || held.frame->received_mono >= time) continue;
    bytes_ -= cost(*held.frame);
    held.frame.reset();
  }
}

std::deque<RawFrame> Overlap::take() {
  std::deque<RawFrame> frames;
  for (Held& held : held_) {
    if (held.frame) frames.push_back(std::move(*held.frame));
  }
  first_held_ += held_.size();
  held_.clear();
  waiting_.clear();
  bytes_ = 0;
  return frames;
}

}  // namespace tidegate::common
