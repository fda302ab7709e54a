// The venue's payloads, written field for field in the order of its samples. Amounts go from whole ticks and lots to decimal text.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "tools/sim/binance/market.hpp"
#include "tools/sim/binance/streams.hpp"

namespace tidegate::sim::binance {

/// What all payloads of one stream have in common.
struct Encoding {
  Market market = Market::Spot;
  bool microseconds = false;  // spot connections may ask for it
  std::int64_t now_us = 0;    // `E`

  [[nodiscard]] std::int64_t time(std::int64_t us) const { return microseconds ? us : us / 1000; }
  [[nodiscard]] bool usdm() const { return market == Market::Usdm; }
};

void encode_trade(std::string& out, const Encoding& encoding, const SymbolMarket& market, const MarketTrade& trade);
void encode_agg_trade(std::string& out, const Encoding& encoding, const SymbolMarket& market, const MarketAggTrade& trade);
void encode_book_ticker(std::string& out, const Encoding& encoding, const SymbolMarket& market);

/// Changed prices of one depth event; quantities are read from the book.
struct DepthEvent {
  std::int64_t first_id = 0, last_id = 0, previous_id = 0;
  std::span<const std::int64_t> bids, asks;  // ascending prices
};
void encode_depth(std::string& out, const Encoding& encoding, const SymbolMarket& market, const DepthEvent& event);
/// The whole top; `first_id` and `previous_id` only appear on USD-M.
void encode_partial_depth(std::string& out, const Encoding& encoding, const SymbolMarket& market, std::size_t levels, std::int64_t first_id,
                          std::int64_t previous_id);
void encode_kline(std::string& out, const Encoding& encoding, const SymbolMarket& market, std::size_t interval, const Candle& candle, bool closed);
void encode_mini_ticker(std::string& out, const Encoding& encoding, const SymbolMarket& market);
void encode_ticker(std::string& out, const Encoding& encoding, const SymbolMarket& market);
void encode_window_ticker(std::string& out, const Encoding& encoding, const SymbolMarket& market, std::string_view window, std::int64_t minutes);
void encode_avg_price(std::string& out, const Encoding& encoding, const SymbolMarket& market);
void encode_mark_price(std::string& out, const Encoding& encoding, const SymbolMarket& market);

/// `[["price","quantity"],...]`, best first, at most `limit`.
void append_levels(std::string& out, const SymbolMarket& market, BookSide side, std::size_t limit);
/// turnover / volume, rounded down to 1e-8.
[[nodiscard]] Wide average_price(const Candle& candle);
/// (last - first) / first in units of 1e-8 percent.
[[nodiscard]] Wide change_percent(std::int64_t first, std::int64_t last);

}  // namespace tidegate::sim::binance
