#include "brokers/common/frame_port.hpp"

#include <utility>

namespace tidegate::common {

FramePort::FramePort(SessionHost& host, BrokerId broker, ConnectionId connection)
    : clock_(host.clock()), counters_(host.counters()), sink_(host.open_sink(connection)), broker_(broker), connection_(connection) {}

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

// A refused push is counted by the sink, which also tells the normalizer of the hole.
void FramePort::push(RawFrame&& frame) {
  if (!closed_ && !sink_->push(std::move(frame))) loss_ = true;
}

void FramePort::data(std::string&& bytes, bool binary, const Stamp& stamp) {
  RawFrame frame = make(binary ? FrameKind::Binary : FrameKind::Text, stamp);
  count(counters_.frames_received);
  count(counters_.bytes_received, bytes.size());
  frame.bytes = std::move(bytes);
  push(std::move(frame));
}

void FramePort::opened(std::string_view url) {
  ++session_;
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
