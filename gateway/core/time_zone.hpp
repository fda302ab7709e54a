// How far a place's clocks are from UTC, at each moment. Pure: whoever has the bytes of a zone brings them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace tidegate {

/// A yearly change of the clocks, as the POSIX text of a zone has it: "M3.2.0/2" is the second Sunday of March, two hours after midnight.
struct ZoneRule {
  enum class Kind : std::uint8_t {
    MonthWeek,  // `month`, `week` (5: the last), `day` of the week, 0 is Sunday
    Julian,     // `day` 1 to 365; 29 February is never counted
    DayOfYear,  // `day` 0 to 365
  };
  Kind kind{};
  int month = 0;
  int week = 0;
  int day = 0;
  std::int32_t seconds = 0;  // after local midnight; may be negative
};

/// What holds after the last change that a zone lists.
struct ZoneEnd {
  std::int32_t standard = 0;  // seconds east of UTC
  std::int32_t summer = 0;
  bool changes = false;  // else it is `standard` for ever
  ZoneRule begin;        // of summer time, in standard time
  ZoneRule end;          // in summer time
};

class TimeZone {
 public:
  /// UTC itself.
  TimeZone() = default;
  /// `seconds` east of UTC, always.
  static TimeZone fixed(std::int32_t seconds);
  /// The bytes of a TZif file of version 2 or later (RFC 8536); nothing when they are none. Leap seconds are left out, as in all UTC times here.
  static std::optional<TimeZone> from_tzif(std::string_view bytes);

  /// Seconds east of UTC at that moment, in seconds since 1970.
  [[nodiscard]] std::int32_t offset_at(std::int64_t utc_seconds) const;
  /// When clocks there show `local_seconds`, counted since 1970 as if they were UTC. A time that is skipped is taken as the clocks stood before, one
  /// that comes twice as the first of both.
  [[nodiscard]] std::int64_t to_utc(std::int64_t local_seconds) const;

 private:
  struct Change {
    std::int64_t at = 0;  // UTC seconds
    std::int32_t offset = 0;
  };
  std::vector<Change> changes_;  // ascending
  std::int32_t before_ = 0;      // until the first of them
  ZoneEnd after_;                // from the last of them on; alone where there are none
};

/// The text of a zone such as "EST5EDT,M3.2.0,M11.1.0" or "<+0530>-5:30"; nothing when it is none.
[[nodiscard]] std::optional<ZoneEnd> parse_zone_end(std::string_view text);

}  // namespace tidegate
