#include "gateway/core/time_zone.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/utc.hpp"

namespace tidegate {
namespace {

using test::utc;

std::int64_t seconds_at(int year, unsigned month, unsigned day, int hour = 0, int minute = 0) {
  return utc(year, month, day, hour, minute).ns / 1'000'000'000;
}

std::string big_endian(std::int64_t value, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) text += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i) & 0xFFU);
  return text;
}

struct Change {
  std::int64_t at;
  int type;
};

/// A file of version 2 as RFC 8536 describes it, its part for version 1 empty.
std::string tzif(const std::vector<Change>& changes, const std::vector<std::int32_t>& offsets, const std::string& rule) {
  const auto header = [](std::size_t times, std::size_t types) {
    std::string text = "TZif2" + std::string(15, '\0');
    for (const std::size_t count : {std::size_t{0}, std::size_t{0}, std::size_t{0}, times, types, std::size_t{4}}) {
      text += big_endian(static_cast<std::int64_t>(count), 4);
    }
    return text;
  };
  std::string text = header(0, 1) + big_endian(0, 4) + std::string(2, '\0') + std::string("UTC\0", 4);
  text += header(changes.size(), offsets.size());
  for (const Change& change : changes) text += big_endian(change.at, 8);
  for (const Change& change : changes) text += static_cast<char>(change.type);
  for (const std::int32_t offset : offsets) text += big_endian(offset, 4) + std::string(2, '\0');
  return text + std::string("ABC\0", 4) + "\n" + rule + "\n";
}

constexpr const char* kNewYork = "EST5EDT,M3.2.0,M11.1.0";

}  // namespace

TEST_CASE("time zone: a fixed offset holds at every time, both ways") {
  const TimeZone india = TimeZone::fixed(19'800);
  CHECK(india.offset_at(0) == 19'800);
  CHECK(india.offset_at(seconds_at(2100, 1, 1)) == 19'800);
  CHECK(india.to_utc(seconds_at(2026, 11, 26, 9, 15)) == seconds_at(2026, 11, 26, 3, 45));
}

TEST_CASE("time zone: New York's clocks change on the second Sunday of March and the first of November") {
  const auto zone = TimeZone::from_tzif(tzif({}, {-18'000}, kNewYork));
  REQUIRE(zone);
  CHECK(zone->offset_at(seconds_at(2026, 3, 8, 6, 59)) == -18'000);
  CHECK(zone->offset_at(seconds_at(2026, 3, 8, 7, 0)) == -14'400);
  CHECK(zone->offset_at(seconds_at(2026, 11, 1, 5, 59)) == -14'400);
  CHECK(zone->offset_at(seconds_at(2026, 11, 1, 6, 0)) == -18'000);
  CHECK(zone->to_utc(seconds_at(2026, 7, 1, 9, 30)) == seconds_at(2026, 7, 1, 13, 30));
  CHECK(zone->to_utc(seconds_at(2026, 12, 1, 9, 30)) == seconds_at(2026, 12, 1, 14, 30));
}

TEST_CASE("time zone: a time that is skipped counts by the clocks before, one that comes twice is the first") {
  const auto zone = TimeZone::from_tzif(tzif({}, {-18'000}, kNewYork));
  REQUIRE(zone);
  CHECK(zone->to_utc(seconds_at(2026, 3, 8, 2, 30)) == seconds_at(2026, 3, 8, 7, 30));
  CHECK(zone->to_utc(seconds_at(2026, 11, 1, 1, 30)) == seconds_at(2026, 11, 1, 5, 30));
}

TEST_CASE("time zone: south of the equator summer lasts over the new year") {
  const auto sydney = TimeZone::from_tzif(tzif({}, {36'000}, "AEST-10AEDT,M10.1.0,M4.1.0/3"));
  REQUIRE(sydney);
  CHECK(sydney->offset_at(seconds_at(2026, 1, 1)) == 39'600);
  CHECK(sydney->offset_at(seconds_at(2026, 7, 1)) == 36'000);
  CHECK(sydney->offset_at(seconds_at(2026, 12, 31, 23)) == 39'600);
}

TEST_CASE("time zone: listed changes count until the last of them, the rule from there on") {
  const std::vector<Change> changes = {{seconds_at(2000, 1, 1), 1}, {seconds_at(2010, 1, 1), 0}};
  const auto ruled = TimeZone::from_tzif(tzif(changes, {3600, 7200}, "<+03>-3"));
  REQUIRE(ruled);
  CHECK(ruled->offset_at(seconds_at(1990, 1, 1)) == 3600);
  CHECK(ruled->offset_at(seconds_at(2005, 1, 1)) == 7200);
  CHECK(ruled->offset_at(seconds_at(2020, 1, 1)) == 10'800);
  const auto unruled = TimeZone::from_tzif(tzif(changes, {3600, 7200}, ""));
  REQUIRE(unruled);
  CHECK(unruled->offset_at(seconds_at(2020, 1, 1)) == 3600);
}

TEST_CASE("time zone: rules may name days of the year and times on other days") {
  const auto zone = parse_zone_end("<-02>2<-01>,M3.5.0/-1,M10.5.0/0");  // Greenland: the evening before the last Sunday
  REQUIRE(zone);
  CHECK(zone->begin.seconds == -3600);
  CHECK(zone->summer == -3600);
  const auto julian = TimeZone::from_tzif(tzif({}, {0}, "AAA0BBB,J60/0,300/0"));
  REQUIRE(julian);
  CHECK(julian->offset_at(seconds_at(2024, 2, 29, 12)) == 0);  // J60 is 1 March in leap years too
  CHECK(julian->offset_at(seconds_at(2024, 3, 1, 1)) == 3600);
  CHECK(julian->offset_at(seconds_at(2026, 10, 27, 22)) == 3600);  // day 300 from zero is 28 October
  CHECK(julian->offset_at(seconds_at(2026, 10, 27, 23)) == 0);
}

TEST_CASE("time zone: bytes that are no zone are refused, every truncation too") {
  const std::string good = tzif({{seconds_at(2000, 1, 1), 1}}, {3600, 7200}, kNewYork);
  REQUIRE(TimeZone::from_tzif(good));
  for (std::size_t size = 0; size < good.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(TimeZone::from_tzif(good.substr(0, size)));
  }
  CHECK_FALSE(TimeZone::from_tzif(tzif({{seconds_at(2000, 1, 1), 2}}, {3600, 7200}, "")));                               // no such type
  CHECK_FALSE(TimeZone::from_tzif(tzif({{seconds_at(2000, 1, 1), 0}, {seconds_at(1999, 1, 1), 1}}, {3600, 7200}, "")));  // backwards
  CHECK_FALSE(TimeZone::from_tzif(tzif({}, {1'000'000}, "")));                                                           // a fortnight from UTC
  for (const char* rule : {"E5", "EST", "EST5EDT", "EST5EDT,M3.2.0", "EST5EDT,M13.2.0,M11.1.0", "EST5EDT,M3.6.0,M11.1.0", "EST5EDT,M3.2.7,M11.1.0",
                           "EST5EDT,J0,J5", "EST5EDT,M3.2.0,M11.1.0x", "<EST5", "EST5:99", "EST999"}) {
    CAPTURE(rule);
    CHECK_FALSE(parse_zone_end(rule));
  }
}

}  // namespace tidegate
