// The first byte chooses what the rest is: a text of the socket, a polling answer, an open packet, or an attachment of packed packets.
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "brokers/xts/packets.hpp"
#include "brokers/xts/socket_io.hpp"

using namespace tidegate;

namespace {

void require(bool holds) {
  if (!holds) __builtin_trap();
}

/// `part` lies within `whole`.
void require_within(std::string_view part, std::string_view whole) {
  require(part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

/// Looks at every value.
class CheckingSink final : public xts::PacketSink {
 public:
  void on_packet(const xts::TouchlineMessage& message) override {
    check(message.header, xts::message_code::kTouchline);
    check(message.touchline);
  }
  void on_packet(const xts::DepthMessage& message) override {
    check(message.header, xts::message_code::kMarketDepth);
    check(message.touchline);
    require(message.bids.size() <= xts::kPacketRowsMax && message.asks.size() <= xts::kPacketRowsMax);
    for (const auto side : {message.bids, message.asks}) {
      for (const xts::BookRow& row : side) check(row);
    }
  }
  void on_packet(const xts::OpenInterestMessage& message) override {
    check(message.header, xts::message_code::kOpenInterest);
    quantity(message.open_interest);
  }
  void on_unknown_packet(std::uint32_t code) override {
    require(code != xts::message_code::kTouchline && code != xts::message_code::kMarketDepth && code != xts::message_code::kOpenInterest);
    ++unknown;
  }
  void on_bad_packet(Error error) override {
    require(!error.field.empty());
    ++bad;
  }

  std::size_t messages = 0, unknown = 0, bad = 0;

 private:
  void check(const xts::Header& header, std::uint32_t code) {
    require(header.code == code && header.segment < 0x8000 && header.instrument < 0x8000'0000U && header.exchange_time >= 0);
    ++messages;
  }
  static void check(const xts::BookRow& row) {
    quantity(row.size);
    price(row.price);
  }
  static void check(const xts::Touchline& touchline) {
    check(touchline.bid);
    check(touchline.ask);
    for (const Decimal value : {touchline.last_quantity, touchline.total_buy, touchline.total_sell, touchline.volume}) quantity(value);
    for (const Decimal value : {touchline.last_price, touchline.average, touchline.percent_change, touchline.open, touchline.high, touchline.low,
                                touchline.close, touchline.turnover}) {
      price(value);
    }
    require(touchline.last_trade_time >= 0 && touchline.last_update_time >= 0);
  }
  static void quantity(Decimal value) { require(value.mantissa >= 0 && value.exponent == 0); }
  static void price(Decimal value) {
    if (!value.present()) return;
    char text[kDecimalTextMax];
    const auto read = parse_decimal({text, static_cast<std::size_t>(write_decimal(value, text) - text)});
    require(read.ok() && read->mantissa == value.mantissa && read->exponent == value.exponent);
  }
};

void fuzz_socket(std::string_view text) {
  const auto packet = xts::parse_packet(text);
  if (!packet.ok()) return;
  require(packet->attachments <= xts::kAttachmentsMax && packet->name_space.starts_with('/'));
  require_within(packet->payload, text);
  const auto event = xts::split_event(packet->payload);
  if (!event.ok()) return;
  require(!event->name.empty());
  require_within(event->name, packet->payload);
  if (!event->argument.empty()) require_within(event->argument, packet->payload);
}

void fuzz_polling(std::string_view body) {
  xts::PollingReader reader{body};
  std::size_t taken = 0;
  for (std::string_view packet; reader.next(packet);) {
    require(!packet.empty());
    require_within(packet, body);
    taken += packet.size() + 2;
    fuzz_socket(packet);
  }
  require(taken <= body.size());
}

void fuzz_open(std::string_view payload) {
  const auto open = xts::parse_open(payload);
  if (!open.ok()) return;
  require(!open->sid.empty() && open->ping_interval_ms >= 0 && open->ping_interval_ms <= xts::kIntervalMaxMs);
  require(open->ping_timeout_ms >= 0 && open->ping_timeout_ms <= xts::kIntervalMaxMs);
}

void fuzz_attachment(std::string_view attachment) {
  constexpr std::size_t kSmallestPacket = 17;  // a compressed one of an unknown code, whose body is empty
  static xts::PacketReader reader;
  CheckingSink sink;
  reader.read(attachment, sink);
  const std::size_t seen = sink.messages + sink.unknown + sink.bad;
  require(seen >= 1 && seen <= attachment.size() / kSmallestPacket + 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text{reinterpret_cast<const char*>(data + 1), size - 1};
  switch (data[0] % 5) {
    case 0:
      fuzz_socket(text);
      break;
    case 1:
      fuzz_polling(text);
      break;
    case 2:
      fuzz_open(text);
      break;
    default:
      fuzz_attachment(text);
  }
  return 0;
}
