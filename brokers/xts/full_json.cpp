#include "brokers/xts/full_json.hpp"

#include <algorithm>
#include <limits>

#include "brokers/xts/number_text.hpp"

namespace tidegate::xts {
namespace {

using Kind = common::JsonValue::Kind;
using Name = Fields::Name;

/// Reads fields of one object into a wire struct. Keeps the first fault; what is read after it means nothing.
class FieldReader {
 public:
  explicit FieldReader(const Fields& fields) : fields_(&fields) {}
  /// The fields that come now stand in another object of the same message.
  void look_in(const Fields& fields) { fields_ = &fields; }

  [[nodiscard]] bool has(Name name) const { return fields_->find(name) != nullptr; }

  /// Of two names for one thing, the one with a value.
  [[nodiscard]] Name sent_one(Name first, Name second) const { return has(first) ? first : second; }

  /// Absent where it was not sent, or null.
  Decimal decimal(Name name) {
    const common::JsonValue* const value = fields_->find(name);
    if (value == nullptr) return kAbsent;
    if (value->kind != Kind::Number && value->kind != Kind::Text) return fail(Reason::BadDecimal, name);
    const Result<Decimal> read = read_number(value->text);
    return read ? *read : fail(read.error().reason, name);
  }
  Decimal quantity(Name name) {
    const Decimal value = decimal(name);
    return value.present() && value.mantissa < 0 ? fail(Reason::BadDecimal, name) : value;
  }
  Decimal needed(Name name) {
    const Decimal value = decimal(name);
    return value.present() ? value : fail(Reason::MissingField, name);
  }
  Decimal needed_quantity(Name name) {
    const Decimal value = quantity(name);
    return value.present() ? value : fail(Reason::MissingField, name);
  }
  /// A percentage has as many digits as a double gives; one that fits no Decimal is left out, since it says no more than the prices do.
  Decimal percentage(Name name) {
    const common::JsonValue* const value = fields_->find(name);
    if (value != nullptr && (value->kind == Kind::Number || value->kind == Kind::Text)) {
      if (const Result<Decimal> read = read_number(value->text); !read && read.error().reason == Reason::Overflow) return kAbsent;
    }
    return decimal(name);
  }

  /// `fallback` where it was not sent. BadInteger: not whole, or outside of [minimum, maximum].
  std::int64_t integer(Name name, std::int64_t minimum, std::int64_t maximum, std::int64_t fallback) {
    const Decimal value = decimal(name);
    if (!value.present()) return fallback;
    const Decimal whole = rescale(value, 0);
    if (whole.present() && whole.mantissa >= minimum && whole.mantissa <= maximum) return whole.mantissa;
    fail(Reason::BadInteger, name);
    return fallback;
  }
  std::int64_t needed_integer(Name name, std::int64_t minimum, std::int64_t maximum) {
    if (!has(name)) fail(Reason::MissingField, name);
    return integer(name, minimum, maximum, minimum);
  }
  /// Seconds in the broker's clock. Zero and what lies before the clock's beginning is no time.
  std::int64_t time(Name name) {
    constexpr std::int64_t kLimit = std::numeric_limits<std::int64_t>::max();
    return std::max(std::int64_t{0}, integer(name, -kLimit, kLimit, 0));
  }
  std::string_view needed_text(Name name) {
    const common::JsonValue* const value = fields_->find(name);
    if (value == nullptr || value->kind != Kind::Text) {
      fail(value == nullptr ? Reason::MissingField : Reason::BadText, name);
      return {};
    }
    return value->text;
  }

  /// The row of a side; nothing in it where none was sent.
  BookRow row(const JsonRows& rows) {
    if (!rows.sent) return {};
    if (rows.fault) fail(*rows.fault);
    return rows.rows.empty() ? BookRow{} : rows.rows.front();
  }
  std::span<const BookRow> rows(const JsonRows& rows, Name name) {
    if (!rows.sent) fail(Reason::MissingField, name);
    if (rows.fault) fail(*rows.fault);
    return rows.rows;
  }

  /// Gives the message to the sink, or the fault.
  template <class Message>
  void give(const Message& message, MessageSink& sink) const {
    if (error_) return sink.on_bad_message(*error_);
    sink.on_message(message);
  }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  Decimal fail(Reason reason, Name name) {
    fail({reason, name.text()});
    return kAbsent;
  }
  void fail(Error error) {
    if (!error_) error_ = error;
  }

