// Packed packets, little-endian, in the layouts of docs/protocols/xts.md: wide (64-bit quantities) and narrow.
#include <zlib.h>

#include <bit>
#include <cmath>
#include <limits>

#include "tools/sim/xts/figures_text.hpp"
#include "tools/sim/xts/messages.hpp"

namespace tidegate::sim::xts {
namespace {

/// Appends fields; quantities in the width of the layout.
class Body {
 public:
  explicit Body(bool narrow) : narrow_(narrow) {}

  template <class Integer>
  void put(std::int64_t value) {
    auto bits = static_cast<std::uint64_t>(value);
    for (std::size_t i = 0; i < sizeof(Integer); ++i, bits >>= 8U) bytes_ += static_cast<char>(bits & 0xFFU);
  }
  void real(double value) { put<std::uint64_t>(static_cast<std::int64_t>(std::bit_cast<std::uint64_t>(value))); }
  void quantity(std::int64_t value) { narrow_ ? put<std::int32_t>(value) : put<std::int64_t>(value); }
  void text(std::string_view value) { bytes_ += value; }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  bool narrow_;
  std::string bytes_;
};

void add_header(Body& body, std::uint32_t message_code, const Subject& subject) {
  body.put<std::uint16_t>(message_code);
  body.put<std::uint16_t>(4);  // MessageVersion
  body.put<std::uint16_t>(0);  // ApplicationType
  body.put<std::uint64_t>(0);  // TokenID
  body.put<std::uint64_t>(static_cast<std::int64_t>(subject.sequence));
  body.put<std::int32_t>(0);
  body.put<std::int16_t>(subject.row.segment);
  body.put<std::int32_t>(static_cast<std::int64_t>(subject.row.id));
  body.put<std::uint64_t>(since_1980(subject.now.time_s));
}

void add_level(Body& body, const BookLevel& level, int decimals) {
  body.quantity(level.quantity);
  body.real(price_double(level.price, decimals));
  body.put<std::uint32_t>(level.orders);
  body.put<std::int16_t>(0);  // BuyBackMarketMaker
}

void add_touchline(Body& body, const Subject& subject) {
  const Figures& now = subject.now;
  const int decimals = subject.row.decimals;
  const auto price = [&body, decimals](std::int64_t value) { body.real(price_double(value, decimals)); };
  add_level(body, now.bids[0], decimals);
  add_level(body, now.asks[0], decimals);
  body.put<std::uint64_t>(since_1980(now.time_s));
  price(now.last);
  for (const std::int64_t quantity : {now.last_quantity, now.total_buy, now.total_sell, now.volume}) body.quantity(quantity);
  price(subject.row.kind == RowKind::Index ? now.last : now.average);
  body.put<std::int64_t>(since_1980(now.trade_time_s));
  body.real(percent_change(now.last, now.close));
  for (const std::int64_t each : {now.open, now.high, now.low, now.close}) price(each);
  body.real(std::numeric_limits<double>::quiet_NaN());  // TotalValueTraded, which JSON sends as null
  body.put<std::int16_t>(0);                            // BuyBackTotalBuy
  body.put<std::int16_t>(0);                            // BuyBackTotalSell
  body.put<std::int16_t>(1);                            // BookType
  body.put<std::int16_t>(1);                            // XMarketType
}

/// Raw DEFLATE; empty when zlib refuses.
std::string deflated(const std::string& bytes) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK) return {};
  std::string out(deflateBound(&stream, static_cast<uLong>(bytes.size())), '\0');
  std::string copy = bytes;  // zlib takes no const
  stream.next_in = reinterpret_cast<Bytef*>(copy.data());
  stream.avail_in = static_cast<uInt>(copy.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const bool done = deflate(&stream, Z_FINISH) == Z_STREAM_END;
  out.resize(done ? stream.total_out : 0);
  deflateEnd(&stream);
  return out;
}

std::string packet(std::uint32_t message_code, const Subject& subject, const std::string& body, bool deflate) {
  const std::string packed = deflate ? deflated(body) : std::string{};
  Body out{false};
  out.put<std::int8_t>(packed.empty() ? 0 : 1);
  out.put<std::uint16_t>(message_code);
  out.put<std::int16_t>(subject.row.segment);
  out.put<std::int32_t>(static_cast<std::int64_t>(subject.row.id));
  out.put<std::int16_t>(1);  // BookType
  out.put<std::int16_t>(1);  // MarketType
  out.put<std::uint16_t>(static_cast<std::int64_t>(body.size()));
  if (!packed.empty()) out.put<std::uint16_t>(static_cast<std::int64_t>(packed.size()));
  out.text(packed.empty() ? body : packed);
  return out.bytes();
}

}  // namespace

std::string touchline_packed(const Subject& subject, PackedForm form) {
  Body body{form.narrow};
  add_header(body, code::kTouchline, subject);
  add_touchline(body, subject);
  return packet(code::kTouchline, subject, body.bytes(), form.deflate);
}

std::string depth_packed(const Subject& subject, PackedForm form) {
  Body body{form.narrow};
  add_header(body, code::kDepth, subject);
  for (const auto* side : {&subject.now.bids, &subject.now.asks}) {
    body.put<std::int32_t>(kBookLevels);
    for (const BookLevel& level : *side) add_level(body, level, subject.row.decimals);
  }
  add_touchline(body, subject);
  return packet(code::kDepth, subject, body.bytes(), form.deflate);
}

std::string open_interest_packed(const Subject& subject, PackedForm form) {
  Body body{form.narrow};
  add_header(body, code::kOpenInterest, subject);
  body.put<std::int16_t>(1);  // market type
  body.quantity(subject.now.open_interest);
  body.put<std::int16_t>(1);  // segment of the underlying
  body.put<std::uint64_t>(static_cast<std::int64_t>(subject.row.underlying_id));
  const std::string& name = subject.row.underlying;
  body.put<std::int8_t>(name.empty() ? 0 : 1);
  if (!name.empty()) {
    body.put<std::int8_t>(static_cast<std::int64_t>(name.size()));
    body.text(name);
  }
  body.quantity(subject.now.open_interest * 20);
  return packet(code::kOpenInterest, subject, body.bytes(), form.deflate);
}

}  // namespace tidegate::sim::xts
