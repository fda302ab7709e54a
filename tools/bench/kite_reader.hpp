// The baseline of Zerodha's decoder: the same fields to the same updates, with no check of anything.
#pragma once

#include <array>
#include <string_view>

#include "brokers/common/byte_reader.hpp"
#include "gateway/core/update.hpp"

namespace tidegate::bench {

/// Reads messages of full packets of the NSE in which every level and every price is there. It asks for no length, takes no zero for "none", and
/// knows one scale of prices. Never for bytes from outside.
class PlainKiteReader {
 public:
  static constexpr std::size_t kPacketBytes = 184;

  void read(std::string_view message, UpdateSink& sink) {
    for (std::size_t at = 2; at < message.size(); at += 2 + kPacketBytes) read_packet(message.data() + at + 2, sink);
  }

 private:
  static constexpr std::size_t kLevels = 5;

  static std::uint32_t word(const char* packet, std::size_t offset) { return common::load_big_endian_32(packet + offset); }
  static Decimal price(const char* packet, std::size_t offset) { return {static_cast<std::int32_t>(word(packet, offset)), -2}; }
  static Decimal quantity(const char* packet, std::size_t offset) { return {word(packet, offset), 0}; }
  static UtcTime time(const char* packet, std::size_t offset) { return UtcTime{std::int64_t{word(packet, offset)} * 1'000'000'000}; }

  static void read_side(const char* packet, std::size_t begin, std::array<LevelUpdate, kLevels>& side) {
    for (std::size_t i = 0; i < kLevels; ++i) {
      const std::size_t level = begin + 12 * i;
      side[i] = {.price = price(packet, level + 4), .quantity = quantity(packet, level), .orders = common::load_big_endian_16(packet + level + 8)};
    }
  }

  void read_packet(const char* packet, UpdateSink& sink) {
    const std::uint32_t token = word(packet, 0);
    const NativeRef instrument{.segment = token & 0xFFU, .token = token};
    const UtcTime now = time(packet, 60), traded = time(packet, 44);
    read_side(packet, 64, bids_);
    read_side(packet, 124, asks_);
    sink.on_quote({.instrument = instrument,
                   .bid_price = bids_[0].price,
                   .bid_size = bids_[0].quantity,
                   .ask_price = asks_[0].price,
                   .ask_size = asks_[0].quantity,
                   .ts_event = now});
    sink.on_depth({.instrument = instrument, .kind = DepthKind::TopLevels, .bids = bids_, .asks = asks_, .may_cross = true, .ts_event = now});
    sink.on_trade({.instrument = instrument,
                   .price = price(packet, 4),
                   .quantity = quantity(packet, 8),
                   .ts_event = traded,
                   .derived = true,
                   .evidence = {.day_volume = word(packet, 16), .last_trade_time = traded}});
    ticker_.instrument = instrument;
    ticker_.derive_change = true;
    ticker_.ts_event = now;
    ticker_.last_trade_time = traded;
    std::uint32_t present = 0;
    const auto set = [&](TickerField field, Decimal value) {
      ticker_.values[static_cast<std::size_t>(field)] = value;
      present |= 1U << static_cast<unsigned>(field);
    };
    set(TickerField::Price, price(packet, 4));
    set(TickerField::LastQuantity, quantity(packet, 8));
    set(TickerField::AveragePrice, price(packet, 12));
    set(TickerField::Volume, quantity(packet, 16));
    set(TickerField::TotalBuyQuantity, quantity(packet, 20));
    set(TickerField::TotalSellQuantity, quantity(packet, 24));
    set(TickerField::OpenPrice, price(packet, 28));
    set(TickerField::HighPrice, price(packet, 32));
    set(TickerField::LowPrice, price(packet, 36));
    set(TickerField::ClosePrice, price(packet, 40));
    set(TickerField::OpenInterest, quantity(packet, 48));
    set(TickerField::BidPrice, bids_[0].price);
    set(TickerField::BidSize, bids_[0].quantity);
    set(TickerField::AskPrice, asks_[0].price);
    set(TickerField::AskSize, asks_[0].quantity);
    ticker_.present = present;
    sink.on_ticker(ticker_);
  }

  std::array<LevelUpdate, kLevels> bids_, asks_;
  TickerUpdate ticker_;  // every packet fills in the same fields
};

}  // namespace tidegate::bench
