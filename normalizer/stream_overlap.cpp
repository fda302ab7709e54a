#include "normalizer/stream_overlap.hpp"

#include <algorithm>
#include <utility>

namespace tidegate {
namespace {

/// A hash of numbers, made for speed: these are compared within one stream and some seconds. Each is mixed with its position alone, and the results
/// are added up, so that no step waits for the one before.
class Content {
 public:
  Content& add(std::uint64_t word) {
    position_ += 0x9E37'79B9'7F4A'7C15U;
    const std::uint64_t mixed = (word ^ position_) * 0xD6E8'FEB8'6659'FD93U;
    state_ += mixed ^ mixed >> 32U;
    return *this;
  }
  Content& add(std::int64_t number) { return add(static_cast<std::uint64_t>(number)); }
  Content& add(UtcTime time) { return add(time.ns); }
  Content& add(Decimal value) {
    return add(static_cast<std::uint64_t>(value.mantissa) ^ static_cast<std::uint64_t>(static_cast<std::uint8_t>(value.exponent)) << 56U);
  }
  [[nodiscard]] std::uint64_t value() const { return state_ == 0 ? 1 : state_; }

 private:
  std::uint64_t position_ = 0;
  std::uint64_t state_ = 0;
};

}  // namespace

void StreamOverlap::remember(std::uint64_t content, UtcTime ts, MonoTime received) {
  if (ts.known() && (!newest_.known() || ts > newest_)) newest_ = ts;
  if (remembered_.size() == kRememberedMax) remembered_.pop_front();
  remembered_.push_back({content, received});
  last_content_ = 0;  // the successor begins later than that
}

bool StreamOverlap::repeats(std::uint64_t content, UtcTime ts, MonoTime received) {
  if (content == std::exchange(last_content_, 0)) return true;
  const auto same = std::find_if(remembered_.begin(), remembered_.end(), [&](const Remembered& one) {
    return one.content == content && received - one.received < kSkewMax && one.received - received < kSkewMax;
  });
  if (same != remembered_.end()) {
    remembered_.erase(remembered_.begin(), same + 1);
    return true;
  }
  return ts.known() && newest_.known() && ts < newest_;
}

std::uint64_t content_of(const TradeUpdate& update) {
  Content content;
  content.add(update.price).add(update.quantity).add(static_cast<std::uint64_t>(update.side)).add(update.ts_event);
  return content.add(update.evidence.day_volume).add(update.evidence.last_trade_time).value();
}

std::uint64_t content_of(const QuoteUpdate& update) {
  return Content{}.add(update.bid_price).add(update.bid_size).add(update.ask_price).add(update.ask_size).add(update.ts_event).value();
}

std::uint64_t content_of(const DepthUpdate& update) {
  Content content;
  content.add(update.ts_event).add(static_cast<std::uint64_t>(update.bids.size()));
  for (const auto side : {update.bids, update.asks}) {
    for (const LevelUpdate& level : side) content.add(level.price).add(level.quantity).add(static_cast<std::uint64_t>(level.orders));
  }
  return content.value();
}

std::uint64_t content_of(const TickerUpdate& update) {
  Content content;
  content.add(static_cast<std::uint64_t>(update.present) << 32U | update.cleared).add(update.last_trade_time).add(update.ts_event);
  for (std::size_t i = 0; i < kTickerFieldCount; ++i) {
    if ((update.present >> i & 1U) != 0) content.add(update.values[i]);
  }
  return content.value();
}

std::uint64_t content_of(const CandleUpdate& update) {
  Content content;
  content.add(update.open_time).add(update.open).add(update.high).add(update.low).add(update.close).add(update.volume);
  return content.add(static_cast<std::uint64_t>(update.closed)).add(update.ts_event).value();
}

}  // namespace tidegate
