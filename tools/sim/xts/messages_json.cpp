// Full JSON, with the keys, their order and their misspellings as captures have them.
#include "tools/sim/xts/engine_io.hpp"
#include "tools/sim/xts/figures_text.hpp"
#include "tools/sim/xts/messages.hpp"

namespace tidegate::sim::xts {
namespace {

/// Appends members of one object.
class Json {
 public:
  Json& integer(std::string_view key, std::int64_t value) {
    name(key);
    out_ += std::to_string(value);
    return *this;
  }
  Json& price(std::string_view key, std::int64_t value, const Row& row) {
    name(key);
    append_price(out_, value, row.decimals);
    return *this;
  }
  Json& number(std::string_view key, double value) {
    name(key);
    append_double(out_, value);
    return *this;
  }
  Json& text(std::string_view key, std::string_view value) {
    name(key);
    append_json_text(out_, value);
    return *this;
  }
  Json& raw(std::string_view key, std::string_view json) {
    name(key);
    out_ += json;
    return *this;
  }
  [[nodiscard]] std::string done() const { return out_ + '}'; }

 private:
  void name(std::string_view key) {
    out_ += out_.size() == 1 ? "\"" : ",\"";
    out_.append(key).append("\":");
  }
  std::string out_ = "{";
};

void add_header(Json& json, std::uint32_t message_code, int version, const Row& row) {
  json.integer("MessageCode", message_code).integer("MessageVersion", version).integer("ApplicationType", 0).integer("TokenID", 0);
  json.integer("ExchangeSegment", row.segment).integer("ExchangeInstrumentID", static_cast<std::int64_t>(row.id));
}

std::string level_json(const BookLevel& level, const Row& row) {
  return Json{}
      .integer("Size", level.quantity)
      .price("Price", level.price, row)
      .integer("TotalOrders", level.orders)
      .integer("BuyBackMarketMaker", 0)
      .done();
}

void add_figures(Json& json, const Subject& subject) {
  const Figures& now = subject.now;
  const Row& row = subject.row;
  json.price("LastTradedPrice", now.last, row).integer("LastTradedQunatity", now.last_quantity);
  json.integer("TotalBuyQuantity", now.total_buy).integer("TotalSellQuantity", now.total_sell).integer("TotalTradedQuantity", now.volume);
  json.price("AverageTradedPrice", row.kind == RowKind::Index ? now.last : now.average, row);
  json.integer("LastTradedTime", since_1980(now.trade_time_s)).integer("LastUpdateTime", since_1980(now.time_s));
  json.number("PercentChange", percent_change(now.last, now.close));
  json.price("Open", now.open, row).price("High", now.high, row).price("Low", now.low, row).price("Close", now.close, row);
  json.raw("TotalValueTraded", "null");
}

std::string touchline_object(const Subject& subject) {
  Json json;
  add_figures(json, subject);
  json.integer("BuyBackTotalBuy", 0).integer("BuyBackTotalSell", 0);
  json.raw("AskInfo", level_json(subject.now.asks[0], subject.row)).raw("BidInfo", level_json(subject.now.bids[0], subject.row));
  return json.done();
}

std::string levels_json(const std::array<BookLevel, kBookLevels>& levels, const Row& row) {
  std::string out = "[";
  for (const BookLevel& level : levels) {
    if (out.size() > 1) out += ',';
    out += level_json(level, row);
  }
  return out + ']';
}

}  // namespace

std::string touchline_nested(const Subject& subject) {
  Json json;
  add_header(json, code::kTouchline, 4, subject.row);
  json.integer("ExchangeTimeStamp", since_1980(subject.now.time_s)).integer("BookType", 1).integer("XMarketType", 1);
  json.integer("SequenceNumber", static_cast<std::int64_t>(subject.sequence));
  return json.raw("Touchline", touchline_object(subject)).done();
}

std::string touchline_flat(const Subject& subject) {
  Json json;
  json.integer("MessageCode", code::kTouchline).integer("ExchangeSegment", subject.row.segment);
  json.integer("ExchangeInstrumentID", static_cast<std::int64_t>(subject.row.id));
  add_figures(json, subject);
  json.raw("AskInfo", level_json(subject.now.asks[0], subject.row)).raw("BidInfo", level_json(subject.now.bids[0], subject.row));
  return json.integer("XMarketType", 1).integer("BookType", 1).done();
}

std::string depth_json(const Subject& subject) {
  Json json;
  add_header(json, code::kDepth, 4, subject.row);
  json.integer("ExchangeTimeStamp", since_1980(subject.now.time_s));
  json.raw("Bids", levels_json(subject.now.bids, subject.row)).raw("Asks", levels_json(subject.now.asks, subject.row));
  json.raw("Touchline", touchline_object(subject)).integer("BookType", 1).integer("XMarketType", 1);
  return json.integer("SequenceNumber", static_cast<std::int64_t>(subject.sequence)).done();
}

std::string open_interest_json(const Subject& subject) {
  Json json;
  add_header(json, code::kOpenInterest, 4, subject.row);
  json.integer("ExchangeTimeStamp", since_1980(subject.now.time_s)).integer("XTSMarketType", 1).integer("OpenInterest", subject.now.open_interest);
  json.integer("UnderlyingExchangeSegment", 1).integer("UnderlyingInstrumentID", static_cast<std::int64_t>(subject.row.underlying_id));
  json.text("UnderlyingIDIndexName", subject.row.underlying).integer("UnderlyingTotalOpenInterest", subject.now.open_interest * 20);
  return json.done();
}

std::string last_price_json(const Subject& subject) {
  Json json;
  add_header(json, code::kLastPrice, 4, subject.row);
  json.integer("BookType", 1).integer("XMarketType", 1).price("LastTradedPrice", subject.now.last, subject.row);
  return json.integer("LastTradedQunatity", subject.now.last_quantity).integer("LastUpdateTime", since_1980(subject.now.trade_time_s)).done();
}

std::string candle_json(const Row& row, const Candle& candle) {
  Json json;
  add_header(json, code::kCandle, 1, row);
  json.integer("BarTime", since_1970_india(candle.end_s)).integer("BarVolume", candle.day_volume);
  json.price("High", candle.bar.high, row)
      .price("Low", candle.bar.low, row)
      .price("Open", candle.bar.open, row)
      .price("Close", candle.bar.close, row);
  return json.integer("OpenInterest", candle.open_interest).integer("SumOfQtyInToPrice", 0).done();
}

std::string status_json(std::uint32_t segment, std::string_view text, std::int64_t time_s, std::uint64_t sequence) {
  Json json;
  json.integer("ApplicationType", 0).integer("ExchangeInstrumentID", 0).integer("ExchangeSegment", segment);
  json.integer("ExchangeTimeStamp", since_1980(time_s)).integer("maketType", 1).text("message", text).integer("MessageCode", code::kStatus);
  json.integer("MessageVersion", 4).integer("SequenceNumber", static_cast<std::int64_t>(sequence)).integer("TokenID", 0);
  return json.integer("tradingSession", 2).done();
}

}  // namespace tidegate::sim::xts
