// The decoder's part behind the readers: messages of any form kept, merged and published.
#include "brokers/xts/decoder.hpp"

namespace tidegate::xts {
namespace {

/// Best bid above best ask, both there: the documents' own sample names the sides the wrong way round. docs/protocols/xts.md#partial
bool is_crossed(const PartialValues& values) {
  const Decimal bid = values.bids.front().price, ask = values.asks.front().price;
  return bid.present() && ask.present() && ask.mantissa > 0 && compare(bid, ask) > 0;
}

/// For values that are newer than the message: its own time is not theirs.
Header newer_header(Header header) {
  header.exchange_time = 0;
  return header;
}

}  // namespace

// ---- Partial texts ----

void FrameDecoder::decode_partial_text(std::uint32_t code, std::string_view text) {
  const bool used = code == message_code::kTouchline || code == message_code::kMarketDepth || code == message_code::kCandle ||
                    code == message_code::kOpenInterest || code == message_code::kLastPrice;
  if (!used && code != message_code::kPropertyChange) return on_unused_message(code);
  if (const auto error = parse_partial_text(text, partial_text_)) return on_bad_message(*error);
  if (!used) return on_unused_message(code);  // property ids and values: none of them is a price of today. docs/protocols/xts.md#properties

  origin_ = Origin::Text;
  Header header{.code = code, .segment = partial_text_.segment, .instrument = partial_text_.instrument};
  if (partial_text_.values.value(PartialKey::MarketType).present()) header.market_type = partial_text_.values.time(PartialKey::MarketType);
  if (of_other_market(header)) return;
  if (code == message_code::kOpenInterest) {
    const Decimal open_interest = partial_text_.values.value(PartialKey::Open);
    if (!open_interest.present()) return on_bad_message({Reason::MissingField, "o"});
    if (open_interest.mantissa < 0) return on_bad_message({Reason::BadDecimal, "o"});
    return on_message(OpenInterestMessage{header, open_interest});
  }
  PartialInstrument* const known = connection_->partial.find_or_add(code, header.segment, header.instrument);
  if (known == nullptr) return on_bad_message({Reason::BadText, "t"});
  known->values.apply(partial_text_.values);
  known->changed_by_text = true;
  publish_known(header, *known);
}

void FrameDecoder::publish_known(Header header, PartialInstrument& known) {
  PartialValues& values = known.values;
  switch (header.code) {
    case message_code::kTouchline:
      if (is_crossed(values)) {
        values.bids.front() = values.asks.front() = {};
        on_bad_message({Reason::CrossedBook, "bi"});
      }
      return publish(to_touchline(header, values));
    case message_code::kMarketDepth:
      return publish(to_depth(header, values));
    case message_code::kCandle:
      for (const PartialKey key : {PartialKey::Open, PartialKey::High, PartialKey::Low, PartialKey::Close, PartialKey::Bt}) {
        if (!values.value(key).present()) return on_bad_message({Reason::MissingField, "ohlc"});
      }
      return publish(to_candle(header, values));
    default:
      return publish(to_last_price(header, values));
  }
}

// ---- whole messages ----

template <class Message>
const PartialValues* FrameDecoder::keep(const Message& message) {
  if (!options_.partial || origin_ == Origin::Packet) return nullptr;
  PartialInstrument* const known = connection_->partial.find_or_add(message.header.code, message.header.segment, message.header.instrument);
  if (known == nullptr) return nullptr;
  const PartialValues values = to_values(message);
  if (origin_ == Origin::Snapshot && !take_snapshot(*known, values)) return &known->values;
  if (origin_ == Origin::Event) take_event(*known, values);
  return nullptr;
}

void FrameDecoder::on_message(const TouchlineMessage& message) {
  if (of_other_market(message.header)) return;
  const PartialValues* const newer = keep(message);
  return newer == nullptr ? publish(message) : publish(to_touchline(newer_header(message.header), *newer));
}

void FrameDecoder::on_message(const DepthMessage& message) {
  if (of_other_market(message.header)) return;
  const PartialValues* const newer = keep(message);
  return newer == nullptr ? publish(message) : publish(to_depth(newer_header(message.header), *newer));
}

void FrameDecoder::on_message(const LastPriceMessage& message) {
  if (of_other_market(message.header)) return;
  const PartialValues* const newer = keep(message);
  return newer == nullptr ? publish(message) : publish(to_last_price(newer_header(message.header), *newer));
}

void FrameDecoder::on_message(const CandleMessage& message) {
  if (!of_other_market(message.header)) publish(message);
}

void FrameDecoder::on_message(const OpenInterestMessage& message) {
  if (of_other_market(message.header)) return;
  sink_->on_ticker(to_ticker(message, clock_, flags()));
  ++decoded_.updates;
}

void FrameDecoder::on_message(const MarketStatusMessage& message) {
  sink_->on_market_status(to_market_status(message, clock_));
  ++decoded_.updates;
}

void FrameDecoder::on_unused_message(std::uint32_t) { ++decoded_.ignored; }

void FrameDecoder::on_bad_message(Error error) {
  if (decoded_.bad++ == 0) decoded_.error = error;
}

bool FrameDecoder::of_other_market(const Header& header) {
  if (is_regular_market(header)) return false;
  ++decoded_.ignored;
  return true;
}

// ---- to updates ----

void FrameDecoder::publish(const TouchlineMessage& message) {
  read_levels({&message.touchline.bid, 1}, bids_);
  read_levels({&message.touchline.ask, 1}, asks_);
  publish_touchline(message.header, message.touchline, false);
}

void FrameDecoder::publish(const DepthMessage& message) {
  read_levels(message.bids, bids_);
  read_levels(message.asks, asks_);
  publish_touchline(message.header, message.touchline, true);
}

/// A waiting quote goes out before a trade of its symbol, so the trade comes behind the book.
void FrameDecoder::publish_touchline(const Header& header, const Touchline& touchline, bool with_book) {
  const TouchlineTimes times = read_times(header, touchline, clock_);
  if (const auto quote = to_quote(header, bids_, asks_, times, flags())) {
    sink_->on_quote(*quote);
    ++decoded_.updates;
  }
  if (const auto depth = with_book ? to_depth(header, bids_, asks_, times, flags()) : std::nullopt) {
    sink_->on_depth(*depth);
    ++decoded_.updates;
  }
  if (const auto trade = to_trade(header, touchline, times, flags())) {
    sink_->on_trade(*trade);
    ++decoded_.updates;
  }
  give_ticker(to_ticker(header, touchline, bids_, asks_, times, flags()));
}

/// One that says nothing, as a touchline without any price, goes no further.
void FrameDecoder::give_ticker(const TickerUpdate& ticker) {
  if ((ticker.present | ticker.cleared) == 0) {
    ++decoded_.ignored;
    return;
  }
  sink_->on_ticker(ticker);
  ++decoded_.updates;
}

void FrameDecoder::publish(const CandleMessage& message) {
  const auto candle = to_candle(message, options_.bar_volume, clock_, flags());
  if (!candle) return on_bad_message({Reason::BadInteger, "BarTime"});
  sink_->on_candle(*candle);
  ++decoded_.updates;
}

void FrameDecoder::publish(const LastPriceMessage& message) {
  const auto ticker = to_ticker(message, clock_, flags());
  if (!ticker) {
    ++decoded_.ignored;
    return;
  }
  sink_->on_ticker(*ticker);
  ++decoded_.updates;
}

}  // namespace tidegate::xts
