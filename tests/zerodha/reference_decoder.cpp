#include "tests/zerodha/reference_decoder.hpp"

#include <utility>

namespace tidegate::test::zerodha {
namespace {

struct Column {
  const char* name;
  std::size_t offset;
  char type;  // u: 32 bits unsigned, s: 32 bits signed, h: 16 bits unsigned
};

const std::vector<Column> kLtp = {{"token", 0, 'u'}, {"last_price", 4, 's'}};
const std::vector<Column> kIndex = {{"token", 0, 'u'}, {"last_price", 4, 's'}, {"high", 8, 's'},          {"low", 12, 's'},
                                    {"open", 16, 's'}, {"close", 20, 's'},     {"price_change", 24, 's'}, {"exchange_time", 28, 'u'}};
const std::vector<Column> kTradable = {{"token", 0, 'u'},   {"last_price", 4, 's'},     {"last_qty", 8, 'u'},        {"avg_price", 12, 's'},
                                       {"volume", 16, 'u'}, {"total_buy_qty", 20, 'u'}, {"total_sell_qty", 24, 'u'}, {"open", 28, 's'},
                                       {"high", 32, 's'},   {"low", 36, 's'},           {"close", 40, 's'},          {"last_trade_time", 44, 'u'},
                                       {"oi", 48, 'u'},     {"oi_day_high", 52, 'u'},   {"oi_day_low", 56, 'u'},     {"exchange_time", 60, 'u'}};

std::int64_t number_at(std::string_view bytes, std::size_t offset, std::size_t size, bool is_signed) {
  std::int64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value * 256 + static_cast<unsigned char>(bytes[offset + i]);
  return is_signed && value >= 2147483648 ? value - 4294967296 : value;
}

RawPacket read_packet(std::string_view body) {
  const std::vector<Column>& columns = body.size() == 8 ? kLtp : body.size() == 28 || body.size() == 32 ? kIndex : kTradable;
  RawPacket packet{{"length", static_cast<std::int64_t>(body.size())}};
  for (const Column& column : columns) {
    if (column.offset + 4 <= body.size()) packet[column.name] = number_at(body, column.offset, 4, column.type == 's');
  }
  for (std::size_t level = 0; level < 10 && body.size() == 184; ++level) {
    const std::string name = (level < 5 ? "buy" : "sell") + std::to_string(level % 5);
    const std::size_t offset = 64 + 12 * level;
    packet[name + "_qty"] = number_at(body, offset, 4, false);
    packet[name + "_price"] = number_at(body, offset + 4, 4, true);
    packet[name + "_orders"] = number_at(body, offset + 8, 2, false);
  }
  return packet;
}

/// Writes a packet's values as DescribingSink does.
class Writer {
 public:
  explicit Writer(const RawPacket& packet) : packet_(packet), segment_(raw("token") % 256) {}

  [[nodiscard]] std::int64_t raw(const std::string& name) const { return packet_.at(name); }
  [[nodiscard]] std::int64_t segment() const { return segment_; }
  [[nodiscard]] std::string price(const std::string& name) const {
    return std::to_string(raw(name)) + (segment_ == 3 ? "e-7" : segment_ == 6 ? "e-4" : "e-2");
  }
  [[nodiscard]] std::string whole(const std::string& name) const { return std::to_string(raw(name)); }
  [[nodiscard]] std::string time(const std::string& name) const { return packet_.count(name) == 0 || raw(name) == 0 ? "-" : whole(name) + "s"; }
  [[nodiscard]] std::string head(const std::string& kind, const std::string& time) const {
    return kind + " " + std::to_string(segment_) + "/" + whole("token") + " at " + time;
  }
  /// The names of a side's levels that hold something.
  [[nodiscard]] std::vector<std::string> levels(const std::string& side) const {
    std::vector<std::string> names;
    for (int i = 0; i < 5; ++i) {
      const std::string name = side + std::to_string(i);
      if (raw(name + "_qty") != 0) names.push_back(name);
    }
    return names;
  }
  [[nodiscard]] std::string best(const std::string& side) const {
    const auto names = levels(side);
    return names.empty() ? "-@-" : whole(names[0] + "_qty") + "@" + price(names[0] + "_price");
  }
  [[nodiscard]] std::string all(const std::string& side) const {
    std::string out;
    for (const std::string& name : levels(side)) out += " " + whole(name + "_qty") + "@" + price(name + "_price") + "/" + whole(name + "_orders");
    return out;
  }

