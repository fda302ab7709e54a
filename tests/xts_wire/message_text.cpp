#include "tests/xts_wire/message_text.hpp"

#include <cstring>
#include <memory>
#include <span>

namespace tidegate::test::xts {
namespace {

using tidegate::xts::BookRow;
using tidegate::xts::Header;
using tidegate::xts::Touchline;

std::string head(const Header& header) {
  return std::to_string(header.code) + " " + std::to_string(header.segment) + "/" + std::to_string(header.instrument) + " at " +
         std::to_string(header.exchange_time) + " market " + std::to_string(header.market_type);
}
std::string row(const BookRow& row) { return text(row.size) + "@" + text(row.price) + "/" + std::to_string(row.orders); }
std::string side(std::span<const BookRow> rows) {
  std::string out;
  for (const BookRow& values : rows) out += " " + row(values);
  return out;
}
std::string body(const Touchline& t) {
  std::string out = " bid " + row(t.bid) + " ask " + row(t.ask) + " last " + text(t.last_quantity) + "@" + text(t.last_price);
  out += " buys " + text(t.total_buy) + " sells " + text(t.total_sell) + " volume " + text(t.volume) + " average " + text(t.average);
  out += " percent " + text(t.percent_change) + " ohlc " + text(t.open) + " " + text(t.high) + " " + text(t.low) + " " + text(t.close);
  return out + " turnover " + text(t.turnover) + " traded " + std::to_string(t.last_trade_time) + " updated " + std::to_string(t.last_update_time);
}

}  // namespace

std::string text(Decimal value) { return value.present() ? to_text(value) : "-"; }

std::string describe(const tidegate::xts::TouchlineMessage& message) { return head(message.header) + body(message.touchline); }
std::string describe(const tidegate::xts::DepthMessage& message) {
  return head(message.header) + " bids" + side(message.bids) + " asks" + side(message.asks) + body(message.touchline);
}
std::string describe(const tidegate::xts::OpenInterestMessage& message) { return head(message.header) + " interest " + text(message.open_interest); }

Lines read(std::string_view attachment) {
  static tidegate::xts::PacketReader reader;  // one for all: what a packet leaves behind in it must not matter
  const auto copy = std::make_unique<char[]>(attachment.size());
  std::memcpy(copy.get(), attachment.data(), attachment.size());
  DescribingSink sink;
  reader.read({copy.get(), attachment.size()}, sink);
  return sink.lines;
}

}  // namespace tidegate::test::xts
