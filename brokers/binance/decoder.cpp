#include "brokers/binance/decoder.hpp"

#include "brokers/binance/mapping.hpp"
#include "brokers/binance/message_fields.hpp"
#include "brokers/binance/stream_name.hpp"

namespace tidegate::binance {
namespace {

using Kind = common::JsonValue::Kind;

/// A text field, or empty if it is absent or something else.
std::string_view text_or_empty(const Fields& fields, Fields::Name name) {
  const common::JsonValue* value = fields.find(name);
  return value != nullptr && value->kind == Kind::Text ? value->text : std::string_view{};
}

/// All-symbol streams of USD-M mix in COIN-M messages, marked st 2. docs/protocols/binance.md#coin-m
bool is_coin_margined(const Fields& fields) {
  const common::JsonValue* st = fields.find("st");
  return st != nullptr && st->kind == Kind::Integer && st->integer == 2;
}

/// Answers to requests are never wrapped; an error comes nested, or flat as the documents print it. docs/protocols/binance.md#control
bool is_control_answer(const Message& message) {
  const Fields& fields = message.fields;
  return message.stream.empty() && (fields.sent("result") || fields.sent("error") || (fields.sent("code") && fields.sent("msg")));
}

/// Spot leaves the event's name out of these two. docs/protocols/binance.md#book-ticker, #partial-depth
bool looks_like_partial_depth(const Message& message) { return message.fields.sent("lastUpdateId") || names_top_levels(message.stream); }
bool looks_like_book_ticker(const Message& message) {
  const Fields& fields = message.fields;
  return (fields.sent("u") && fields.sent("b") && fields.sent("B")) || kind_part(message.stream) == "bookTicker";
}

/// An option's text; empty where a configuration lacks it, as when recordings are decoded without one.
std::string_view chosen(const BrokerConfig& config, std::string_view key) {
  const auto option = config.options.find(key);
  const auto* text = option == config.options.end() ? nullptr : std::get_if<std::string>(&option->second);
  return text == nullptr ? std::string_view{} : *text;
}

}  // namespace

std::unique_ptr<Decoder> make_decoder(const BrokerConfig& config) {
  const Market market = chosen(config, "market") == "usdm" ? Market::Usdm : Market::Spot;
  const bool microseconds = market == Market::Spot && chosen(config, "time_unit") == "microsecond";
  return std::make_unique<FrameDecoder>(market, microseconds ? common::TimeUnit::Microsecond : common::TimeUnit::Millisecond);
}

/// The events by the name in `e`. Names that are not here are ignored and counted: the venue adds some every year.
struct FrameDecoder::Event {
  std::string_view name;
  void (FrameDecoder::*read)(const Message&);
};
const FrameDecoder::Event FrameDecoder::kEvents[] = {
    {"bookTicker", &FrameDecoder::on_book_ticker},
    {"depthUpdate", &FrameDecoder::on_depth_event},
    {"trade", &FrameDecoder::on_trade},
    {"aggTrade", &FrameDecoder::on_aggregate_trade},
    {"kline", &FrameDecoder::on_kline},
    {"24hrTicker", &FrameDecoder::on_ticker},
    {"24hrMiniTicker", &FrameDecoder::on_mini_ticker},
    {"serverShutdown", &FrameDecoder::on_control},
};

Decoded FrameDecoder::decode(const RawFrame& frame, UpdateSink& sink) {
  sink_ = &sink;
  decoded_ = {};
  if (frame.kind == FrameKind::Text) {
    if (const auto error = reader_.read(frame.bytes, *this)) on_bad_message(*error);
  } else if (const RestKind kind = frame.kind == FrameKind::Rest ? rest_kind(frame.request) : RestKind::Other; kind != RestKind::Other) {
    decode_answer(frame, kind);
  } else if (frame.kind == FrameKind::Rest || frame.kind == FrameKind::Binary) {
    ++decoded_.ignored;
  }
  return decoded_;
}

void FrameDecoder::decode_answer(const RawFrame& frame, RestKind kind) {
  if (!read_symbol_parameter(frame.request, symbol_)) return on_bad_message({Reason::MissingField, "symbol"});
  answering_ = kind;
  const auto error = reader_.read(frame.bytes, *this);
  answering_ = RestKind::Other;
  if (error) return on_bad_message(*error);
  if (kind == RestKind::Depth && decoded_.updates + decoded_.bad == 0) on_bad_message({Reason::BadShape});  // an empty array
}

void FrameDecoder::on_message(const Message& message) {
  switch (answering_) {
    case RestKind::Depth:
      return on_depth_answer(message);
    case RestKind::Trades:
      return on_trade_answer(message);
    case RestKind::AggregateTrades:
      return on_aggregate_trade_answer(message);
    case RestKind::Other:
      break;
  }
  if (market_ == Market::Usdm && is_coin_margined(message.fields)) return on_ignored(message);
  if (const common::JsonValue* event = message.fields.find("e")) {
    if (event->kind != Kind::Text) return on_bad_message({Reason::BadText, "e"});
    for (const Event& known : kEvents) {
      if (known.name == event->text) return (this->*known.read)(message);
    }
    return on_ignored(message);
  }
  if (looks_like_book_ticker(message)) return on_book_ticker(message);
  if (looks_like_partial_depth(message)) return on_partial_depth(message);
  if (is_control_answer(message)) return on_control(message);
  on_bad_message({Reason::MissingField, "e"});
}

void FrameDecoder::on_bad_message(Error error) {
  if (decoded_.bad++ == 0) decoded_.error = error;
}

void FrameDecoder::on_trade(const Message& message) {
  // USD-M marks prints of the insurance fund and of auto-deleveraging with X; they are off the book. docs/protocols/binance.md#trade
  if (const auto* origin = message.fields.find("X"); origin != nullptr && text_or_empty(message.fields, "X") != "MARKET") return on_ignored(message);
  FieldReader field{message.fields, unit_};
  const Trade trade = read_trade(field);
  if (field.failed()) return on_bad_message(field.error());
  sink_->on_trade(to_update(trade));
  ++decoded_.updates;
}

void FrameDecoder::on_aggregate_trade(const Message& message) {
  FieldReader field{message.fields, unit_};
  const AggregateTrade trade = read_aggregate_trade(field);
  if (field.failed()) return on_bad_message(field.error());
  sink_->on_trade(to_update(trade));
  ++decoded_.updates;
}

void FrameDecoder::on_book_ticker(const Message& message) {
  FieldReader field{message.fields, unit_};
  const BookTicker ticker = read_book_ticker(field);
  if (field.failed()) return on_bad_message(field.error());
  sink_->on_quote(to_update(ticker));
  ++decoded_.updates;
}

void FrameDecoder::on_depth_event(const Message& message) {
  FieldReader field{message.fields, unit_};
  const DepthEvent depth = read_depth_event(field, message, market_);
  if (field.failed()) return on_bad_message(field.error());
  sink_->on_depth(names_top_levels(message.stream) ? to_top_levels(depth, market_) : to_delta(depth, market_));
  ++decoded_.updates;
}

void FrameDecoder::on_partial_depth(const Message& message) {
  const auto depth = read_partial_depth(message, unit_);
  if (!depth) return on_bad_message(depth.error());
  // Only the envelope says whose levels these are.
  const std::string_view symbol = symbol_part(message.stream);
  if (symbol.empty() || symbol.size() > common::kSymbolBytesMax) return on_bad_message({Reason::MissingField, "stream"});
  assign_upper_case(symbol_, symbol);
  sink_->on_depth(to_top_levels(*depth, symbol_, market_));
  ++decoded_.updates;
}

void FrameDecoder::on_depth_answer(const Message& message) {
  const auto depth = read_partial_depth(message, unit_);
  if (!depth) return on_bad_message(depth.error());
  sink_->on_depth(to_snapshot(*depth, symbol_, market_));
  ++decoded_.updates;
}

void FrameDecoder::on_trade_answer(const Message& message) {
  const auto trade = read_old_trade(message, symbol_, unit_);
  if (!trade) return on_bad_message(trade.error());
  on_old_trade(to_update(*trade));
}

void FrameDecoder::on_aggregate_trade_answer(const Message& message) {
  const auto trade = read_old_aggregate_trade(message, symbol_, unit_);
  if (!trade) return on_bad_message(trade.error());
  on_old_trade(to_update(*trade));
}

void FrameDecoder::on_old_trade(TradeUpdate update) {
  update.flags |= Flags::Replayed;
  sink_->on_trade(update);
  ++decoded_.updates;
}

void FrameDecoder::on_kline(const Message& message) {
  if (names_shifted_days(message.stream)) return on_ignored(message);
  const common::JsonValue* kline = message.fields.find("k");
  if (kline == nullptr || kline->kind != Kind::Object) return on_bad_message({kline == nullptr ? Reason::MissingField : Reason::BadShape, "k"});
  FieldReader field{message.kline, unit_};
  const std::string_view interval = field.text("i");
  if (const auto read = field.result(interval); !read) return on_bad_message(read.error());
  const auto channel = candle_channel(interval);
  if (!channel) return on_ignored(message);
  const auto candle = read_kline(message, unit_, *channel);
  if (!candle) return on_bad_message(candle.error());
  sink_->on_candle(to_update(*candle));
  ++decoded_.updates;
}

void FrameDecoder::on_ticker(const Message& message) {
  const auto ticker = read_ticker(message, unit_);
  if (!ticker) return on_bad_message(ticker.error());
  sink_->on_ticker(to_update(*ticker));
  ++decoded_.updates;
}

void FrameDecoder::on_mini_ticker(const Message& message) {
  const auto ticker = read_mini_ticker(message, unit_);
  if (!ticker) return on_bad_message(ticker.error());
  sink_->on_ticker(to_update(*ticker));
  ++decoded_.updates;
}

}  // namespace tidegate::binance
