#include "brokers/common/frame_port.hpp"

#include <chrono>
#include <deque>
#include <utility>

#include "gateway/net/event_loop.hpp"

namespace tidegate::common {
namespace {

/// Frames that were held back go out in portions, so that the queue behind takes them and others' frames keep their turn.
constexpr std::size_t kPortion = 1'024;
constexpr std::chrono::milliseconds kNoRoomWait{1};

}  // namespace

/// A slot's way into the gateway. Straight on; only after a change of sockets frames may wait here for room.
class FramePort::Way {
 public:
  Way(SessionHost& host, ConnectionId connection) : sink_(host.open_sink(connection)), timer_(host.loop()) {}

  // A refused push is counted by the sink, which also tells the normalizer of the hole.
  void push(RawFrame&& frame) {
    if (closed_) return;
    if (waiting_.empty()) return send(std::move(frame));
    waiting_bytes_ += frame.bytes.size();
    waiting_.push_back(std::move(frame));
    // Faster than the gateway for so long: from here on the queue's own rule for a lack of room holds.
    while (waiting_bytes_ > bytes_max_) send_first();
  }
  void push_all(std::deque<RawFrame>&& frames) {
    if (closed_) return;
    for (RawFrame& frame : frames) {
      waiting_bytes_ += frame.bytes.size();
      waiting_.push_back(std::move(frame));
    }
    bytes_max_ = 2 * waiting_bytes_ + kSlackBytes;
    drain();
  }
  void close() {
    closed_ = true;
    timer_.cancel();
    waiting_.clear();
  }
  [[nodiscard]] std::uint32_t next_session() { return ++sessions_; }
  [[nodiscard]] bool take_loss() { return std::exchange(loss_, false); }

 private:
  static constexpr std::size_t kSlackBytes = 16U << 20U;

  void send(RawFrame&& frame) {
    if (!sink_->push(std::move(frame))) loss_ = true;
  }
  void send_first() {
    waiting_bytes_ -= waiting_.front().bytes.size();
    send(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  void drain() {
    for (std::size_t i = 0; i < kPortion && !waiting_.empty() && sink_->has_room(); ++i) send_first();
    if (!waiting_.empty()) timer_.start(sink_->has_room() ? Duration::zero() : Duration{kNoRoomWait}, [this] { drain(); });
  }

  std::unique_ptr<FrameSink> sink_;
  net::Timer timer_;
  std::deque<RawFrame> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::size_t bytes_max_ = 0;
  std::uint32_t sessions_ = 0;
  bool closed_ = false;
  bool loss_ = false;
};

FramePort::FramePort(SessionHost& host, BrokerId broker, ConnectionId connection)
    : clock_(host.clock()), counters_(host.counters()), way_(std::make_shared<Way>(host, connection)), broker_(broker), connection_(connection) {}

FramePort::FramePort(const FramePort& other, Overlap* overlap)
    : clock_(other.clock_),
      counters_(other.counters_),
      way_(other.way_),
      broker_(other.broker_),
      connection_(other.connection_),
      unbroken_since_(other.unbroken_since_),
      holder_(overlap) {}

void FramePort::close() {
  if (way_ != nullptr) way_->close();
}

bool FramePort::take_loss() { return way_ != nullptr && way_->take_loss(); }

RawFrame FramePort::make(FrameKind kind, const Stamp& stamp) const {
  RawFrame frame;
  frame.kind = kind;
  frame.broker = broker_;
  frame.connection = connection_;
  frame.session = session_;
  frame.received = stamp.utc;
  frame.received_mono = stamp.mono;
  return frame;
}

void FramePort::push(RawFrame&& frame) {
  if (way_ == nullptr) return;
  if (holder_ != nullptr) return holder_->hold(std::move(frame));
  if (observer_ != nullptr) observer_->observe(frame);
  way_->push(std::move(frame));
}

void FramePort::succeeding(Overlap& overlap) {
  observer_ = &overlap;
  push(make(FrameKind::Succeeding, now()));
}

void FramePort::put_off() {
  observer_ = nullptr;
  push(make(FrameKind::PutOff, now()));
}

void FramePort::take_over(std::string_view why, Joint joint) {
  if (way_ == nullptr || holder_ == nullptr) return;
  RawFrame frame = make(FrameKind::TakenOver, now());
  frame.bytes = why;
  frame.code = joint == Joint::Proven ? kJointProven : 0;
  if (joint == Joint::Broken) unbroken_since_ = session_;
  way_->push(std::move(frame));
  way_->push_all(std::exchange(holder_, nullptr)->take());
}

void FramePort::retire() {
  way_.reset();
  observer_ = holder_ = nullptr;
}

void FramePort::data(std::string&& bytes, bool binary, const Stamp& stamp) {
  RawFrame frame = make(binary ? FrameKind::Binary : FrameKind::Text, stamp);
  count(counters_.frames_received);
  count(counters_.bytes_received, bytes.size());
  frame.bytes = std::move(bytes);
  push(std::move(frame));
}

void FramePort::opened(std::string_view url) {
  if (way_ == nullptr) return;
  session_ = way_->next_session();
  if (holder_ == nullptr) unbroken_since_ = session_;
  RawFrame frame = make(FrameKind::Opened, now());
  frame.request = url;
  push(std::move(frame));
}

void FramePort::lost(std::string_view why) {
  RawFrame frame = make(FrameKind::Closed, now());
  frame.bytes = why;
  push(std::move(frame));
}

void FramePort::accepted(InstrumentId instrument, Channel channel) {
  RawFrame frame = make(FrameKind::Accepted, now());
  frame.instrument = instrument;
  frame.channel = channel;
  push(std::move(frame));
}

void FramePort::asked(InstrumentId instrument, Channel channel, std::string_view note) {
  RawFrame frame = make(FrameKind::Asked, now());
  frame.bytes = note;
  frame.instrument = instrument;
  frame.channel = channel;
  push(std::move(frame));
}

void FramePort::refused(InstrumentId instrument, Channel channel, std::string_view words, std::uint16_t code) {
  RawFrame frame = make(FrameKind::Refused, now());
  frame.instrument = instrument;
  frame.channel = channel;
  frame.bytes = words;
  frame.code = code;
  push(std::move(frame));
}

void FramePort::status(BrokerState state, std::string_view reason) {
  RawFrame frame = make(FrameKind::Status, now());
  frame.broker_state = state;
  frame.bytes = reason;
  push(std::move(frame));
}

void FramePort::rest(std::string request, std::string&& body) {
  RawFrame frame = make(FrameKind::Rest, now());
  count(counters_.frames_received);
  count(counters_.bytes_received, body.size());
  frame.request = std::move(request);
  frame.bytes = std::move(body);
  push(std::move(frame));
}

}  // namespace tidegate::common
