#include "tests/xts_wire/packet_builder.hpp"

#include <doctest/doctest.h>
#include <zlib.h>

namespace tidegate::test::xts {
namespace {

/// i32 or i64, as rows, last quantities and open interest are.
std::string quantity(Width width, std::int64_t value) { return width == Width::Wide ? little(value) : little(static_cast<std::int32_t>(value)); }

std::string row(Width width, const RowValues& row) {
  return quantity(width, row.size) + little(row.price) + little(row.orders) + little(std::int16_t{7});
}
std::string rows(Width width, const std::vector<RowValues>& rows) {
  std::string bytes = little(static_cast<std::int32_t>(rows.size()));
  for (const RowValues& values : rows) bytes += row(width, values);
  return bytes;
}

std::string touchline(Width width, const PacketValues& v) {
  std::string bytes = row(width, v.bid) + row(width, v.ask);
  bytes += little(v.last_update_time) + little(v.last_price);
  for (const std::int64_t value : {v.last_quantity, v.total_buy, v.total_sell, v.volume}) bytes += quantity(width, value);
  bytes += little(v.average) + little(v.last_trade_time) + little(v.percent_change);
  for (const double price : {v.open, v.high, v.low, v.close, v.turnover}) bytes += little(price);
  bytes += little(std::int16_t{5}) + little(std::int16_t{6});  // buy-backs
  return bytes + little(std::int16_t{1}) + little(v.market_type);
}

std::string open_interest(Width width, const PacketValues& v) {
  std::string bytes = little(v.market_type) + quantity(width, v.open_interest);
  bytes += little(std::int16_t{1}) + little(std::uint64_t{26'000});
  bytes += v.name ? little(std::int8_t{1}) + little(static_cast<std::int8_t>(v.name->size())) + *v.name : little(std::int8_t{0});
  return bytes + quantity(width, 757'154'175);
}

std::string head(const PacketValues& v, std::int8_t flag, std::size_t body_bytes) {
  return little(flag) + little(v.code) + little(v.segment) + little(v.instrument) + little(std::int16_t{1}) + little(v.market_type) +
         little(static_cast<std::uint16_t>(body_bytes));
}

}  // namespace

std::string body_of(Width width, const PacketValues& v) {
  std::string bytes = little(v.code) + little(v.version) + little(std::uint16_t{0});
  bytes += little(std::uint64_t{0}) + little(std::uint64_t{1'590'018'768'596'832}) + little(std::int32_t{0});  // token id, sequence number, skip
  bytes += little(v.segment) + little(v.instrument) + little(v.exchange_time);
  if (v.code == 1510) return bytes + open_interest(width, v);
  if (v.code == 1502) bytes += rows(width, v.bids) + rows(width, v.asks);
  return bytes + touchline(width, v);
}

std::string plain(const PacketValues& values, const std::string& body) { return head(values, 0, body.size()) + body; }

std::string compressed(const PacketValues& values, const std::string& body) {
  const std::string small = deflate(body);
  return head(values, 1, body.size()) + little(static_cast<std::uint16_t>(small.size())) + small;
}

std::string deflate(const std::string& bytes) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(::deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace tidegate::test::xts
