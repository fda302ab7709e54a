// The last values of each stream, merged from messages that bring what changed. docs/protocols/ibkr.md#merging
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "brokers/ibkr/fields.hpp"
#include "brokers/ibkr/messages.hpp"
#include "gateway/core/market_data.hpp"
#include "gateway/core/time.hpp"
#include "gateway/core/update.hpp"

namespace tidegate::ibkr {

/// What one message did to a state.
struct Merged {
  ValueSet told = 0;                            // fields that it spoke of, as far as they are news
  bool access_changed = false;                  // to MarketState::access
  std::optional<TradingState> trading_changed;  // to what
};

class MarketState {
 public:
  /// `received` tells the second copy of a snapshot from an answer to another request. docs/protocols/ibkr.md#snapshots
  Merged merge(const MarketData& data, UtcTime received);

  /// Absent where nothing is known, or the broker said that there is none.
  [[nodiscard]] Decimal value(Value value) const { return values_[static_cast<std::size_t>(value)]; }
  [[nodiscard]] PriceMark mark() const { return mark_; }  // of Value::Last
  [[nodiscard]] DataAccess access() const { return access_; }
  /// What the access means for records: Delayed, Stale.
  [[nodiscard]] Flags flags() const;
  /// Fields of which earlier messages, or an earlier connection, may have told what no longer holds. Forgets them.
  [[nodiscard]] ValueSet take_void();
  [[nodiscard]] UtcTime updated() const { return updated_; }

 private:
  [[nodiscard]] DataAccess next_access(const MarketData& data) const;
  [[nodiscard]] bool answers_a_request(const MarketData& data, UtcTime received);
  void forget_values();
  ValueSet take_over(const MarketData& data);
  [[nodiscard]] std::optional<TradingState> next_trading() const;

  std::array<Decimal, kValueCount> values_{};
  ValueSet void_ = kAllValues;
  PriceMark mark_ = PriceMark::None;
  bool close_from_last_ = false;  // Value::PreviousClose came as a marked last price
  DataAccess access_ = DataAccess::Unstated;
  std::optional<TradingState> trading_;  // none: not known
  UtcTime updated_;
  UtcTime snapshot_updated_;  // of the last snapshot that was told
  UtcTime snapshot_received_;
};

/// Every stream's state, up to a number beyond which the one that was quiet longest is forgotten. Allocates for a stream's first message only.
template <class State>
class StreamStates {
 public:
  explicit StreamStates(std::size_t streams_max) : streams_max_(streams_max) {}

  State& of(std::string_view stream) {
    auto found = states_.find(stream);
    if (found == states_.end()) {
      if (states_.size() == streams_max_) forget_quietest();
      found = states_.emplace(std::string{stream}, Entry{}).first;
    }
    found->second.used_at = ++uses_;
    return found->second.state;
  }
  [[nodiscard]] const State* find(std::string_view stream) const {
    const auto found = states_.find(stream);
    return found == states_.end() ? nullptr : &found->second.state;
  }
  [[nodiscard]] std::size_t size() const { return states_.size(); }
  void clear() { states_.clear(); }

 private:
  struct Entry {
    State state;
    std::uint64_t used_at = 0;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  void forget_quietest() {
    auto quietest = states_.begin();
    for (auto entry = states_.begin(); entry != states_.end(); ++entry) {
      if (entry->second.used_at < quietest->second.used_at) quietest = entry;
    }
    states_.erase(quietest);
  }

  std::size_t streams_max_;
  std::uint64_t uses_ = 0;
  std::unordered_map<std::string, Entry, Hash, std::equal_to<>> states_;
};

}  // namespace tidegate::ibkr