  const Fields* fields_;
  std::optional<Error> error_;
};

Header read_header(FieldReader& field, std::uint32_t code) {
  constexpr std::int64_t kInt32 = std::numeric_limits<std::int32_t>::max();
  constexpr std::int64_t kInt64 = std::numeric_limits<std::int64_t>::max();
  const bool of_instrument = code != message_code::kMarketStatus;
  Header header;
  header.code = code;
  header.segment = static_cast<std::uint32_t>(field.needed_integer("ExchangeSegment", 0, kInt32));
  header.instrument = static_cast<std::uint64_t>(of_instrument ? field.needed_integer("ExchangeInstrumentID", 1, kInt64) : 0);
  header.exchange_time = field.time("ExchangeTimeStamp");
  header.market_type = field.integer(field.sent_one("XMarketType", "XTSMarketType"), -kInt64, kInt64, -1);
  return header;
}

/// "LastTradedQunatity" is how the servers write it; one sent it as null beside the right spelling. docs/protocols/xts.md#misspelt
Decimal last_quantity(FieldReader& field) { return field.quantity(field.sent_one("LastTradedQunatity", "LastTradedQuantity")); }

/// Nested under "Touchline", or flat in the message.
Touchline read_touchline(FieldReader& field, const JsonMessage& json) {
  if (json.has_touchline) field.look_in(json.touchline);
  return Touchline{
      .bid = field.row(json.has_touchline ? json.touchline_bid : json.bid),
      .ask = field.row(json.has_touchline ? json.touchline_ask : json.ask),
      .last_price = field.decimal("LastTradedPrice"),
      .last_quantity = last_quantity(field),
      .total_buy = field.quantity("TotalBuyQuantity"),
      .total_sell = field.quantity("TotalSellQuantity"),
      .volume = field.quantity("TotalTradedQuantity"),
      .average = field.decimal(field.sent_one("AverageTradedPrice", "AveragePrice")),
      .percent_change = field.percentage("PercentChange"),
      .open = field.decimal("Open"),
      .high = field.decimal("High"),
      .low = field.decimal("Low"),
      .close = field.decimal("Close"),
      .turnover = field.decimal("TotalValueTraded"),
      .last_trade_time = field.time("LastTradedTime"),
      .last_update_time = field.time("LastUpdateTime"),
  };
}

CandleMessage read_candle(FieldReader& field, const Header& header) {
  return CandleMessage{
      .header = header,
      .bar_time = field.needed_integer("BarTime", 1, std::numeric_limits<std::int64_t>::max()),
      .open = field.needed("Open"),
      .high = field.needed("High"),
      .low = field.needed("Low"),
      .close = field.needed("Close"),
      .volume = field.quantity("BarVolume"),
      .open_interest = field.quantity("OpenInterest"),
  };
}

void give_message(const JsonMessage& json, MessageSink& sink) {
  FieldReader field{json.fields};
  const auto code = static_cast<std::uint32_t>(field.needed_integer("MessageCode", 0, std::numeric_limits<std::int32_t>::max()));
  if (field.error()) return sink.on_bad_message(*field.error());
  switch (code) {
    case message_code::kTouchline:
      return field.give(TouchlineMessage{read_header(field, code), read_touchline(field, json)}, sink);
    case message_code::kMarketDepth: {
      DepthMessage message;
      message.header = read_header(field, code);
      message.bids = field.rows(json.bids, "Bids");
      message.asks = field.rows(json.asks, "Asks");
      message.touchline = read_touchline(field, json);
      return field.give(message, sink);
    }
    case message_code::kCandle:
      return field.give(read_candle(field, read_header(field, code)), sink);
    case message_code::kMarketStatus:
      return field.give(MarketStatusMessage{read_header(field, code), field.needed_text("message")}, sink);
    case message_code::kOpenInterest:
      return field.give(OpenInterestMessage{read_header(field, code), field.needed_quantity("OpenInterest")}, sink);
    case message_code::kLastPrice:
      return field.give(
          LastPriceMessage{read_header(field, code), field.needed("LastTradedPrice"), last_quantity(field), field.time("LastUpdateTime")}, sink);
    default:
      return sink.on_unused_message(code);
  }
}

}  // namespace

std::optional<Error> FullReader::read(std::string_view json, MessageSink& sink) {
  if (const auto error = reader_.read(json)) return error;
  give_message(reader_.message(), sink);
  return std::nullopt;
}

std::optional<Error> FullReader::read_quoted(std::string_view text, MessageSink& sink) {
  if (const auto error = reader_.read_quoted(text)) return error;
  give_message(reader_.message(), sink);
  return std::nullopt;
}

}  // namespace tidegate::xts
