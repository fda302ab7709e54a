#include "distributor/encoder.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "distributor/json_text.hpp"

namespace tidegate::distributor {
namespace {

constexpr std::size_t kFieldBytesMax = kDecimalTextMax + 48;  // a key, two quotes and one number or time
constexpr std::size_t kFixedBytesMax = 32 * kFieldBytesMax;   // every field of the largest message without levels

constexpr std::array<std::string_view, 9> kFlagNames = {R"("snapshot")", R"("stale")",      R"("delayed")", R"("conflated")", R"("derived")",
                                                        R"("replayed")", R"("aggregated")", R"("float")",   R"("gap_before")"};

constexpr std::array<std::string_view, kTickerFieldCount> kTickerKeys = {
    R"(,"price":)",         R"(,"price_change":)",       R"(,"price_change_percent":)",
    R"(,"high_price":)",    R"(,"low_price":)",          R"(,"volume":)",
    R"(,"open_price":)",    R"(,"close_price":)",        R"(,"average_price":)",
    R"(,"last_quantity":)", R"(,"turnover":)",           R"(,"open_interest":)",
    R"(,"bid_price":)",     R"(,"bid_size":)",           R"(,"ask_price":)",
    R"(,"ask_size":)",      R"(,"total_buy_quantity":)", R"(,"total_sell_quantity":)",
    R"(,"upper_limit":)",   R"(,"lower_limit":)",
};
constexpr std::size_t kTickerNullable = 6;  // the fields that existing clients expect to be there

std::string_view side_name(std::uint64_t side) {
  switch (static_cast<Side>(side)) {
    case Side::Buy:
      return R"("buy")";
    case Side::Sell:
      return R"("sell")";
    case Side::Unknown:
      break;
  }
  return R"("unknown")";
}

std::string_view origin_name(CandleOrigin origin) {
  switch (origin) {
    case CandleOrigin::Trades:
      return R"("trades")";
    case CandleOrigin::Ticks:
      return R"("ticks")";
    case CandleOrigin::Broker:
      break;
  }
  return R"("broker")";
}

std::string_view cause_name(GapCause cause) {
  switch (cause) {
    case GapCause::SlowClient:
      return R"("slow_client")";
    case GapCause::Failover:
      return R"("failover")";
    case GapCause::ResumeWindow:
      return R"("resume_window")";
    case GapCause::NotEntitled:
      return R"("not_entitled")";
    case GapCause::Upstream:
      break;
  }
  return R"("upstream")";
}

}  // namespace

std::string_view name_of(GapCause cause) {
  const std::string_view quoted = cause_name(cause);
  return quoted.substr(1, quoted.size() - 2);
}

std::string_view Encoder::encode(const RecordHeader& record, UtcTime published, std::uint16_t depth_max, Flags added) {
  end_ = 0;
  reserve(kFixedBytesMax);
  const Flags flags = record.flags | added;
  switch (record.kind) {
    case RecordKind::Trade:
      begin(R"({"type":"trade","symbol":)", record, published, flags);
      trade(as<Trade>(record));
      break;
    case RecordKind::Quote:
      begin(R"({"type":"quote","symbol":)", record, published, flags);
      quote(as<Quote>(record));
      break;
    case RecordKind::Depth:
      begin(R"({"type":"orderbook","symbol":)", record, published, flags);
      depth(as<Depth>(record), depth_max);
      break;
    case RecordKind::Ticker:
      begin(R"({"type":"ticker","symbol":)", record, published, flags);
      ticker(as<Ticker>(record));
      break;
    case RecordKind::Candle:
      begin(R"({"type":"candle","symbol":)", record, published, flags);
      candle(as<Candle>(record));
      break;
    case RecordKind::InstrumentStatus:
      begin(R"({"type":"status","symbol":)", record, published, flags);
      instrument_status(as<InstrumentStatus>(record));
      break;
    case RecordKind::Gap:
      gap(as<Gap>(record));
      break;
    case RecordKind::MarketStatus:
      market_status(as<MarketStatus>(record));
      break;
    case RecordKind::State:
    case RecordKind::BrokerStatus:
      return {};
  }
  put("}");
  return {buffer_.data(), end_};
}

void Encoder::begin(std::string_view type, const RecordHeader& record, UtcTime published, Flags flags) {
  put(type);
  put(symbol(record.instrument));
  reserve(kFixedBytesMax);
  put(R"(,"seq":)");
  put_number(record.seq);
  put(R"(,"broker":)");
  put(broker(record.source));
  reserve(kFixedBytesMax);
  put(R"(,"timestamp":)");
  put_time(event_time_, record.ts_event);
  put(R"(,"received":)");
  put_time(received_time_, record.ts_received);
  put(R"(,"published":)");
  put_time(published_time_, published);
  if (flags == Flags::None) return;
  put(R"(,"flags":)");
  char separator = '[';
  for (std::size_t i = 0; i < kFlagNames.size(); ++i) {
    if (!has(flags, static_cast<Flags>(1U << i))) continue;
    buffer_[end_++] = separator;
    separator = ',';
    put(kFlagNames[i]);
  }
  put(separator == '[' ? "[]" : "]");
}

void Encoder::trade(const Trade& trade) {
  put_field(R"(,"price":)", trade.header.price(trade.price));
  put_field(R"(,"quantity":)", trade.header.quantity(trade.quantity));
  put(R"(,"side":)");
  put(side_name(trade.side));
  if (trade.trade_id == 0) return;
  put(R"(,"trade_id":")");  // text: JavaScript's numbers end at 2^53
  put_number(trade.trade_id);
  put("\"");
}

void Encoder::quote(const Quote& quote) {
  const RecordHeader& header = quote.header;
  if (quote.bid.price != kNoMantissa) {
    put_field(R"(,"bid_price":)", header.price(quote.bid.price));
    put_field(R"(,"bid_size":)", header.quantity(quote.bid.quantity));
  }
  if (quote.ask.price != kNoMantissa) {
    put_field(R"(,"ask_price":)", header.price(quote.ask.price));
    put_field(R"(,"ask_size":)", header.quantity(quote.ask.quantity));
  }
}

void Encoder::depth(const Depth& depth, std::uint16_t levels_max) {
  const auto cut = [levels_max](std::span<const DepthLevel> side) { return side.first(std::min<std::size_t>(side.size(), levels_max)); };
  put(R"(,"bids":[)");
  levels(depth.header, cut(depth.bids()));
  put(R"(],"asks":[)");
  levels(depth.header, cut(depth.asks()));
  put("]");
}

void Encoder::levels(const RecordHeader& header, std::span<const DepthLevel> side) {
  char separator = 0;
  for (const DepthLevel& level : side) {
    if (level.price == kNoMantissa || level.quantity == kNoMantissa) continue;
    reserve(3 * kFieldBytesMax);
    if (separator != 0) buffer_[end_++] = separator;
    separator = ',';
    put("[");
    put_decimal(header.price(level.price));
    put(",");
    put_decimal(header.quantity(level.quantity));
    if (level.orders != kNoOrders) {
      put(",");
      put_number(level.orders);
    }
    put("]");
  }
}

void Encoder::ticker(const Ticker& ticker) {
  for (std::size_t i = 0; i < kTickerFieldCount; ++i) {
    const Decimal value = ticker.value(static_cast<TickerField>(i));
    if (value.present()) {
      put_field(kTickerKeys[i], value);
    } else if (i < kTickerNullable) {
      put(kTickerKeys[i]);
      put("null");
    }
  }
  if (!ticker.last_trade_time.known()) return;
  put(R"(,"last_trade_time":)");
  put_time(other_time_, ticker.last_trade_time);
}

void Encoder::candle(const Candle& candle) {
  const RecordHeader& header = candle.header;
  put(R"(,"interval":")");
  put(is_candle(header.channel) ? candle_interval(header.channel) : std::string_view{});
  put(R"(","open_time":)");
  put_time(other_time_, candle.open_time);
  put_field(R"(,"open":)", header.price(candle.open));
  put_field(R"(,"high":)", header.price(candle.high));
  put_field(R"(,"low":)", header.price(candle.low));
  put_field(R"(,"close":)", header.price(candle.close));
  put_field(R"(,"volume":)", header.quantity(candle.volume));
  put(candle.closed != 0 ? R"(,"closed":true,"origin":)" : R"(,"closed":false,"origin":)");
  put(origin_name(candle.origin));
}

void Encoder::instrument_status(const InstrumentStatus& status) {
  put(R"(,"state":")");
  put(to_text(status.state));
  put(R"(","reason":)");
  words_.clear();
  append_json_string(words_, status.reason);
  put(words_);
}

void Encoder::gap(const Gap& gap) {
  put(R"({"type":"gap","symbol":)");
  put(symbol(gap.header.instrument));
  reserve(kFixedBytesMax);
  put(R"(,"channel":")");
  put(to_text(gap.header.channel));
  put(R"(","from_seq":)");
  put_number(gap.header.seq);
  put(R"(,"to_seq":)");
  put_number(gap.to_seq);
  put(R"(,"cause":)");
  put(cause_name(gap.cause));
}

void Encoder::market_status(const MarketStatus& status) {
  put(R"({"type":"notice","kind":"market_status","broker":)");
  put(broker(status.header.source));
  words_.clear();
  words_ += R"(,"venue":)";
  append_json_string(words_, status.venue);
  words_ += R"(,"message":)";
  append_json_string(words_, status.message);
  put(words_);
  reserve(kFixedBytesMax);
  put(R"(,"timestamp":)");
  put_time(event_time_, status.header.ts_event);
  put(R"(,"received":)");
  put_time(received_time_, status.header.ts_received);
}

/// Room for `bytes` more, besides names, which make their own.
void Encoder::reserve(std::size_t bytes) {
  if (buffer_.size() - end_ < bytes) buffer_.resize(std::max(buffer_.size() * 2, end_ + bytes));
}

void Encoder::put(std::string_view text) {
  if (buffer_.size() - end_ < text.size()) reserve(text.size() + kFixedBytesMax);
  std::memcpy(buffer_.data() + end_, text.data(), text.size());
  end_ += text.size();
}

void Encoder::put_number(std::uint64_t value) {
  char* out = buffer_.data() + end_;
  end_ += static_cast<std::size_t>(std::to_chars(out, out + 20, value).ptr - out);
}

void Encoder::put_decimal(Decimal value) {
  char* const begin = buffer_.data() + end_;
  *begin = '"';
  char* end = write_decimal(value, begin + 1);
  *end++ = '"';
  end_ += static_cast<std::size_t>(end - begin);
}

void Encoder::put_field(std::string_view key_and_colon, Decimal value) {
  if (!value.present()) return;
  put(key_and_colon);
  put_decimal(value);
}

void Encoder::put_time(Rfc3339Writer& writer, UtcTime time) {
  if (!time.known()) return put("null");
  char* const begin = buffer_.data() + end_;
  *begin = '"';
  char* end = writer.write(time, begin + 1);
  *end++ = '"';
  end_ += static_cast<std::size_t>(end - begin);
}

std::string_view Encoder::symbol(InstrumentId instrument) {
  const std::size_t i = instrument.value();
  if (instrument == kNoInstrument) return R"("")";
  if (i >= symbols_.size()) symbols_.resize(i + 1);
  if (symbols_[i].empty()) append_json_string(symbols_[i], names_.symbol(instrument));
  return symbols_[i];
}

std::string_view Encoder::broker(BrokerId broker) {
  const std::size_t i = broker.value();
  if (i >= brokers_.size()) brokers_.resize(i + 1);
  if (brokers_[i].empty()) append_json_string(brokers_[i], names_.broker(broker));
  return brokers_[i];
}

}  // namespace tidegate::distributor
