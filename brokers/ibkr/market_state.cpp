#include "brokers/ibkr/market_state.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace tidegate::ibkr {
namespace {

/// The second copy of a snapshot follows the first within a few milliseconds.
constexpr Duration kCopyWindow = std::chrono::seconds{2};

/// The first letter of 6509. docs/protocols/ibkr.md#availability
DataAccess access_of(std::string_view availability) {
  switch (availability.front()) {
    case 'R':
      return DataAccess::RealTime;
    case 'D':
      return DataAccess::Delayed;
    case 'Z':
      return DataAccess::Frozen;
    case 'Y':
      return DataAccess::DelayedFrozen;
    case 'N':
    case 'O':
      return DataAccess::NotEntitled;
    default:
      return DataAccess::Unstated;
  }
}

bool is_frozen(DataAccess access) { return access == DataAccess::Frozen || access == DataAccess::DelayedFrozen; }

}  // namespace

Merged MarketState::merge(const MarketData& data, UtcTime received) {
  Merged merged;
  if (data.updated.known()) updated_ = data.updated;
  const DataAccess access = next_access(data);
  merged.access_changed = access != access_;
  // What was known under worse access must not go on as if it were better: delayed prices unflagged, say.
  if (gives_nothing(access) || (is_delayed(access_) && !is_delayed(access))) forget_values();
  access_ = access;
  if (gives_nothing(access)) return merged;

  const bool answer = answers_a_request(data, received);
  const ValueSet changed = take_over(data);
  if (changed != 0 || answer) merged.told = data.sent | changed;
  if (const auto trading = next_trading(); trading && trading != trading_) merged.trading_changed = trading_ = trading;
  return merged;
}

Flags MarketState::flags() const {
  Flags flags = is_delayed(access_) ? Flags::Delayed : Flags::None;
  if (is_frozen(access_)) flags |= Flags::Stale;
  return flags;
}

ValueSet MarketState::take_void() { return std::exchange(void_, 0); }

DataAccess MarketState::next_access(const MarketData& data) const {
  if (!data.availability.empty()) return access_of(data.availability);
  if (data.unknown_contract) return DataAccess::NoInstrument;
  // Where data comes after all, it speaks for itself.
  const bool any = std::any_of(data.values.begin(), data.values.end(), [](Decimal value) { return value.present(); });
  return gives_nothing(access_) && any ? DataAccess::Unstated : access_;
}

/// The availability stands in whole snapshots, and otherwise only where it changes. A snapshot is told even where it repeats what is known, since
/// whoever asked for it may know nothing; its copy is not.
bool MarketState::answers_a_request(const MarketData& data, UtcTime received) {
  if (data.availability.empty()) return false;
  const bool later = received.known() && snapshot_received_.known() && received.ns - snapshot_received_.ns > kCopyWindow.count();
  if (snapshot_updated_.known() && snapshot_updated_ == data.updated && !later) return false;
  snapshot_updated_ = data.updated;
  snapshot_received_ = received;
  return true;
}

void MarketState::forget_values() {
  values_ = {};
  mark_ = PriceMark::None;
  close_from_last_ = false;
  void_ = kAllValues;
  trading_.reset();
}

/// Returns what changed by it.
ValueSet MarketState::take_over(const MarketData& data) {
  ValueSet changed = 0;
  const auto set = [&](Value field, Decimal value) {
    Decimal& known = values_[static_cast<std::size_t>(field)];
    if (known == value) return;
    known = value;
    changed |= bit(field);
  };
  for (std::size_t i = 0; i < kValueCount; ++i) {
    const auto field = static_cast<Value>(i);
    if (holds(data.sent, field)) set(field, data.values[i]);
  }
  if (holds(data.sent, Value::PreviousClose)) close_from_last_ = false;
  if (holds(data.sent, Value::Last)) {
    if (std::exchange(mark_, data.mark) != mark_) changed |= bit(Value::Last);
    const bool close_known = value(Value::PreviousClose).present() && !close_from_last_;
    if (mark_ == PriceMark::PreviousClose && !close_known) {
      set(Value::PreviousClose, value(Value::Last));
      close_from_last_ = true;
    }
  }
  return changed;
}

/// A price without a mark says that there is no halt; of a closed market it says nothing, but that a halt is over.
std::optional<TradingState> MarketState::next_trading() const {
  if (!value(Value::Last).present() || mark_ == PriceMark::PreviousClose) return trading_;
  if (mark_ == PriceMark::Halted) return TradingState::Halted;
  return is_frozen(access_) && !trading_ ? trading_ : TradingState::Trading;
}

}  // namespace tidegate::ibkr
