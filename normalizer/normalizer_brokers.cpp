// The normalizer's part for brokers that come, go and change while the gateway runs.
#include <algorithm>
#include <limits>
#include <utility>

#include "gateway/core/codes.hpp"
#include "normalizer/normalizer.hpp"

namespace tidegate {

void Normalizer::replace_decoder(BrokerId broker, std::unique_ptr<Decoder> decoder, const TradeFillLimits& fills) {
  decoders_[broker.value()] = std::move(decoder);
  fill_limits_[broker.value()] = fills;
  view_of(broker).ended = false;
}

void Normalizer::end_broker(BrokerId broker, BrokerState state, std::string_view words) {
  RawFrame ended;
  ended.kind = FrameKind::Status;
  ended.broker = broker;
  ended.broker_state = state;
  ended.bytes = words;
  ended.received = clock_.utc();
  ended.received_mono = clock_.mono();
  on_frame(ended);
  view_of(broker).ended = state == BrokerState::Down;
  std::erase_if(succeeded_, [broker](const SourceKey& socket) { return socket.broker == broker; });
  broker_ = brokers_[broker.value()];
  for_each_stream([&](Channel channel, Stream& stream) {
    if (channel == Channel::Trade && state_->fill != nullptr && state_->fill->broker == broker) give_up_holes();
    if (stream.sources != nullptr) {
      SourceSelect& sources = stream.sources->select;
      const auto all = sources.candidates();
      const auto known = std::find_if(all.begin(), all.end(), [broker](const SourceCandidate& candidate) { return candidate.broker == broker; });
      if (known != all.end()) {
        sources.on_closed({broker, known->key.connection, std::numeric_limits<std::uint32_t>::max()}, words, ended.received_mono);
      }
    }
    if (stream.source.broker != broker || !stream.has_source) return;
    lose_source(channel, words);
    // Another configuration may mean another market: no field of the old session's goes on as the new one's.
    const std::uint16_t depth = state_->book.depth;
    forget_merged(channel);
    state_->book.depth = depth;
    if (channel == Channel::Trade && stream.seq != 0) state_->trade_ids.renumber();
    stream.overlap.reset();
    stream.last_content = 0;
  });
  broker_ = nullptr;
}

void Normalizer::fail_unserved(const std::vector<Want>& wants, std::string_view words) {
  for (const Want& want : wants) {
    select(want.instrument, want.channel);
    if (!stream_->wanted) continue;
    if (stream_->seq != 0) stream_->gap = PendingGap::Unknown;
    set_state(StreamState::Failed, words, code::kNoChannel);
  }
}

}  // namespace tidegate
