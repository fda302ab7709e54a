// What of each instrument should be subscribed at the broker, what was asked for, and what it said. Pure. docs/protocols/xts.md section 3.2
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "brokers/common/request_ledger.hpp"
#include "brokers/xts/messages.hpp"

namespace tidegate::xts {

/// The message codes that are subscribed, in the order in which they are asked for.
inline constexpr std::array<std::uint32_t, 5> kSubscribedCodes = {message_code::kMarketDepth, message_code::kTouchline, message_code::kLastPrice,
                                                                  message_code::kCandle, message_code::kOpenInterest};

/// A set of those codes.
class CodeSet {
 public:
  void add(std::uint32_t code) { bits_ |= bit_of(code); }
  void remove(std::uint32_t code) { bits_ &= static_cast<std::uint8_t>(~bit_of(code)); }
  [[nodiscard]] bool has(std::uint32_t code) const { return (bits_ & bit_of(code)) != 0; }
  [[nodiscard]] bool empty() const { return bits_ == 0; }
  friend bool operator==(CodeSet, CodeSet) = default;

 private:
  static std::uint8_t bit_of(std::uint32_t code);
  std::uint8_t bits_ = 0;
};

/// One code of one instrument. Instruments are named as the configuration names them: "1_2885".
struct CodeOf {
  std::uint32_t code = 0;
  std::string instrument;

  friend bool operator==(const CodeOf&, const CodeOf&) = default;
};

struct SubscriptionRequest {
  std::uint64_t id = 0;
  bool subscribe = true;
  std::uint32_t code = 0;
  std::vector<std::string> instruments;
};

/// One request is under way at a time. Where an instrument moves from one code to another that shows the same (1501, 1502, 1512), the old one is
/// dropped only once the new one is there. What the limit leaves no room for waits until there is some.
class SubscriptionLedger {
 public:
  using State = common::RequestLedger::State;

  explicit SubscriptionLedger(std::size_t instruments_max) : maximum_(instruments_max) {}

  /// The codes wanted of an instrument from now on.
  void want(const std::string& instrument, CodeSet codes);
  /// A new login: nothing is subscribed.
  void login_opened();
  /// There is no login: nothing can be asked.
  void login_lost();

  /// The next request, of at most `batch` instruments; now under way.
  std::optional<SubscriptionRequest> next(std::size_t batch);

  // The answer to the request under way. Returns what came to be subscribed, or what is refused for good.
  std::vector<CodeOf> accepted(const SubscriptionRequest& request, std::optional<std::int64_t> remaining);
  /// One instrument that was subscribed before.
  std::vector<CodeOf> found_subscribed(const SubscriptionRequest& request, std::optional<std::int64_t> remaining);
  std::vector<CodeOf> refused(const SubscriptionRequest& request);
  /// The broker's limit. What was asked for alone waits for room; of several, fewer are asked for at once.
  void over_limit(const SubscriptionRequest& request);
  /// No usable answer: it is asked for again.
  void unanswered(const SubscriptionRequest& request);

  /// What has begun to wait for room since the last call.
  std::vector<CodeOf> take_without_room() { return std::exchange(newly_without_room_, {}); }

  [[nodiscard]] State state(std::uint32_t code, std::string_view instrument) const;
  [[nodiscard]] bool carries(std::uint32_t code, std::string_view instrument) const { return state(code, instrument) == State::Present; }
  /// Everything that is subscribed.
  [[nodiscard]] std::vector<CodeOf> carried() const;
  [[nodiscard]] std::size_t carried_count() const;
  [[nodiscard]] std::size_t wanted_count() const { return wanted_; }
  [[nodiscard]] bool work_left() const;

 private:
  struct Entry {
    CodeSet wanted;
    CodeSet without_room;
  };
  using Entries = std::map<std::string, Entry, std::less<>>;

  [[nodiscard]] common::RequestLedger& ledger(std::uint32_t code);
  /// Brings the ledgers of the codes in line with what is wanted of an instrument now.
  void settle(Entries::iterator it);
  void settle(const std::vector<std::string>& instruments);
  [[nodiscard]] bool replacement_under_way(const std::string& instrument, const Entry& entry) const;
  /// Wants what had no room, when there is some.
  void use_room();
  /// What goes beyond the room waits.
  void keep_to_room();
  void wait_for_room(Entries::iterator it, std::uint32_t code);
  /// How many more may be asked for; nothing: not known.
  [[nodiscard]] std::optional<std::int64_t> room() const;
  [[nodiscard]] std::int64_t taken() const;

  std::size_t maximum_;  // zero: not known
  std::array<common::RequestLedger, kSubscribedCodes.size()> ledgers_;
  Entries entries_;
  std::size_t wanted_ = 0;
  std::size_t waiting_ = 0;           // without room
  std::optional<std::int64_t> room_;  // as the broker says
  std::vector<CodeOf> newly_without_room_;
};

}  // namespace tidegate::xts
