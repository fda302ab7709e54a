#include "tests/binance/reference_decoder.hpp"

#include <rapidjson/document.h>

#include <functional>
#include <set>

namespace tidegate::test {
namespace {

using binance::Market;
using rapidjson::Value;

struct Bad {};      // thrown for a message that must be refused
struct Ignored {};  // thrown for a message that must be ignored

/// A name sent twice keeps its last value; null counts as absent.
const Value* find(const Value& object, const char* name) {
  const Value* found = nullptr;
  for (const auto& member : object.GetObject()) {
    if (std::string_view{member.name.GetString(), member.name.GetStringLength()} == name) found = &member.value;
  }
  return found == nullptr || found->IsNull() ? nullptr : found;
}
bool sent(const Value& object, const char* name) {
  for (const auto& member : object.GetObject()) {
    if (std::string_view{member.name.GetString(), member.name.GetStringLength()} == name) return true;
  }
  return false;
}
const Value& need(const Value& object, const char* name) {
  const Value* value = find(object, name);
  if (value == nullptr) throw Bad{};
  return *value;
}

std::string_view text(const Value& value) {
  if (!value.IsString()) throw Bad{};
  return {value.GetString(), value.GetStringLength()};
}
std::int64_t integer(const Value& value, std::int64_t minimum = 0, std::int64_t maximum = INT64_MAX) {
  if (!value.IsInt64() || value.GetInt64() < minimum || value.GetInt64() > maximum) throw Bad{};
  return value.GetInt64();
}
bool boolean(const Value& value) {
  if (!value.IsBool()) throw Bad{};
  return value.GetBool();
}
Decimal decimal(const Value& value) {
  if (value.IsInt64() && value.GetInt64() != INT64_MIN) return {value.GetInt64(), 0};
  const auto read = parse_decimal(text(value));
  if (!read) throw Bad{};
  return *read;
}
Decimal amount(const Value& value) {
  const Decimal read = decimal(value);
  if (read.mantissa < 0) throw Bad{};
  return read;
}

struct Context {
  std::string stream;
  Market market;
  std::int64_t scale;

