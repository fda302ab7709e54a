// The last values of one session's instruments, which Partial texts change and snapshots begin. docs/protocols/xts.md#partial
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "brokers/xts/messages.hpp"
#include "brokers/xts/partial_text.hpp"

namespace tidegate::xts {

/// All that is known of one instrument from messages of one code.
struct PartialInstrument {
  PartialValues values;
  bool changed_by_text = false;  // since its last whole message
};

/// One entry for each instrument and code that was heard of. One thread.
class PartialState {
 public:
  /// Far more than a login may subscribe to; a hostile broker costs no more memory than this.
  static constexpr std::size_t kInstrumentsMax = 20'000;

  /// Another session, another life.
  void clear() { instruments_.clear(); }
  /// Null: there are too many.
  [[nodiscard]] PartialInstrument* find_or_add(std::uint32_t code, std::uint32_t segment, std::uint64_t instrument);

 private:
  struct Key {
    std::uint64_t instrument;
    std::uint32_t segment, code;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const noexcept;
  };
  std::unordered_map<Key, PartialInstrument, Hash> instruments_;
};

/// A whole message came on the session's own socket, so it is newer than all before it.
void take_event(PartialInstrument& known, const PartialValues& whole);
/// A whole message came by REST, beside the socket: it may be older than texts that were applied already. By the last update time a later one
/// replaces what is known, any other only fills in what is not. True: it replaced it.
bool take_snapshot(PartialInstrument& known, const PartialValues& whole);

/// A whole message's values.
[[nodiscard]] PartialValues to_values(const TouchlineMessage& message);
[[nodiscard]] PartialValues to_values(const DepthMessage& message);
[[nodiscard]] PartialValues to_values(const LastPriceMessage& message);

/// What is known as the message that would say it all. Unknown values are absent, unknown rows have no price. Views into `values`.
[[nodiscard]] TouchlineMessage to_touchline(const Header& header, const PartialValues& values);
[[nodiscard]] DepthMessage to_depth(const Header& header, const PartialValues& values);
[[nodiscard]] CandleMessage to_candle(const Header& header, const PartialValues& values);
[[nodiscard]] LastPriceMessage to_last_price(const Header& header, const PartialValues& values);

}  // namespace tidegate::xts
