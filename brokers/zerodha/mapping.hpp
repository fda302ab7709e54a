// Kite Connect's packets as the gateway's updates: scales, times, and which zeros are values. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "brokers/zerodha/messages.hpp"
#include "gateway/core/update.hpp"

namespace tidegate::zerodha {

/// The levels of a full packet that hold something, in the broker's order, best first.
struct BookLevels {
  std::array<LevelUpdate, kDepthEntries> buy, sell;
  std::size_t buy_count = 0, sell_count = 0;

  [[nodiscard]] std::span<const LevelUpdate> bids() const { return {buy.data(), buy_count}; }
  [[nodiscard]] std::span<const LevelUpdate> asks() const { return {sell.data(), sell_count}; }
};
/// Overwrites `levels`.
void read_levels(const FullPacket& packet, BookLevels& levels);

/// Only what that packet carries is set; what its zeros say is not there is cleared.
[[nodiscard]] TickerUpdate to_ticker(const LtpPacket& packet);
[[nodiscard]] TickerUpdate to_ticker(const IndexPacket& packet);
[[nodiscard]] TickerUpdate to_ticker(const QuotePacket& packet);
[[nodiscard]] TickerUpdate to_ticker(const FullPacket& packet, const BookLevels& levels);

/// The last trade, with the evidence that tells whether it is a new one. A quote packet has no time of it.
[[nodiscard]] TradeUpdate to_trade(const QuotePacket& packet);
[[nodiscard]] TradeUpdate to_trade(const FullPacket& packet);

[[nodiscard]] QuoteUpdate to_quote(const FullPacket& packet, const BookLevels& levels);
/// Views into `levels`.
[[nodiscard]] DepthUpdate to_depth(const FullPacket& packet, const BookLevels& levels);

}  // namespace tidegate::zerodha
