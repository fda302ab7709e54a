#include "tests/toy_broker/decoder.hpp"

#include "tests/toy_broker/lines.hpp"
#include "tests/toy_broker/mapping.hpp"

namespace tidegate::toy {

std::unique_ptr<Decoder> make_decoder(const BrokerConfig&) { return std::make_unique<LineDecoder>(); }

Decoded LineDecoder::decode(const RawFrame& frame, UpdateSink& sink) {
  Decoded decoded;
  const LineKind kind = frame.kind == FrameKind::Text ? kind_of(frame.bytes) : LineKind::Other;
  if (kind == LineKind::Other) {
    ++decoded.ignored;
  } else if (kind != LineKind::Trade) {
    ++decoded.control;
  } else if (const auto trade = read_trade(frame.bytes); trade.ok()) {
    sink.on_trade(to_trade(*trade));
    ++decoded.updates;
  } else {
    ++decoded.bad;
    decoded.error = trade.error();
  }
  return decoded;
}

}  // namespace tidegate::toy
