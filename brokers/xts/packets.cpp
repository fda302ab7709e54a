#include "brokers/xts/packets.hpp"

#include <array>
#include <concepts>
#include <optional>
#include <span>
#include <utility>

#include "brokers/common/float_decimal.hpp"
#include "brokers/common/little_endian.hpp"
#include "brokers/xts/inflater.hpp"
#include "brokers/xts/packet_layout.hpp"

namespace tidegate::xts {
namespace {

using common::LittleEndianBytes;

constexpr std::uint16_t kVersionMin = 4;       // older bodies have another header, and were never seen
constexpr std::size_t kBodyIdentityBytes = 4;  // its code and version
constexpr std::size_t kNameBytesMax = 127;     // of an underlying index; the length is signed
constexpr Error kBadSize{Reason::BadShape, "body_size"};

static_assert(kBodyHeaderBytes + Layout<Wide>::depth_bytes(kPacketRowsMax, kPacketRowsMax) <= kInflatedBytesMax);

/// What stands in front of a body.
struct Head {
  bool compressed = false;
  std::uint16_t code = 0;
  std::int16_t segment = 0;
  std::int32_t instrument = 0;
  std::uint16_t body_bytes = 0;  // uncompressed
};

/// Takes a head and its body, as it lies there, from the front.
std::optional<Error> take_packet(std::string_view& rest, Head& head, std::string_view& body) {
  if (rest.size() < kPacketHeadBytes) return Error{Reason::Truncated, "packet_head"};
  const LittleEndianBytes<kPacketHeadBytes> bytes{rest.data()};
  const auto flag = bytes.get<std::uint8_t, 0>();
  if (flag > 1) return Error{Reason::BadShape, "compression_flag"};
  head = {.compressed = flag == 1,
          .code = bytes.get<std::uint16_t, 1>(),
          .segment = bytes.get<std::int16_t, 3>(),
          .instrument = bytes.get<std::int32_t, 5>(),
          .body_bytes = bytes.get<std::uint16_t, 13>()};
  std::size_t begin = kPacketHeadBytes;
  std::size_t size = head.body_bytes;
  if (head.body_bytes < kBodyIdentityBytes) return Error{Reason::BadShape, "body_size"};
  if (head.compressed) {
    if (rest.size() < kCompressedHeadBytes) return Error{Reason::Truncated, "packet_head"};
    begin = kCompressedHeadBytes;
    size = common::load_little_endian<std::uint16_t>(rest.data() + kPacketHeadBytes);
  }
  if (rest.size() - begin < size) return Error{Reason::Truncated, head.compressed ? "compressed_size" : "body_size"};
  body = rest.substr(begin, size);
  rest.remove_prefix(begin + size);
  return {};
}

bool is_read(std::uint32_t code) {
  return code == message_code::kTouchline || code == message_code::kMarketDepth || code == message_code::kOpenInterest;
}

/// Turns fields into values and keeps the first fault.
class Fields {
 public:
  template <class Integer>
  Decimal quantity(Integer value, std::string_view name) {
    static_assert(std::signed_integral<Integer> || sizeof(Integer) < sizeof(std::int64_t), "would not fit a mantissa");
    if (std::cmp_less(value, 0)) fail({Reason::BadInteger, name});
    return {value, 0};
  }
  Decimal number(double value, std::string_view name) {
    const Result<Decimal> decimal = common::float_decimal(value);
    if (decimal.ok()) return *decimal;
    fail({decimal.error().reason, name});
    return kAbsent;
  }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  void fail(Error error) {
    if (!error_) error_ = error;
  }
  std::optional<Error> error_;
};

/// Sent as i64 or u64, whose highest bit makes no difference here: what lies before the epoch was not sent.
std::int64_t time_of(std::int64_t seconds) { return seconds < 0 ? 0 : seconds; }

template <common::BinaryField T, std::size_t kOffset, std::size_t kSize>
T get(LittleEndianBytes<kSize> bytes) {
  return bytes.template get<T, kOffset>();
}

template <class L>
BookRow read_row(LittleEndianBytes<L::kRowBytes> row, Fields& fields) {
  return {.size = fields.quantity(get<typename L::Quantity, 0>(row), "Size"),
          .price = fields.number(get<double, L::kRowPrice>(row), "Price"),
          .orders = get<std::uint32_t, L::kRowOrders>(row)};
}

template <class L>
Touchline read_touchline(LittleEndianBytes<L::kTouchlineBytes> bytes, Fields& fields) {
  Touchline touchline{
      .bid = read_row<L>(bytes.template part<L::kBid, L::kRowBytes>(), fields),
      .ask = read_row<L>(bytes.template part<L::kAsk, L::kRowBytes>(), fields),
      .last_price = fields.number(get<double, L::kLastPrice>(bytes), "LastTradedPrice"),
      .last_quantity = fields.quantity(get<typename L::Quantity, L::kLastQuantity>(bytes), "LastTradedQunatity"),  // so spelled by the broker
      .total_buy = fields.quantity(get<typename L::Total, L::kTotalBuy>(bytes), "TotalBuyQuantity"),
      .total_sell = fields.quantity(get<typename L::Total, L::kTotalSell>(bytes), "TotalSellQuantity"),
      .volume = fields.quantity(get<typename L::Total, L::kVolume>(bytes), "TotalTradedQuantity"),
      .average = fields.number(get<double, L::kAverage>(bytes), "AverageTradedPrice"),
      .percent_change = fields.number(get<double, L::kPercentChange>(bytes), "PercentChange"),
      .open = fields.number(get<double, L::kOpen>(bytes), "Open"),
      .high = fields.number(get<double, L::kHigh>(bytes), "High"),
      .low = fields.number(get<double, L::kLow>(bytes), "Low"),
      .close = fields.number(get<double, L::kClose>(bytes), "Close"),
      .turnover = fields.number(get<double, L::kTurnover>(bytes), "TotalValueTraded"),
      .last_trade_time = time_of(get<std::int64_t, L::kLastTradeTime>(bytes)),
      .last_update_time = time_of(get<std::int64_t, L::kLastUpdateTime>(bytes)),
  };
  if (touchline.turnover.is_zero() && !touchline.volume.is_zero()) touchline.turnover = kAbsent;  // servers that do not fill it in send zero
  return touchline;
}

template <class L>
std::optional<Error> read_1501(Header header, std::string_view content, PacketSink& sink) {
  Fields fields;
  const LittleEndianBytes<L::kTouchlineBytes> bytes{content.data()};
  header.market_type = get<std::int16_t, L::kMarketType>(bytes);
  const TouchlineMessage message{.header = header, .touchline = read_touchline<L>(bytes, fields)};
  if (!fields.error()) sink.on_packet(message);
  return fields.error();
}

std::optional<Error> read_touchline_packet(const Header& header, std::string_view content, PacketSink& sink) {
  if (content.size() == Layout<Wide>::kTouchlineBytes) return read_1501<Layout<Wide>>(header, content, sink);
  if (content.size() == Layout<Narrow>::kTouchlineBytes) return read_1501<Layout<Narrow>>(header, content, sink);
  return kBadSize;
}

/// Rows of one packet.
struct Books {
  std::array<BookRow, kPacketRowsMax> bids, asks;
};

template <class L>
std::span<const BookRow> read_rows(const char* begin, std::size_t count, std::array<BookRow, kPacketRowsMax>& rows, Fields& fields) {
  for (std::size_t i = 0; i < count; ++i) rows[i] = read_row<L>(LittleEndianBytes<L::kRowBytes>{begin + i * L::kRowBytes}, fields);
  return {rows.data(), count};
}

template <class L>
std::optional<Error> read_1502(Header header, std::string_view content, std::size_t bids, std::size_t asks, Books& books, PacketSink& sink) {
  Fields fields;
  const char* const ask_rows = content.data() + 8 + bids * L::kRowBytes;
  const LittleEndianBytes<L::kTouchlineBytes> touchline{ask_rows + asks * L::kRowBytes};
  header.market_type = get<std::int16_t, L::kMarketType>(touchline);
  const DepthMessage message{.header = header,
                             .touchline = read_touchline<L>(touchline, fields),
                             .bids = read_rows<L>(content.data() + 4, bids, books.bids, fields),
                             .asks = read_rows<L>(ask_rows, asks, books.asks, fields)};
  if (!fields.error()) sink.on_packet(message);
  return fields.error();
}

/// Whether `content` is as long as its own counts say under this layout.
template <class L>
bool is_depth(std::string_view content, std::size_t bids, std::size_t& asks) {
  const std::size_t at = 4 + bids * L::kRowBytes;
  if (content.size() < at + 4) return false;
  asks = common::load_little_endian<std::uint32_t>(content.data() + at);
  return asks <= kPacketRowsMax && content.size() == L::depth_bytes(bids, asks);
}

std::optional<Error> read_depth_packet(const Header& header, std::string_view content, Books& books, PacketSink& sink) {
  if (content.size() < 4) return kBadSize;
  const std::size_t bids = common::load_little_endian<std::uint32_t>(content.data());  // negative: many
  if (bids > kPacketRowsMax) return Error{Reason::TooManyLevels, "Bids"};
  std::size_t asks = 0;
  if (is_depth<Layout<Wide>>(content, bids, asks)) return read_1502<Layout<Wide>>(header, content, bids, asks, books, sink);
  if (is_depth<Layout<Narrow>>(content, bids, asks)) return read_1502<Layout<Narrow>>(header, content, bids, asks, books, sink);
  return kBadSize;
}

template <class L>
std::optional<Error> read_1510(Header header, std::string_view content, PacketSink& sink) {
  Fields fields;
  const LittleEndianBytes<L::kNamelessBytes> bytes{content.data()};
  header.market_type = get<std::int16_t, L::kInterestMarketType>(bytes);
  const OpenInterestMessage message{.header = header,
                                    .open_interest = fields.quantity(get<typename L::Quantity, L::kOpenInterest>(bytes), "OpenInterest")};
  if (!fields.error()) sink.on_packet(message);
  return fields.error();
}

template <class L>
bool is_open_interest(std::string_view content) {
  if (content.size() < L::kNamelessBytes) return false;
  const char has_name = content[L::kHasName];
  if (has_name == 0) return content.size() == L::kNamelessBytes;
  const auto name_bytes = static_cast<std::uint8_t>(content[L::kNameLength]);
  return has_name == 1 && name_bytes <= kNameBytesMax && content.size() == L::kNamedBytes + name_bytes;
}

std::optional<Error> read_open_interest_packet(const Header& header, std::string_view content, PacketSink& sink) {
  if (is_open_interest<Layout<Wide>>(content)) return read_1510<Layout<Wide>>(header, content, sink);
  if (is_open_interest<Layout<Narrow>>(content)) return read_1510<Layout<Narrow>>(header, content, sink);
  return kBadSize;
}

/// A body's fault, and whether the packet behind it can still be found.
struct Fault {
  Error error;
  bool ends_attachment = false;
};

/// A body that contradicts its head casts doubt on the head's sizes too.
std::optional<Fault> read_body(const Head& head, std::string_view body, Books& books, PacketSink& sink) {
  if (common::load_little_endian<std::uint16_t>(body.data()) != head.code) return Fault{{Reason::BadShape, "MessageCode"}, true};
  if (common::load_little_endian<std::uint16_t>(body.data() + 2) < kVersionMin) return Fault{{Reason::BadShape, "MessageVersion"}};
  if (body.size() < kBodyHeaderBytes) return Fault{kBadSize};
  const LittleEndianBytes<kBodyHeaderBytes> bytes{body.data()};
  if (bytes.get<std::int16_t, 26>() != head.segment) return Fault{{Reason::BadShape, "ExchangeSegment"}, true};
  if (bytes.get<std::int32_t, 28>() != head.instrument) return Fault{{Reason::BadShape, "ExchangeInstrumentID"}, true};
  if (head.segment < 0) return Fault{{Reason::BadInteger, "ExchangeSegment"}};
  if (head.instrument < 0) return Fault{{Reason::BadInteger, "ExchangeInstrumentID"}};
  const Header header{.code = head.code,
                      .segment = static_cast<std::uint32_t>(head.segment),
                      .instrument = static_cast<std::uint64_t>(head.instrument),
                      .exchange_time = time_of(bytes.get<std::int64_t, 32>())};

  const std::string_view content = body.substr(kBodyHeaderBytes);
  std::optional<Error> error;
  switch (head.code) {
    case message_code::kTouchline:
      error = read_touchline_packet(header, content, sink);
      break;
    case message_code::kMarketDepth:
      error = read_depth_packet(header, content, books, sink);
      break;
    default:  // is_read() lets one more through
      error = read_open_interest_packet(header, content, sink);
  }
  return error ? std::optional{Fault{*error}} : std::nullopt;
}

}  // namespace

struct PacketReader::Impl {
  Inflater inflater;
  Books books;
};

PacketReader::PacketReader() : impl_(std::make_unique<Impl>()) {}
PacketReader::~PacketReader() = default;

void PacketReader::read(std::string_view attachment, PacketSink& sink) {
  do {
    Head head;
    std::string_view body;
    if (const auto error = take_packet(attachment, head, body)) return sink.on_bad_packet(*error);
    if (!is_read(head.code)) {
      sink.on_unknown_packet(head.code);
      continue;
    }
    if (head.compressed) {
      const auto inflated = impl_->inflater.inflate(body, head.body_bytes);
      if (!inflated.ok()) {
        sink.on_bad_packet(inflated.error());
        continue;
      }
      body = *inflated;
    }
    if (const auto fault = read_body(head, body, impl_->books, sink)) {
      sink.on_bad_packet(fault->error);
      if (fault->ends_attachment) return;
    }
  } while (!attachment.empty());
}

}  // namespace tidegate::xts