 private:
  const RawPacket& packet_;
  std::int64_t segment_;
};

std::string ticker_line(const Writer& p, std::int64_t length) {
  const bool index = length == 28 || length == 32;
  const bool full = length == 184;
  std::string line = p.head("ticker", p.time("exchange_time")) + " price=" + p.price("last_price");
  if (length == 8) return line;
  const bool zero_is_none = index || p.raw("volume") == 0;
  const auto today = [&](const std::string& name, const std::string& raw) {
    return " " + name + "=" + (zero_is_none && p.raw(raw) == 0 ? "none" : p.price(raw));
  };
  line += today("high", "high") + today("low", "low");
  if (!index) line += " volume=" + p.whole("volume");
  line += today("open", "open") + " close=" + (p.raw("close") == 0 ? "none" : p.price("close"));
  if (index) return line;
  line += today("average", "avg_price") + " last_quantity=" + p.whole("last_qty");
  if (full) {
    const auto s = p.segment();
    const bool derivatives = s == 2 || s == 3 || s == 5 || s == 6 || s == 7;
    line += " interest=" + (p.raw("oi") == 0 && !derivatives ? "none" : p.whole("oi"));
    for (const auto& [side, name] : {std::pair<std::string, std::string>{"buy", "bid"}, {"sell", "ask"}}) {
      const auto levels = p.levels(side);
      line += " " + name + "=" + (levels.empty() ? "none" : p.price(levels[0] + "_price"));
      line += " " + name + "_size=" + (levels.empty() ? "none" : p.whole(levels[0] + "_qty"));
    }
  }
  line += " buys=" + p.whole("total_buy_qty") + " sells=" + p.whole("total_sell_qty");
  if (full && p.raw("last_trade_time") != 0) line += " last_trade=" + p.time("last_trade_time");
  return line;
}

}  // namespace

RawMessage read_raw(std::string_view message) {
  RawMessage read;
  read.heartbeat = message.size() == 1;
  if (message.size() < 2) return read;
  std::size_t at = 2;
  for (std::int64_t left = number_at(message, 0, 2, false); left > 0; --left) {
    const std::size_t length = at + 2 <= message.size() ? static_cast<std::size_t>(number_at(message, at, 2, false)) : message.size();
    if (at + 2 + length > message.size()) {
      read.cut_short = true;
      return read;
    }
    if (length == 8 || length == 28 || length == 32 || length == 44 || length == 184) {
      read.packets.push_back(read_packet(message.substr(at + 2, length)));
    } else {
      ++read.unknown;
    }
    at += 2 + length;
  }
  read.trailing = at < message.size();
  return read;
}

Lines expected_lines(const RawPacket& packet) {
  const Writer p(packet);
  const std::int64_t length = p.raw("length");
  Lines lines;
  if (length == 184 && p.segment() != 9) {
    lines.push_back(p.head("quote", p.time("exchange_time")) + " #0 bid " + p.best("buy") + " ask " + p.best("sell"));
    lines.push_back(p.head("top", p.time("exchange_time")) + " #0 may cross bids" + p.all("buy") + " asks" + p.all("sell"));
  }
  if ((length == 44 || length == 184) && p.segment() != 9) {
    const std::string time = p.time("last_trade_time");
    lines.push_back(p.head("trade", time) + " " + p.whole("last_qty") + "@" + p.price("last_price") + " if volume " + p.whole("volume") +
                    " or time " + time + " moved");
  }
  lines.push_back(ticker_line(p, length));
  return lines;
}

}  // namespace tidegate::test::zerodha
