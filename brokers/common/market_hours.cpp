#include "brokers/common/market_hours.hpp"

#include <algorithm>

namespace tidegate::common {

std::string_view venue_of(std::string_view symbol) {
  const std::size_t colon = symbol.find(':');
  return colon == std::string_view::npos ? std::string_view{} : symbol.substr(0, colon);
}

void MarketHours::set_venues(const VenueSet& venues) {
  closing_.clear();
  always_ = venues.empty();
  looked_at_ = kNoTime;
  for (const std::string& venue : venues) {
    const Calendar* const calendar = calendars_.find(venue);
    if (calendar == nullptr) {
      always_ = true;
    } else if (std::find(closing_.begin(), closing_.end(), calendar) == closing_.end()) {
      closing_.push_back(calendar);
    }
  }
}

MarketHours::Look MarketHours::look(UtcTime now) {
  const bool holds = looked_at_.known() && now >= looked_at_ && Duration{now.ns - looked_at_.ns} < last_.again_in;
  if (!holds) {
    last_ = fresh_look(now);
    looked_at_ = now;
  }
  Look look = last_;
  look.again_in -= Duration{now.ns - looked_at_.ns};
  return look;
}

MarketHours::Look MarketHours::fresh_look(UtcTime now) const {
  Look look{.data_expected = always_, .closed_until = kNoTime, .again_in = kLookMax};
  if (always_) return look;
  const auto earlier = [](UtcTime a, UtcTime b) { return !a.known() || (b.known() && b < a) ? b : a; };
  UtcTime change;
  for (const Calendar* const calendar : closing_) {
    look.data_expected = look.data_expected || calendar->expects_data(now);
    look.closed_until = earlier(look.closed_until, calendar->is_open(now) ? now : calendar->next_change(now));
    change = earlier(change, calendar->next_expectation(now));
  }
  if (look.data_expected) look.closed_until = kNoTime;
  if (change.known()) look.again_in = std::min(look.again_in, Duration{change.ns - now.ns});
  return look;
}

}  // namespace tidegate::common
