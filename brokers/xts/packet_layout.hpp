// Where the fields of packed packets lie, in the two widths that servers use. docs/protocols/xts.md#packets
#pragma once

#include <cstddef>
#include <cstdint>

namespace tidegate::xts {

inline constexpr std::size_t kPacketHeadBytes = 15;
inline constexpr std::size_t kCompressedHeadBytes = 17;
inline constexpr std::size_t kBodyHeaderBytes = 40;

/// The widths of quantities.
struct Narrow {
  using Quantity = std::int32_t;  // of a row, of the last trade, open interest
  using Total = std::uint32_t;    // of the book, of the day
};
struct Wide {
  using Quantity = std::int64_t;
  using Total = std::int64_t;
};

/// Offsets within a row of the book, the touchline and the content of an open interest packet, each from its own begin.
template <class Width>
struct Layout {
  using Quantity = typename Width::Quantity;
  using Total = typename Width::Total;

  static constexpr std::size_t kRowPrice = sizeof(Quantity);
  static constexpr std::size_t kRowOrders = kRowPrice + 8;
  static constexpr std::size_t kRowBytes = kRowOrders + 4 + 2;  // and a flag

  static constexpr std::size_t kBid = 0;
  static constexpr std::size_t kAsk = kBid + kRowBytes;
  static constexpr std::size_t kLastUpdateTime = kAsk + kRowBytes;
  static constexpr std::size_t kLastPrice = kLastUpdateTime + 8;
  static constexpr std::size_t kLastQuantity = kLastPrice + 8;
  static constexpr std::size_t kTotalBuy = kLastQuantity + sizeof(Quantity);
  static constexpr std::size_t kTotalSell = kTotalBuy + sizeof(Total);
  static constexpr std::size_t kVolume = kTotalSell + sizeof(Total);
  static constexpr std::size_t kAverage = kVolume + sizeof(Total);
  static constexpr std::size_t kLastTradeTime = kAverage + 8;
  static constexpr std::size_t kPercentChange = kLastTradeTime + 8;
  static constexpr std::size_t kOpen = kPercentChange + 8;
  static constexpr std::size_t kHigh = kOpen + 8;
  static constexpr std::size_t kLow = kHigh + 8;
  static constexpr std::size_t kClose = kLow + 8;
  static constexpr std::size_t kTurnover = kClose + 8;
  static constexpr std::size_t kBookType = kTurnover + 8 + 2 + 2;  // behind two fields of buy-backs
  static constexpr std::size_t kMarketType = kBookType + 2;
  static constexpr std::size_t kTouchlineBytes = kMarketType + 2;

  /// 1502: a count and the bids, a count and the asks, the touchline.
  static constexpr std::size_t depth_bytes(std::size_t bids, std::size_t asks) { return 8 + (bids + asks) * kRowBytes + kTouchlineBytes; }

  static constexpr std::size_t kInterestMarketType = 0;
  static constexpr std::size_t kOpenInterest = 2;
  static constexpr std::size_t kHasName = kOpenInterest + sizeof(Quantity) + 2 + 8;  // behind the underlying's segment and id
  static constexpr std::size_t kNameLength = kHasName + 1;                           // only where there is a name
  static constexpr std::size_t kNamelessBytes = kHasName + 1 + sizeof(Quantity);
  static constexpr std::size_t kNamedBytes = kNamelessBytes + 1;  // and those of the name
};

static_assert(kBodyHeaderBytes + Layout<Narrow>::kTouchlineBytes == 180 && kBodyHeaderBytes + Layout<Wide>::kTouchlineBytes == 204);
static_assert(kBodyHeaderBytes + Layout<Narrow>::depth_bytes(5, 5) == 368 && kBodyHeaderBytes + Layout<Wide>::depth_bytes(5, 5) == 432);
static_assert(kBodyHeaderBytes + Layout<Narrow>::kNamelessBytes == 61 && kBodyHeaderBytes + Layout<Wide>::kNamelessBytes == 69);

}  // namespace tidegate::xts
