#include "tests/xts/reference_decoder.hpp"

#include <rapidjson/document.h>

#include <algorithm>
#include <optional>

namespace tidegate::test::xts {
namespace {

using rapidjson::Value;

struct Bad {};      // thrown for a message that must be refused
struct Ignored {};  // thrown for a message that must be ignored

int depth_of(const Value& value) {
  int deepest = 0;
  if (value.IsObject()) {
    for (const auto& member : value.GetObject()) deepest = std::max(deepest, depth_of(member.value));
  } else if (value.IsArray()) {
    for (const Value& element : value.GetArray()) deepest = std::max(deepest, depth_of(element));
  } else {
    return 0;
  }
  return deepest + 1;
}

/// A name sent twice keeps its last value; null counts as absent.
const Value* find(const Value& object, std::string_view name) {
  const Value* found = nullptr;
  for (const auto& member : object.GetObject()) {
    if (std::string_view{member.name.GetString(), member.name.GetStringLength()} == name) found = &member.value;
  }
  return found == nullptr || found->IsNull() ? nullptr : found;
}

/// By writing the number out without its exponent. Nothing: it does not fit.
std::optional<Decimal> number(std::string text) {
  if (text.empty()) throw Bad{};
  long exponent = 0;
  if (const auto mark = text.find_first_of("eE"); mark != std::string::npos) {
    const std::string digits = text.substr(mark + 1);
    const std::string unsigned_digits = digits.substr(!digits.empty() && (digits[0] == '-' || digits[0] == '+') ? 1 : 0);
    if (unsigned_digits.empty() || unsigned_digits.find_first_not_of("0123456789") != std::string::npos) throw Bad{};
    exponent = unsigned_digits.size() > 5 ? 99'999 : std::stol(unsigned_digits);
    if (digits[0] == '-') exponent = -exponent;
    text.resize(mark);
  }
  const bool negative = text.starts_with('-');
  if (negative) text.erase(0, 1);
  if (text.ends_with('.')) text.pop_back();
  auto point = static_cast<long>(std::min(text.find('.'), text.size()));
  if (point == 0 || (point + 1 == static_cast<long>(text.size()))) throw Bad{};
  if (point < static_cast<long>(text.size())) text.erase(static_cast<std::size_t>(point), 1);
  if (text.empty() || text.find_first_not_of("0123456789") != std::string::npos) throw Bad{};
  if (text.find_first_not_of('0') == std::string::npos) return Decimal{0, 0};
  point += exponent;
  if (point > 400 || point < -400) return std::nullopt;
  if (point <= 0) {
    text.insert(0, static_cast<std::size_t>(1 - point), '0');
    point = 1;
  }
  if (point > static_cast<long>(text.size())) text.append(static_cast<std::size_t>(point) - text.size(), '0');
  if (point < static_cast<long>(text.size())) text.insert(static_cast<std::size_t>(point), ".");
  const auto read = parse_decimal((negative ? "-" : "") + text);
  return read ? std::optional{*read} : std::nullopt;
}

Decimal decimal(const Value& object, std::string_view name) {
  const Value* value = find(object, name);
  if (value == nullptr) return kAbsent;
  if (!value->IsString()) throw Bad{};  // numbers are read as texts
  const auto read = number({value->GetString(), value->GetStringLength()});
  if (!read) throw Bad{};
  return *read;
}
Decimal need(const Value& object, std::string_view name) {
  const Decimal value = decimal(object, name);
  if (!value.present()) throw Bad{};
  return value;
}
Decimal not_negative(Decimal value) {
  if (value.present() && value.mantissa < 0) throw Bad{};
  return value;
}
Decimal quantity(const Value& object, std::string_view name) { return not_negative(decimal(object, name)); }
Decimal percentage(const Value& object, std::string_view name) {
  const Value* value = find(object, name);
  if (value == nullptr) return kAbsent;
  if (!value->IsString()) throw Bad{};
  return number({value->GetString(), value->GetStringLength()}).value_or(kAbsent);
}
std::optional<std::int64_t> integer(const Value& object, std::string_view name) {
  const Decimal value = decimal(object, name);
  if (!value.present()) return std::nullopt;
  const Decimal whole = rescale(value, 0);
  if (!whole.present()) throw Bad{};
  return whole.mantissa;
}
std::int64_t need_integer(const Value& object, std::string_view name, std::int64_t minimum, std::int64_t maximum) {
  const auto value = integer(object, name);
  if (!value || *value < minimum || *value > maximum) throw Bad{};
  return *value;
}
UtcTime time(const Value& object, std::string_view name) {
  const std::int64_t raw = integer(object, name).value_or(0);
  return raw <= 0 || raw > 8'000'000'000 ? kNoTime : UtcTime{(raw + 315'513'000) * 1'000'000'000};
}
bool time_sent(const Value& object, std::string_view name) { return integer(object, name).value_or(0) > 0; }

bool zero_or_absent(Decimal value) { return !value.present() || value.mantissa == 0; }

struct Side {
  std::vector<LevelUpdate> levels;
  bool known = false;
};

LevelUpdate row(const Value& value) {
  if (!value.IsObject()) throw Bad{};
  LevelUpdate level{decimal(value, "Price"), quantity(value, "Size"), kNoOrders};
  if (const auto orders = integer(value, "TotalOrders")) {
    if (*orders < 0 || *orders >= std::int64_t{kNoOrders}) throw Bad{};
    level.orders = static_cast<std::uint32_t>(*orders);
  }
  return level;
}

Side side(const std::vector<LevelUpdate>& rows) {
  Side side;
  side.known = rows.empty() || (rows[0].price.present() && rows[0].quantity.present());
  for (const LevelUpdate& level : rows) {
    if (!level.price.present() || !level.quantity.present()) break;
    if (level.price.mantissa != 0 && level.quantity.mantissa != 0) side.levels.push_back(level);
  }
  return side;
}
Side one_row(const Value& object, std::string_view name) {
  const Value* value = find(object, name);
  return side({value == nullptr ? LevelUpdate{} : row(*value)});
}
Side array(const Value& object, std::string_view name) {
  const Value* value = find(object, name);
  if (value == nullptr || !value->IsArray() || value->Size() > 200) throw Bad{};
  std::vector<LevelUpdate> rows;
  for (const Value& element : value->GetArray()) rows.push_back(row(element));
  return side(rows);
}

/// Prices that say "none" by a zero are cleared.
void price(TickerUpdate& update, TickerField field, Decimal value, bool zero_is_none) {
  if (zero_is_none && value.present() && value.mantissa == 0) return update.clear(field);
  update.set(field, value);
}

void touchline(const Value& message, const NativeRef& instrument, bool with_book, Lines& lines) {
  Side book_bids, book_asks;
  if (with_book) {
    book_bids = array(message, "Bids");
    book_asks = array(message, "Asks");
  }
  const Value* nested = find(message, "Touchline");
  const Value& fields = nested != nullptr && nested->IsObject() ? *nested : message;
  const Side own_bid = one_row(fields, "BidInfo"), own_ask = one_row(fields, "AskInfo");
  const Side& bids = with_book ? book_bids : own_bid;
  const Side& asks = with_book ? book_asks : own_ask;

  const Decimal last = decimal(fields, "LastTradedPrice"), volume = quantity(fields, "TotalTradedQuantity");
  const Decimal size = quantity(fields, find(fields, "LastTradedQunatity") != nullptr ? "LastTradedQunatity" : "LastTradedQuantity");
  const Decimal buys = quantity(fields, "TotalBuyQuantity"), sells = quantity(fields, "TotalSellQuantity");
  const Decimal average = decimal(fields, find(fields, "AverageTradedPrice") != nullptr ? "AverageTradedPrice" : "AveragePrice");
  const Decimal close = decimal(fields, "Close"), percent = percentage(fields, "PercentChange"), turnover = decimal(fields, "TotalValueTraded");
  const UtcTime trade_time = time(fields, "LastTradedTime");
  const UtcTime update_time = time(fields, "LastUpdateTime");
  const UtcTime event_time = time_sent(message, "ExchangeTimeStamp") ? time(message, "ExchangeTimeStamp") : update_time;

  TickerUpdate ticker;
  ticker.instrument = instrument;
  ticker.flags = Flags::Float;
  ticker.ts_event = event_time;
  ticker.derive_change = true;
  price(ticker, TickerField::ClosePrice, close, true);
  if (!zero_or_absent(close)) ticker.set(TickerField::PriceChangePercent, percent);
  const bool zero_is_none = zero_or_absent(volume);
  price(ticker, TickerField::Price, last, zero_is_none);
  price(ticker, TickerField::OpenPrice, decimal(fields, "Open"), zero_is_none);
  price(ticker, TickerField::HighPrice, decimal(fields, "High"), zero_is_none);
  price(ticker, TickerField::LowPrice, decimal(fields, "Low"), zero_is_none);
  ticker.last_trade_time = trade_time;
  price(ticker, TickerField::AveragePrice, average, zero_is_none);
  ticker.set(TickerField::Volume, volume);
  ticker.set(TickerField::LastQuantity, size);
  ticker.set(TickerField::TotalBuyQuantity, buys);
  ticker.set(TickerField::TotalSellQuantity, sells);
  if (turnover.present() && turnover.mantissa > 0) ticker.set(TickerField::Turnover, turnover);
  const auto best = [&](TickerField field, TickerField size_field, const Side& side) {
    if (!side.known) return;
    if (side.levels.empty()) {
      ticker.clear(field);
      ticker.clear(size_field);
    } else {
      ticker.set(field, side.levels[0].price);
      ticker.set(size_field, side.levels[0].quantity);
    }
  };
  best(TickerField::BidPrice, TickerField::BidSize, bids);
  best(TickerField::AskPrice, TickerField::AskSize, asks);

  if (bids.known || asks.known) {
    QuoteUpdate quote;
    quote.instrument = instrument;
    quote.flags = Flags::Float;
    quote.ts_event = event_time;
    if (!bids.levels.empty()) quote.bid_price = bids.levels[0].price, quote.bid_size = bids.levels[0].quantity;
    if (!asks.levels.empty()) quote.ask_price = asks.levels[0].price, quote.ask_size = asks.levels[0].quantity;
    lines.push_back(describe(quote));
  }
  if (with_book && bids.known && asks.known) {
    DepthUpdate depth;
    depth.instrument = instrument;
    depth.kind = DepthKind::TopLevels;
    depth.bids = bids.levels;
    depth.asks = asks.levels;
    depth.may_cross = true;
    depth.flags = Flags::Float;
    depth.ts_event = event_time;
    lines.push_back(describe(depth));
  }
  const Decimal whole_volume = rescale(volume, 0);
  if (last.present() && !zero_or_absent(size) && (whole_volume.present() || trade_time.known())) {
    TradeUpdate trade;
    trade.instrument = instrument;
    trade.price = last;
    trade.quantity = size;
    trade.flags = Flags::Float;
    trade.derived = true;
    trade.ts_event = trade.evidence.last_trade_time = trade_time;
    trade.evidence.day_volume = whole_volume.present() ? whole_volume.mantissa : -1;
    lines.push_back(describe(trade));
  }
  if ((ticker.present | ticker.cleared) == 0) throw Ignored{};
  lines.push_back(describe(ticker));
}

void candle(const Value& message, const NativeRef& instrument, Lines& lines) {
  CandleUpdate update;
  update.instrument = instrument;
  update.channel = Channel::Candle1m;
  update.flags = Flags::Float;
  update.closed = true;
  const std::int64_t bar = need_integer(message, "BarTime", 1, 8'000'000'000) - 19'800;
  update.ts_event = UtcTime{bar * 1'000'000'000};
  update.open_time = UtcTime{(bar - bar % 60) * 1'000'000'000};
  update.open = need(message, "Open");
  update.high = need(message, "High");
  update.low = need(message, "Low");
  update.close = need(message, "Close");
  update.volume = quantity(message, "BarVolume");
  static_cast<void>(quantity(message, "OpenInterest"));
  lines.push_back(describe(update));
}

void decode_message(const Value& message, const Value& typed, Lines& lines) {
  if (!message.IsObject() || depth_of(message) > 16) throw Bad{};
  const std::int64_t code = need_integer(message, "MessageCode", 0, INT32_MAX);
  if (code != 1501 && code != 1502 && code != 1505 && code != 1507 && code != 1510 && code != 1512) throw Ignored{};
  NativeRef instrument;
  instrument.segment = static_cast<std::uint32_t>(need_integer(message, "ExchangeSegment", 0, INT32_MAX));
  if (code != 1507) instrument.token = static_cast<std::uint64_t>(need_integer(message, "ExchangeInstrumentID", 1, INT64_MAX));
  static_cast<void>(time(message, "ExchangeTimeStamp"));
  const auto market = integer(message, find(message, "XMarketType") != nullptr ? "XMarketType" : "XTSMarketType").value_or(1);
  Lines updates;
  TickerUpdate ticker;
  ticker.instrument = instrument;
  ticker.flags = Flags::Float;
  bool nothing = false;  // a message that says nothing
  if (code == 1501 || code == 1502) {
    try {
      touchline(message, instrument, code == 1502, updates);
    } catch (const Ignored&) {
      nothing = true;
    }
  } else if (code == 1505) {
    candle(message, instrument, updates);
  } else if (code == 1507) {
    const Value* words = find(typed, "message");
    if (words == nullptr || !words->IsString()) throw Bad{};
    const std::string_view venue = instrument.segment == 1 ? "NSE" : instrument.segment == 2 ? "NFO" : "";
    if (!venue.empty() || instrument.segment == 0)
      lines.push_back(describe(MarketStatusUpdate{venue, {words->GetString(), words->GetStringLength()}, time(message, "ExchangeTimeStamp")}));
    else
      lines.emplace_back("market status of another venue");
    return;
  } else if (code == 1510) {
    ticker.ts_event = time(message, "ExchangeTimeStamp");
    ticker.set(TickerField::OpenInterest, not_negative(need(message, "OpenInterest")));
    updates.push_back(describe(ticker));
  } else {
    const Decimal last = need(message, "LastTradedPrice");
    ticker.derive_change = true;
    ticker.set(TickerField::Price, last);
    ticker.set(TickerField::LastQuantity,
               quantity(message, find(message, "LastTradedQunatity") != nullptr ? "LastTradedQunatity" : "LastTradedQuantity"));
    ticker.ts_event = time(message, "LastUpdateTime");
    updates.push_back(describe(ticker));
    nothing = last.mantissa == 0;
    if (nothing) updates.clear();
  }
  if (market < -1 || market > 1) throw Ignored{};
  lines = updates;
  if (nothing) throw Ignored{};
}

}  // namespace

Reference reference_decode(const std::string& json) {
  Reference reference;
  rapidjson::Document message, typed;
  typed.Parse(json.data(), json.size());
  if (json.find('\0') != std::string::npos || message.Parse<rapidjson::kParseNumbersAsStringsFlag>(json.data(), json.size()).HasParseError()) {
    reference.bad = 1;
    return reference;
  }
  try {
    decode_message(message, typed.HasParseError() ? message : typed, reference.lines);
  } catch (const Bad&) {
    reference.lines.clear();
    reference.bad = 1;
  } catch (const Ignored&) {
    reference.ignored = 1;
  }
  return reference;
}

}  // namespace tidegate::test::xts
