// Frames as Binance spot sends them, made from the shapes in docs/protocols/binance.md with numbers that vary and sequences that chain.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "gateway/core/frame.hpp"

namespace tidegate::bench {

/// Makes the mix that was counted in recordings: 68 % bookTicker, 24 % trade, 8 % depth with about 20 changed levels, over 20 symbols.
class FrameMaker {
 public:
  FrameMaker();

  /// Overwrites `frames` with the next ones, so that no pass repeats the numbers of another; the strings keep their memory.
  void fill(std::vector<RawFrame>& frames);
  /// A REST book of every symbol, to which the depth frames made from now on chain.
  [[nodiscard]] std::vector<RawFrame> snapshots();
  [[nodiscard]] std::vector<std::string> symbols() const;

 private:
  struct Market {
    std::string symbol, stream;  // "BTCUSDT", "btcusdt"
    std::int64_t middle = 0;     // in ticks of 0.01: bids below, asks above
    std::uint64_t update_id = 0;
    std::uint64_t depth_id = 0;  // the update the last depth frame ended with
    std::uint64_t trade_id = 0;
  };

  std::uint64_t below(std::uint64_t bound);
  void book_ticker(Market& market, std::string& out);
  void trade(Market& market, std::string& out);
  void depth(Market& market, std::string& out);
  void levels(std::int64_t best, std::int64_t step, std::uint64_t count, std::string& out);

  std::mt19937_64 random_{7};
  std::vector<Market> markets_;
  std::int64_t time_ms_ = 1'767'225'600'000;
};

}  // namespace tidegate::bench
