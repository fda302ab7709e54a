// The generated market under the broker's instrument numbers, and the bars of its last hour.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "tools/sim/common/exchange.hpp"
#include "tools/sim/xts/instruments.hpp"
#include "tools/sim/xts/messages.hpp"

namespace tidegate::sim::xts {

struct MarketOptions {
  std::uint64_t seed = 1;
  ExchangeOptions exchange;
};

class Market {
 public:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  static constexpr std::size_t kBarsKept = 60;

  Market(const std::vector<Row>& rows, const MarketOptions& options, std::int64_t utc_us);

  void add(const Row& row, std::int64_t utc_us);
  void step(std::int64_t utc_us) { exchange_.step(utc_us); }
  /// Ends every bar.
  void end_bars(std::int64_t end_s);

  [[nodiscard]] std::size_t find(InstrumentKey key) const;
  [[nodiscard]] std::size_t size() const { return rows_.size(); }
  [[nodiscard]] const Row& row(std::size_t index) const { return rows_[index]; }
  [[nodiscard]] const Figures& figures(std::size_t index) const { return exchange_.figures(index); }
  [[nodiscard]] const Figures& before(std::size_t index) const { return exchange_.before(index); }
  [[nodiscard]] unsigned changes(std::size_t index) const { return exchange_.changes(index); }
  /// The latest, oldest first.
  [[nodiscard]] const std::deque<Candle>& candles(std::size_t index) const { return candles_[index]; }

 private:
  std::uint64_t seed_;
  Exchange exchange_;
  std::vector<Row> rows_;  // by the exchange's index
  std::vector<std::deque<Candle>> candles_;
  std::map<InstrumentKey, std::size_t> places_;
};

}  // namespace tidegate::sim::xts
