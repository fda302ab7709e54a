// Distinct integer types for the things the gateway counts, so that mixing them does not compile.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace tidegate {

template <class Tag, class Rep>
class Id {
 public:
  constexpr Id() = default;
  constexpr explicit Id(Rep value) : value_(value) {}
  [[nodiscard]] constexpr Rep value() const { return value_; }
  friend constexpr auto operator<=>(Id, Id) = default;

 private:
  Rep value_{};
};

/// A configured broker: the position of its key under `brokers:`.
using BrokerId = Id<struct BrokerTag, std::uint16_t>;
/// One socket slot of one broker (a shard keeps its slot over reconnects).
using ConnectionId = Id<struct ConnectionTag, std::uint16_t>;
/// One traded thing, numbered by the catalog from zero; never reused within a process.
using InstrumentId = Id<struct InstrumentTag, std::uint32_t>;
/// One client connection.
using SubscriberId = Id<struct SubscriberTag, std::uint64_t>;

inline constexpr InstrumentId kNoInstrument{0xFFFF'FFFFU};

}  // namespace tidegate

template <class Tag, class Rep>
struct std::hash<tidegate::Id<Tag, Rep>> {
  std::size_t operator()(tidegate::Id<Tag, Rep> id) const noexcept { return std::hash<Rep>{}(id.value()); }
};
