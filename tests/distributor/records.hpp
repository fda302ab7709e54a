// Records and instruments for the distributor's tests.
#pragma once

#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "distributor/encoder.hpp"
#include "gateway/core/catalog.hpp"
#include "gateway/core/market_data.hpp"

namespace tidegate::test {

inline constexpr InstrumentId kBtc{0};
inline constexpr InstrumentId kEth{1};
inline constexpr InstrumentId kBtcFuture{2};
inline constexpr BrokerId kBinance{0};

/// BINANCE:BTCUSDT, BINANCE:ETHUSDT, BINANCE-USDM:BTCUSDT, then BINANCE:X0, BINANCE:X1, ...
inline std::shared_ptr<const Catalog> make_catalog(std::size_t extra = 0) {
  std::vector<Instrument> instruments(3 + extra);
  for (std::size_t i = 0; i < instruments.size(); ++i) {
    instruments[i].venue = i == 2 ? "BINANCE-USDM" : "BINANCE";
    instruments[i].name = i == 1 ? "ETHUSDT" : i < 3 ? "BTCUSDT" : "X" + std::to_string(i - 3);
    instruments[i].status = "TRADING";
    instruments[i].tick_size = {1, -2};
  }
  return Catalog::with_list(nullptr, kBinance, instruments);
}

template <class Record>
Record record(InstrumentId instrument, Channel channel, std::uint64_t seq) {
  Record made = make_record<Record>(instrument, channel);
  made.header.seq = seq;
  made.header.price_exponent = -2;
  made.header.quantity_exponent = -3;
  made.header.ts_event = UtcTime{1'700'000'000'123'000'000};
  made.header.ts_received = UtcTime{1'700'000'000'123'456'789};
  return made;
}

inline Trade trade(InstrumentId instrument, std::uint64_t seq, std::int64_t price = 6'543'210) {
  Trade made = record<Trade>(instrument, Channel::Trade, seq);
  made.price = price;
  made.quantity = 1'500;
  made.trade_id = 72'057'594'037'927'935;
  made.side = static_cast<std::uint64_t>(Side::Buy);
  return made;
}

inline Quote quote(InstrumentId instrument, std::uint64_t seq) {
  Quote made = record<Quote>(instrument, Channel::Quote, seq);
  made.bid = {6'543'200, 2'000};
  made.ask = {6'543'300, 0};
  return made;
}

inline State state(InstrumentId instrument, Channel channel, StreamState what, std::string_view reason = "", std::uint16_t code = 0) {
  State made = record<State>(instrument, channel, 0);
  made.state = what;
  made.code = code;
  set_text(made.reason, reason);
  return made;
}

inline Gap gap(InstrumentId instrument, Channel channel, std::uint64_t from, std::uint64_t to) {
  Gap made = record<Gap>(instrument, channel, from);
  made.to_seq = to;
  return made;
}

inline BrokerStatus broker_status(BrokerState what, std::string_view reason = "") {
  BrokerStatus made = make_record<BrokerStatus>(kNoInstrument, Channel::Status);
  made.header.ts_received = UtcTime{1'700'000'000'000'000'000};
  made.state = what;
  set_text(made.reason, reason);
  return made;
}

inline MarketStatus market_status(std::string_view venue, std::string_view message) {
  MarketStatus made = make_record<MarketStatus>(kNoInstrument, Channel::Status);
  made.header.ts_event = UtcTime{1'699'999'999'000'000'000};
  made.header.ts_received = UtcTime{1'700'000'000'000'000'000};
  set_text(made.venue, venue);
  set_text(made.message, message);
  return made;
}

/// A book record with `levels` a side, in memory of its own.
class Book {
 public:
  Book(InstrumentId instrument, std::uint64_t seq, std::uint16_t levels, bool with_orders = false)
      : words_(sizeof(Depth) / 8 + 2 * levels * sizeof(DepthLevel) / 8) {
    Depth head = record<Depth>(instrument, Channel::OrderBook, seq);
    head.header.size_words = static_cast<std::uint16_t>(words_.size());
    head.bid_count = levels;
    head.ask_count = levels;
    std::memcpy(words_.data(), &head, sizeof head);
    std::vector<DepthLevel> all;
    for (int i = 0; i < levels; ++i) all.push_back({10'000 - i, 1'000 + i, with_orders ? 3 : kNoOrders, 0});
    for (int i = 0; i < levels; ++i) all.push_back({10'001 + i, 2'000 + i, with_orders ? 4 : kNoOrders, 0});
    if (!all.empty()) std::memcpy(words_.data() + sizeof head / 8, all.data(), all.size() * sizeof(DepthLevel));
  }
  [[nodiscard]] const RecordHeader& header() const { return *reinterpret_cast<const RecordHeader*>(words_.data()); }

 private:
  std::vector<std::uint64_t> words_;
};

struct FixedNames : distributor::Names {
  [[nodiscard]] std::string_view symbol(InstrumentId instrument) const override {
    ++asked;
    return instrument == kBtc ? btc : std::string_view("BINANCE:ETHUSDT");
  }
  [[nodiscard]] std::string_view broker(BrokerId) const override { return "binance"; }
  std::string_view btc = "BINANCE:BTCUSDT";
  mutable int asked = 0;
};

}  // namespace tidegate::test
