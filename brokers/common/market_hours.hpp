// Whether what one connection carries trades now, so that silence of data means something. Pure: the caller brings the time.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/core/calendar.hpp"
#include "gateway/core/time.hpp"

namespace tidegate::common {

/// "NSE" of "NSE:RELIANCE"; empty where there is none.
[[nodiscard]] std::string_view venue_of(std::string_view symbol);

using VenueSet = std::set<std::string, std::less<>>;

class MarketHours {
 public:
  /// `calendars` outlive it.
  explicit MarketHours(const Calendars& calendars) : calendars_(calendars) {}

  /// The venues of all that is carried, or will be. None: nothing is known of them, and data is expected at any time.
  void set_venues(const VenueSet& venues);

  struct Look {
    bool data_expected = true;  // some venue is open, and has been for its grace
    UtcTime closed_until;       // not expected: when the first of them opens, where that is known
    Duration again_in{};        // look again at the latest
  };
  [[nodiscard]] Look look(UtcTime now);

  /// The clock on the wall may be set, and a machine may sleep: a look holds no longer than this.
  static constexpr Duration kLookMax = std::chrono::minutes{1};

 private:
  [[nodiscard]] Look fresh_look(UtcTime now) const;

  const Calendars& calendars_;
  std::vector<const Calendar*> closing_;  // of the venues that have one
  bool always_ = true;                    // some venue has none
  Look last_{};
  UtcTime looked_at_;
};

}  // namespace tidegate::common