  [[nodiscard]] UtcTime time(const Value& value) const { return {integer(value, 0, INT64_MAX / scale) * scale}; }
  [[nodiscard]] UtcTime optional_time(const Value& object, const char* name) const {
    const Value* value = find(object, name);
    return value == nullptr ? kNoTime : time(*value);
  }
  [[nodiscard]] ChainRule chain() const { return market == Market::Spot ? ChainRule::FirstFollowsLast : ChainRule::PreviousEqualsLast; }
  [[nodiscard]] bool top_levels() const {
    const auto at = stream.find('@');
    const std::string rest = at == std::string::npos ? "" : stream.substr(at) + "@";
    return rest.starts_with("@depth5@") || rest.starts_with("@depth10@") || rest.starts_with("@depth20@");
  }
  [[nodiscard]] bool book_ticker() const {
    const auto at = stream.find('@');
    return at != std::string::npos && (stream.substr(at) + "@").starts_with("@bookTicker@");
  }
};

std::string symbol(const Value& message) {
  const std::string_view name = text(need(message, "s"));
  if (name.empty() || name.size() > 64) throw Bad{};
  return std::string{name};
}

std::vector<LevelUpdate> levels(const Value& list) {
  if (!list.IsArray() || list.Size() > 10'000) throw Bad{};
  std::vector<LevelUpdate> out;
  for (const Value& level : list.GetArray()) {
    if (!level.IsArray() || level.Size() < 2) throw Bad{};
    out.push_back({amount(level[0]), amount(level[1]), kNoOrders});
  }
  return out;
}

std::string trade(const Value& message, const Context& context, const char* id, Flags flags) {
  const std::string name = symbol(message);
  TradeUpdate update;
  update.instrument.text = name;
  update.trade_id = static_cast<std::uint64_t>(integer(need(message, id), 0, (INT64_C(1) << 56) - 1));
  update.numbered = true;
  update.price = amount(need(message, "p"));
  update.quantity = amount(need(message, "q"));
  update.ts_event = context.time(need(message, "T"));
  update.side = boolean(need(message, "m")) ? Side::Sell : Side::Buy;
  update.flags = flags;
  return describe(update);
}

std::string book_ticker(const Value& message, const Context& context) {
  const std::string name = symbol(message);
  QuoteUpdate update;
  update.instrument.text = name;
  update.book_id = static_cast<std::uint64_t>(integer(need(message, "u")));
  update.bid_price = amount(need(message, "b"));
  update.bid_size = amount(need(message, "B"));
  update.ask_price = amount(need(message, "a"));
  update.ask_size = amount(need(message, "A"));
  const UtcTime engine = context.optional_time(message, "T");
  const UtcTime event = context.optional_time(message, "E");
  update.ts_event = engine.known() ? engine : event;
  return describe(update);
}

std::string depth_event(const Value& message, const Context& context) {
  const std::string name = symbol(message);
  DepthUpdate update;
  update.instrument.text = name;
  update.kind = context.top_levels() ? DepthKind::TopLevels : DepthKind::Delta;
  update.chain = context.chain();
  update.first_id = integer(need(message, "U"));
  update.last_id = integer(need(message, "u"));
  if (update.last_id < update.first_id) throw Bad{};
  update.ts_event = context.time(need(message, "E"));
  if (context.market == Market::Usdm) {
    update.previous_id = integer(need(message, "pu"));
    update.ts_event = context.time(need(message, "T"));
  }
  const auto bids = levels(need(message, "b"));
  const auto asks = levels(need(message, "a"));
  update.bids = bids;
  update.asks = asks;
  return describe(update);
}

std::string whole_book(const Value& message, const Context& context, std::string_view name, DepthKind kind) {
  DepthUpdate update;
  update.instrument.text = name;
  update.kind = kind;
  update.chain = context.chain();
  update.last_id = integer(need(message, "lastUpdateId"), -1);
  const auto bids = levels(need(message, "bids"));
  const auto asks = levels(need(message, "asks"));
  update.bids = bids;
  update.asks = asks;
  const UtcTime engine = context.optional_time(message, "T");
  const UtcTime event = context.optional_time(message, "E");
  update.ts_event = engine.known() ? engine : event;
  return describe(update);
}

std::string kline(const Value& message, const Context& context) {
  if (context.stream.ends_with("@+08:00")) throw Ignored{};
  const Value& k = need(message, "k");
  if (!k.IsObject()) throw Bad{};
  const auto channel = candle_channel(text(need(k, "i")));
  if (!channel) throw Ignored{};
  const std::string name = symbol(message);
  CandleUpdate update;
  update.instrument.text = name;
  update.channel = *channel;
  update.open_time = context.time(need(k, "t"));
  update.open = amount(need(k, "o"));
  update.high = amount(need(k, "h"));
  update.low = amount(need(k, "l"));
  update.close = amount(need(k, "c"));
  update.volume = amount(need(k, "v"));
  update.closed = boolean(need(k, "x"));
  update.ts_event = context.time(need(message, "E"));
  return describe(update);
}

std::string ticker(const Value& message, const Context& context, bool mini) {
  const std::string name = symbol(message);
  TickerUpdate update;
  update.instrument.text = name;
  update.ts_event = context.time(need(message, "E"));
  update.set(TickerField::Price, amount(need(message, "c")));
  update.set(TickerField::OpenPrice, amount(need(message, "o")));
  update.set(TickerField::HighPrice, amount(need(message, "h")));
  update.set(TickerField::LowPrice, amount(need(message, "l")));
  update.set(TickerField::Volume, amount(need(message, "v")));
  update.set(TickerField::Turnover, amount(need(message, "q")));
  if (mini) return describe(update);
  update.set(TickerField::PriceChange, decimal(need(message, "p")));
  update.set(TickerField::PriceChangePercent, decimal(need(message, "P")));
  update.set(TickerField::AveragePrice, amount(need(message, "w")));
  update.set(TickerField::LastQuantity, amount(need(message, "Q")));
  const std::pair<const char*, TickerField> spot_only[] = {{"x", TickerField::ClosePrice},
                                                           {"b", TickerField::BidPrice},
                                                           {"B", TickerField::BidSize},
                                                           {"a", TickerField::AskPrice},
                                                           {"A", TickerField::AskSize}};
  for (const auto& [field, target] : spot_only) {
    if (const Value* value = find(message, field)) update.set(target, amount(*value));
  }
  return describe(update);
}

/// The update's line; empty for a control message.
std::string decode_message(const Value& message, const Context& context) {
  if (!message.IsObject()) throw Bad{};
  if (context.market == Market::Usdm) {
    const Value* st = find(message, "st");
    if (st != nullptr && st->IsInt64() && st->GetInt64() == 2) throw Ignored{};
  }
  if (const Value* e = find(message, "e")) {
    const std::string_view event = text(*e);
    if (event == "trade") {
      const Value* x = find(message, "X");
      if (x != nullptr && !(x->IsString() && text(*x) == "MARKET")) throw Ignored{};
      return trade(message, context, "t", Flags::None);
    }
    if (event == "aggTrade") return trade(message, context, "a", Flags::Aggregated);
    if (event == "bookTicker") return book_ticker(message, context);
    if (event == "depthUpdate") return depth_event(message, context);
    if (event == "kline") return kline(message, context);
    if (event == "24hrTicker") return ticker(message, context, false);
    if (event == "24hrMiniTicker") return ticker(message, context, true);
    if (event == "serverShutdown") return {};
    throw Ignored{};
  }
  if (context.book_ticker() || (sent(message, "u") && sent(message, "b") && sent(message, "B"))) return book_ticker(message, context);
  if (sent(message, "lastUpdateId") || context.top_levels()) {
    const auto at = context.stream.find('@');
    std::string name = at == std::string::npos ? "" : context.stream.substr(0, at);
    if (name.empty() || name.size() > 64) throw Bad{};
    for (char& c : name) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    return whole_book(message, context, name, DepthKind::TopLevels);
  }
  const bool answer = sent(message, "result") || sent(message, "error") || (sent(message, "code") && sent(message, "msg"));
  if (context.stream.empty() && answer) return {};
  throw Bad{};
}

int nesting(const Value& value) {
  int deepest = 0;
  if (value.IsArray()) {
    for (const Value& element : value.GetArray()) deepest = std::max(deepest, nesting(element));
  } else if (value.IsObject()) {
    for (const auto& member : value.GetObject()) deepest = std::max(deepest, nesting(member.value));
  } else {
    return 0;
  }
  return deepest + 1;
}

bool envelope_key_twice(const Value& root) {
  if (!root.IsObject()) return false;
  std::set<std::string> seen;
  for (const auto& member : root.GetObject()) {
    const std::string name{member.name.GetString(), member.name.GetStringLength()};
    if ((name == "stream" || name == "data") && !seen.insert(name).second) return true;
  }
  return false;
}

}  // namespace

std::optional<Outcome> reference_decode(const RawFrame& frame, Market market, bool microseconds) {
  rapidjson::Document root;
  root.Parse(frame.bytes.data(), frame.bytes.size());
  if (root.HasParseError() || frame.bytes.find('\0') != std::string::npos || envelope_key_twice(root) || nesting(root) > 32) return std::nullopt;
  Context context{.stream = {}, .market = market, .scale = microseconds ? 1'000 : 1'000'000};
  Outcome outcome;
  const auto take = [&outcome](const std::function<std::string()>& read) {
    try {
      std::string line = read();
      if (line.empty()) {
        ++outcome.control;
      } else {
        outcome.lines.push_back(std::move(line));
      }
    } catch (Bad) {
      ++outcome.bad;
    } catch (Ignored) {
      ++outcome.ignored;
    }
  };
  const Value* content = &root;
  if (root.IsObject()) {
    const Value* stream = find(root, "stream");
    if (stream != nullptr && stream->IsString() && sent(root, "data")) {
      context.stream.assign(stream->GetString(), stream->GetStringLength());
      for (const auto& member : root.GetObject()) {
        if (std::string_view{member.name.GetString(), member.name.GetStringLength()} == "data") content = &member.value;
      }
    }
  }
  if (content->IsArray()) {
    for (const Value& element : content->GetArray()) take([&] { return decode_message(element, context); });
  } else {
    take([&] { return decode_message(*content, context); });
  }
  return outcome;
}

}  // namespace tidegate::test
