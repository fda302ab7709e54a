#include "tools/bench/simdjson_decoders.hpp"

#ifdef TIDEGATE_BENCH_SIMDJSON
#include <simdjson.h>

#include <vector>

#include "brokers/binance/mapping.hpp"
#include "brokers/common/decimal_reader.hpp"
#endif

namespace tidegate::bench {

#ifdef TIDEGATE_BENCH_SIMDJSON
namespace {

namespace dom = simdjson::dom;
namespace ondemand = simdjson::ondemand;

Decimal decimal(std::string_view text) {
  const Result<Decimal> read = common::read_decimal(text);
  return read ? *read : throw simdjson::simdjson_error(simdjson::NUMBER_ERROR);
}
UtcTime milliseconds(std::int64_t count) { return UtcTime{count * 1'000'000}; }

/// Reads a frame by simdjson's own exceptions: here all frames are good.
template <class Reader>
class SimdjsonDecoder final : public Decoder {
 public:
  Decoded decode(const RawFrame& frame, UpdateSink& sink) override {
    try {
      reader_.read(simdjson::padded_string_view{frame.bytes.data(), frame.bytes.size(), frame.bytes.capacity()}, sink);
      return {.updates = 1};
    } catch (const simdjson::simdjson_error&) {
      return {.bad = 1};
    }
  }

 private:
  Reader reader_;
};

/// Members of one message, whichever interface has read it; designated initializers ask for them in the venue's order.
template <class Object>
binance::BookTicker book_ticker(Object& data) {
  binance::BookTicker ticker{};
  ticker.update_id = data["u"].get_uint64();
  ticker.symbol = data["s"].get_string();
  ticker.bid_price = decimal(data["b"].get_string());
  ticker.bid_quantity = decimal(data["B"].get_string());
  ticker.ask_price = decimal(data["a"].get_string());
  ticker.ask_quantity = decimal(data["A"].get_string());
  return ticker;
}

template <class Object>
binance::Trade trade(Object& data) {
  binance::Trade trade{};
  trade.symbol = data["s"].get_string();
  trade.id = data["t"].get_uint64();
  trade.price = decimal(data["p"].get_string());
  trade.quantity = decimal(data["q"].get_string());
  trade.trade_time = milliseconds(data["T"].get_int64());
  trade.buyer_is_maker = data["m"].get_bool();
  return trade;
}

template <class Array>
std::span<const LevelUpdate> levels(Array&& side, std::vector<LevelUpdate>& read) {
  read.clear();
  for (auto level : side) {
    Decimal values[2];
    std::size_t count = 0;
    for (auto value : level.get_array()) {
      const std::string_view text = value.get_string();
      if (count < 2) values[count++] = decimal(text);
    }
    if (count < 2) throw simdjson::simdjson_error(simdjson::INDEX_OUT_OF_BOUNDS);
    read.push_back({.price = values[0], .quantity = values[1]});
  }
  return read;
}

struct Sides {
  std::vector<LevelUpdate> bids, asks;
};

template <class Object>
void read_data(std::string_view event, Object& data, Sides& sides, UpdateSink& sink) {
  if (event.empty()) return sink.on_quote(binance::to_update(book_ticker(data)));
  if (event == "trade") return sink.on_trade(binance::to_update(trade(data)));
  binance::DepthEvent depth{};
  depth.event_time = milliseconds(data["E"].get_int64());
  depth.symbol = data["s"].get_string();
  depth.first_update_id = data["U"].get_int64();
  depth.last_update_id = data["u"].get_int64();
  depth.bids = levels(data["b"].get_array(), sides.bids);
  depth.asks = levels(data["a"].get_array(), sides.asks);
  sink.on_depth(binance::to_delta(depth, binance::Market::Spot));
}

class OndemandReader {
 public:
  void read(simdjson::padded_string_view frame, UpdateSink& sink) {
    ondemand::document document = parser_.iterate(frame);
    ondemand::object root = document.get_object();
    const std::string_view stream = root["stream"].get_string();
    ondemand::object data = root["data"].get_object();
    const bool ticker = stream.ends_with("@bookTicker");
    const std::string_view event = ticker ? std::string_view{} : std::string_view{data["e"].get_string()};
    read_data(event, data, sides_, sink);
  }

 private:
  ondemand::parser parser_;
  Sides sides_;
};

class DomReader {
 public:
  void read(simdjson::padded_string_view frame, UpdateSink& sink) {
    const dom::object root = parser_.parse(frame.data(), frame.length(), false).get_object();
    const std::string_view stream = root["stream"].get_string();
    const dom::object data = root["data"].get_object();
    const bool ticker = stream.ends_with("@bookTicker");
    const std::string_view event = ticker ? std::string_view{} : std::string_view{data["e"].get_string()};
    read_data(event, data, sides_, sink);
  }

 private:
  dom::parser parser_;
  Sides sides_;
};

class UnreadDom {
 public:
  void read(simdjson::padded_string_view frame, UpdateSink&) {
    if (parser_.parse(frame.data(), frame.length(), false).error() != simdjson::SUCCESS) throw simdjson::simdjson_error(simdjson::TAPE_ERROR);
  }

 private:
  dom::parser parser_;
};

/// Null on a processor that lacks what this file is compiled for.
template <class Reader>
std::unique_ptr<Decoder> make() {
#if defined(__AVX2__)
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi2")) return nullptr;
#endif
  return std::make_unique<SimdjsonDecoder<Reader>>();
}

}  // namespace

std::unique_ptr<Decoder> make_simdjson_ondemand() { return make<OndemandReader>(); }
std::unique_ptr<Decoder> make_simdjson_dom() { return make<DomReader>(); }
std::unique_ptr<Decoder> make_simdjson_dom_unread() { return make<UnreadDom>(); }

#else

std::unique_ptr<Decoder> make_simdjson_ondemand() { return nullptr; }
std::unique_ptr<Decoder> make_simdjson_dom() { return nullptr; }
std::unique_ptr<Decoder> make_simdjson_dom_unread() { return nullptr; }

#endif

}  // namespace tidegate::bench
