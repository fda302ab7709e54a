#include "brokers/ibkr/decoder.hpp"

#include "brokers/ibkr/mapping.hpp"
#include "brokers/ibkr/message_fields.hpp"

namespace tidegate::ibkr {
namespace {

using Kind = common::JsonValue::Kind;

/// The answer to an old way of asking for a sign of life; the only text that is no JSON. docs/protocols/ibkr.md#commands
constexpr std::string_view kEcho = "ech+hb";
constexpr std::string_view kSnapshotPath = "/iserver/marketdata/snapshot";

}  // namespace

std::unique_ptr<Decoder> make_decoder(const BrokerConfig&) { return std::make_unique<FrameDecoder>(); }

Decoded FrameDecoder::decode(const RawFrame& frame, UpdateSink& sink) {
  decoded_ = {};
  decoded_.confidential = true;  // unless it turns out to be market data: everything else on this socket may speak of an account
  frame_ = &frame;
  sink_ = &sink;
  const bool rest = frame.kind == FrameKind::Rest;
  if (!rest && frame.bytes == kEcho) {
    ++decoded_.control;
  } else if ((rest && frame.request.find(kSnapshotPath) == std::string::npos) || !enter_session(frame)) {
    ++decoded_.ignored;
  } else if (const auto error = reader_.read(frame.bytes, rest ? FrameShape::ArrayOfRows : FrameShape::Object, *this)) {
    bad(*error);
  }
  frame_ = nullptr;
  sink_ = nullptr;
  return decoded_;
}

/// The server remembers nothing from one connection to the next, so what is known ends with it. False: the frame is of an earlier one.
bool FrameDecoder::enter_session(const RawFrame& frame) {
  if (frame.connection == connection_ && frame.session == session_) return true;
  if (frame.connection == connection_ && frame.session < session_) return false;
  streams_.clear();
  ladders_.clear();
  connection_ = frame.connection;
  session_ = frame.session;
  return true;
}

void FrameDecoder::on_message(const Message& message) {
  if (frame_->kind == FrameKind::Rest) return on_row(message);
  const common::JsonValue* const text = message.fields.find("topic");
  if (text == nullptr) return on_untitled(message);
  if (text->kind != Kind::Text) return bad({Reason::BadText, "topic"});
  const Topic topic = read_topic(text->text);
  switch (topic.kind) {
    case TopicKind::MarketData:
      return on_market_data(topic.target, message);
    case TopicKind::Depth:
      return on_ladder(topic.target, message);
    case TopicKind::Order:
      return account("order");
    case TopicKind::Execution:
      return account("execution");
    case TopicKind::ProfitLoss:
      return account("profit_loss");
    case TopicKind::Summary:
      return account("summary");
    case TopicKind::Ledger:
      return account("ledger");
    case TopicKind::Control:
      ++decoded_.control;
      return;
    case TopicKind::Other:
      ++decoded_.ignored;
      return;
  }
}

/// "waiting for session", confirmations of what was unsubscribed, complaints about a command.
void FrameDecoder::on_untitled(const Message& message) {
  const Fields& fields = message.fields;
  if (fields.sent("message") || fields.sent("result") || fields.sent("error")) {
    ++decoded_.control;
  } else {
    bad({Reason::MissingField, "topic"});
  }
}

void FrameDecoder::on_market_data(std::string_view stream, const Message& message) {
  decoded_.confidential = false;
  if (is_combination(stream)) {
    ++decoded_.ignored;
    return;
  }
  const Result<StreamTarget> target = read_target(stream);
  if (!target) return bad(target.error());
  publish(stream, *target, read_market_data(message.fields));
}

/// A row of the snapshot over REST, which may have been overtaken by the stream.
void FrameDecoder::on_row(const Message& message) {
  decoded_.confidential = false;
  const Result<StreamTarget> target = read_row_target(message.fields);
  if (!target) return bad(target.error());
  const std::string_view stream = (message.fields.find("conidEx") != nullptr ? message.fields.find("conidEx") : message.fields.find("conid"))->text;
  const MarketData data = read_market_data(message.fields);
  const MarketState* const known = streams_.find(stream);
  if (known != nullptr && data.updated.known() && known->updated().known() && data.updated < known->updated()) {
    ++decoded_.ignored;
    return;
  }
  publish(stream, *target, data);
}

/// In the order in which a subscriber needs it: whether there is data, whether there is trading, then the quote before the ticker.
void FrameDecoder::publish(std::string_view stream, const StreamTarget& target, const MarketData& data) {
  const std::uint32_t before = decoded_.updates + decoded_.bad;
  if (data.fault) bad(*data.fault);
  MarketState& state = streams_.of(stream);
  const Merged merged = state.merge(data, frame_->received);
  const NativeRef instrument = target.native();
  if (merged.access_changed) {
    sink_->on_availability(to_availability(instrument, data.availability, state.access()));
    ++decoded_.updates;
  }
  if (merged.trading_changed) {
    sink_->on_instrument_status(to_status(instrument, state, *merged.trading_changed));
    ++decoded_.updates;
  }
  if ((merged.told & kQuoteValues) != 0) {
    sink_->on_quote(to_quote(instrument, state));
    ++decoded_.updates;
  }
  if (merged.told != 0) {
    if (const TickerUpdate ticker = to_ticker(instrument, state, merged.told, state.take_void()); says_something(ticker)) {
      sink_->on_ticker(ticker);
      ++decoded_.updates;
    }
  }
  if (decoded_.updates + decoded_.bad == before) ++decoded_.ignored;
}

/// Depth brings no availability of its own; what the stream of the same instrument was told last counts for it, too.
void FrameDecoder::on_ladder(std::string_view ladder, const Message& message) {
  const Result<StreamTarget> target = read_ladder_target(ladder);
  if (!target) {  // an older form of the topic names no instrument
    if (!ladder.empty()) return bad(target.error());
    ++decoded_.ignored;
    return;
  }
  DepthLadder& state = ladders_.of(ladder);
  const DepthLadder::Applied applied = state.apply(message.rows);
  if (applied.fault) bad(*applied.fault);
  if (message.too_many_rows) bad({Reason::TooManyLevels, "data"});
  if (!applied.changed) {
    if (!applied.fault && !message.too_many_rows) ++decoded_.ignored;
    return;
  }
  state.read_levels(bids_, asks_);
  stream_ = ladder.substr(ladder.find('+') + 1);
  if (const std::size_t plus = stream_.find('+'); plus != std::string::npos) stream_[plus] = '@';
  const MarketState* const market = streams_.find(stream_);
  sink_->on_depth({
      .instrument = target->native(),
      .kind = DepthKind::TopLevels,
      .bids = bids_,
      .asks = asks_,
      .flags = market == nullptr ? Flags::None : market->flags(),
      .ts_event = kNoTime,
  });
  ++decoded_.updates;
}

/// The whole message: what of it matters is for those who know accounts.
void FrameDecoder::account(std::string_view kind) {
  sink_->on_account({.kind = kind, .body = frame_->bytes});
  ++decoded_.updates;
}

void FrameDecoder::bad(Error error) {
  if (decoded_.bad++ == 0) decoded_.error = error;
}

}  // namespace tidegate::ibkr
