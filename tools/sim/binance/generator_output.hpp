// What the generated feed remembers of each symbol and of each stream that somebody receives. Private to generator*.cpp.
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "tools/sim/binance/generator.hpp"

namespace tidegate::sim::binance {

struct GeneratedFeed::Symbol {
  Symbol(const SymbolSpec& spec, std::uint64_t seed, UpdateIds* shared_ids, std::int64_t now_us)
      : own_ids(static_cast<std::int64_t>(1'000'000 + seed % 80'000'000'000ULL), false),
        market(spec, seed, shared_ids != nullptr ? *shared_ids : own_ids, now_us) {}

  UpdateIds own_ids;
  SymbolMarket market;
  std::vector<Output*> outputs;
  std::int64_t owed_thousandths = 0;  // of an action
};

struct GeneratedFeed::Output {
  Topic* topic = nullptr;
  Symbol* symbol = nullptr;  // null: all symbols
  std::int64_t next_due_us = 0;

  // Depth: what changed since the last event.
  std::int64_t first_id = 0;  // 0: nothing
  std::int64_t previous_id = 0;
  std::vector<std::int64_t> bids, asks;

  // Klines: the candle that was last shown.
  std::int64_t candle_open_ms = 0;
  std::int64_t candle_count = 0;

  std::map<const Symbol*, std::int64_t> sent_marks;  // all symbols: what each showed last

  void restart(std::int64_t update_id) {
    previous_id = update_id;
    first_id = 0;
    bids.clear();
    asks.clear();
  }
};

}  // namespace tidegate::sim::binance
