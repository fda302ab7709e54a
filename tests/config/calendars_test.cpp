// `calendars:`: what people write comes to the hours they mean, reads back as it is printed, and each mistake is told with its place and remedy.
#include "gateway/config/calendars_section.hpp"

#include <doctest/doctest.h>

#include <filesystem>

#include "tests/config/fixture.hpp"
#include "tests/support/utc.hpp"

namespace tidegate::test {
namespace {

#define BROKER "brokers: {b: {adapter: fake}}\n"

/// The section read as at that time, with its one calendar.
CalendarsRead read_at(const std::string& calendar, UtcTime now, const std::vector<std::string>& served = {}) {
  const YamlValue tree = parse_yaml("calendars: {a: {" + calendar + "}}", "bad.yaml", "");
  WrittenTexts written;
  Section root(tree, "", written);
  return read_calendars(root, served, now, written);
}
Calendar one(const std::string& calendar) { return read_at(calendar, utc(2026, 6, 1)).calendars.at(0); }

std::string wrong(const std::string& calendar) { return complaint(BROKER "calendars:\n  a: {" + calendar + "}\n"); }

constexpr const char* kHours = R"(open: [{days: mon-fri, from: "09:15", to: "15:30"}])";

}  // namespace

TEST_CASE("calendars: the example's hours are those of the venues it names") {
  const Config config = load(BROKER R"(
calendars:
  nse: {venues: [NSE, BSE], time_zone: +05:30, open: [{days: mon-fri, from: "09:15", to: "15:30"}], holidays: [2026-11-25],
        special: [{date: 2026-11-08, from: "18:00", to: "19:00"}], opening_grace: 30s}
)");
  REQUIRE(config.calendars.size() == 1);
  const Calendar& nse = config.calendars[0];
  CHECK(nse.is_open(utc(2026, 11, 26, 3, 45)));
  CHECK_FALSE(nse.is_open(utc(2026, 11, 25, 5, 0)));
  CHECK(nse.is_open(utc(2026, 11, 8, 12, 45)));
  CHECK(nse.opening_grace == std::chrono::seconds{30});
}

TEST_CASE("calendars: days are names, ranges and lists, over the end of the week too") {
  const auto days_of = [](const std::string& days) {
    return one("venues: [X], time_zone: UTC, open: [{days: \"" + days + R"(", from: "08:00", to: "09:00"}])").open[0].days;
  };
  CHECK(days_of("mon-fri") == 0b0111110);
  CHECK(days_of("sun") == 0b0000001);
  CHECK(days_of("fri-mon") == 0b1100011);
  CHECK(days_of("mon,wed-thu,sat") == 0b1011010);
}

TEST_CASE("calendars: a session that ends before it begins ends on the next day") {
  const Calendar evening =
      one(R"(venues: [X], time_zone: UTC, open: [{days: mon, from: "18:00", to: "02:00"}, {days: tue, from: "17:00", to: "17:00"}])");
  CHECK(evening.is_open(utc(2026, 11, 24, 1, 59)));  // a Tuesday
  CHECK_FALSE(evening.is_open(utc(2026, 11, 24, 2, 0)));
  CHECK(evening.is_open(utc(2026, 11, 25, 16, 59)));
}

TEST_CASE("calendars: a named time zone keeps the venue's hours through summer and winter") {
  if (!std::filesystem::exists("/usr/share/zoneinfo/America/New_York")) {
    MESSAGE("skipped: this machine has no time zones (package tzdata)");
    return;
  }
  const Calendar nasdaq = one(R"(venues: [NASDAQ], time_zone: America/New_York, open: [{days: mon-fri, from: "09:30", to: "16:00"}])");
  CHECK(nasdaq.next_change(utc(2026, 10, 30, 21, 0)) == utc(2026, 11, 2, 14, 30));  // the clocks go back on 1 November
  CHECK(nasdaq.next_change(utc(2026, 10, 30, 12, 0)) == utc(2026, 10, 30, 13, 30));
  CHECK(nasdaq.next_change(utc(2045, 7, 3, 12, 0)) == utc(2045, 7, 3, 13, 30));  // beyond what the file lists
}

TEST_CASE("calendars: what is printed reads back to the same") {
  const Folder folder;
  const Config first = load(BROKER R"(
calendars:
  a: {venues: [NSE], time_zone: "-03:30", open: [{days: "sun-tue,fri", from: "00:00", to: "24:00"}, {days: sat, from: "18:00", to: "02:00"}],
      holidays: [2026-11-25, 2026-01-26], special: [{date: 2026-11-08, from: "18:00", to: "19:00"}, {date: 2026-11-08, from: "08:00", to: "09:00"}]}
  b: {venues: [MCX], time_zone: UTC, special: [{date: 2026-11-08, from: "23:00", to: "23:00"}]}
)",
                            folder);
  const std::string printed = print_config(first);
  CAPTURE(printed);
  CHECK(printed.find("{days: \"mon-tue,fri,sun\", from: \"00:00\", to: \"24:00\"}") != std::string::npos);
  const Config second = load(printed, folder);
  CHECK(print_config(second) == printed);
  for (int hour = 0; hour < 24 * 365; hour += 7) {
    const UtcTime at{utc(2026, 1, 1).ns + std::chrono::nanoseconds{std::chrono::hours{hour}}.count()};
    CHECK(first.calendars[0].is_open(at) == second.calendars[0].is_open(at));
  }
}

TEST_CASE("calendars: a list of holidays that has run out is warned of, with its place") {
  const std::string calendar = std::string("venues: [X], time_zone: UTC, holidays: [2025-12-25, 2026-12-25], ") + kHours;
  CHECK(read_at(calendar, utc(2026, 6, 1)).warnings.empty());
  const CalendarsRead later = read_at(calendar, utc(2027, 1, 1));
  REQUIRE(later.warnings.size() == 1);
  CHECK(
      later.warnings[0] ==
      "bad.yaml:1:69: calendars.a.holidays[1]: no holiday of 2027 is listed, so the list may have run out; add this year's holidays: on one that is "
      "missing, data is expected that does not come");
  CHECK(read_at(std::string("venues: [X], time_zone: UTC, ") + kHours, utc(2027, 1, 1)).warnings.empty());  // none are meant
}

TEST_CASE("calendars: a venue that no broker serves is warned of, since it may be misspelt") {
  const std::string calendar = std::string("venues: [NES], time_zone: UTC, ") + kHours;
  REQUIRE(read_at(calendar, utc(2026, 6, 1), {"NSE", "BINANCE"}).warnings.size() == 1);
  CHECK(read_at(calendar, utc(2026, 6, 1), {"NSE", "BINANCE"}).warnings[0].find("did you mean \"NSE\"?") != std::string::npos);
  CHECK(read_at(calendar, utc(2026, 6, 1), {"NES"}).warnings.empty());
}

TEST_CASE("calendars: each mistake is told with its place and what to do") {
  const std::string rest = std::string(", time_zone: UTC, ") + kHours;
  CHECK(complaint(BROKER "calendars: [a]\n") ==
        "bad.yaml:2:12: calendars: is a list, a mapping is expected; write \"key: value\" lines, indented below it");
  CHECK(complaint(BROKER "calendars: {\"a b\": {}}\n") ==
        "bad.yaml:2:13: calendars: \"a b\" cannot be a calendar's name; use letters, digits, - and _");
  CHECK(wrong("time_zone: UTC").find("calendars.a.venues: is missing; name at least one venue") != std::string::npos);
  CHECK(wrong("venues: [nse]" + rest) == "bad.yaml:3:16: calendars.a.venues[0]: \"nse\" cannot be a venue; write it in capitals, such as NSE");
  CHECK(wrong("venues: [NSE, NSE]" + rest).find("the venue \"NSE\" has a calendar already; keep one calendar for a venue") != std::string::npos);
  CHECK(wrong(std::string("venues: [NSE], ") + kHours).find("calendars.a.time_zone: is missing; write an offset such as +05:30") !=
        std::string::npos);
  for (const char* zone : {"+5:30", "+15:00", "IST5", "../etc/passwd", "America/Nowhere", "Mars/../../../etc/passwd"}) {
    CAPTURE(zone);
    const std::string told = complaint(std::string(BROKER "calendars: {a: {venues: [NSE], time_zone: \"") + zone + "\", " + kHours + "}}\n");
    CHECK(told.find("calendars.a.time_zone: the ") != std::string::npos);
  }
  CHECK(wrong("venues: [NSE], time_zone: UTC").find("calendars.a.open: is missing; write the hours: [{days: mon-fri, from: \"09:15\"") !=
        std::string::npos);
  CHECK(wrong(R"(venues: [NSE], time_zone: UTC, open: [{days: monday, from: "09:00", to: "10:00"}])") ==
        "bad.yaml:3:52: calendars.a.open[0].days: \"monday\" are no days of the week; write such as mon-fri, or sat,sun");
  CHECK(wrong(R"(venues: [NSE], time_zone: UTC, open: [{days: mon, from: "9:00", to: "10:00"}])") ==
        "bad.yaml:3:63: calendars.a.open[0].from: \"9:00\" is not a time of day; write HH:MM in quotes, \"00:00\" to \"24:00\"");
  CHECK(wrong(R"(venues: [NSE], time_zone: UTC, open: [{days: mon, from: "24:00", to: "10:00"}])").find("no session begins at \"24:00\"") !=
        std::string::npos);
  CHECK(wrong(R"(venues: [NSE], time_zone: UTC, open: [{days: mon, from: "09:00", to: "24:01"}])").find("is not a time of day") != std::string::npos);
  CHECK(wrong(R"(venues: [NSE], time_zone: UTC, open: [{days: mon, from: "09:00"}])").find("open[0].to: is missing") != std::string::npos);
  CHECK(wrong(R"(venues: [NSE], time_zone: UTC, open: [{days: mon, from: "09:00", to: "10:00", till: x}])").find("open[0].till: is not a key") !=
        std::string::npos);
  CHECK(wrong("venues: [NSE], holidays: [2026-02-30]" + rest).find("holidays[0]: \"2026-02-30\" is not a date; write YEAR-MONTH-DAY") !=
        std::string::npos);
  CHECK(wrong("venues: [NSE], holidays: [2026-02-03, 2026-02-03]" + rest).find("holidays[1]: the holiday \"2026-02-03\" is listed twice") !=
        std::string::npos);
  CHECK(wrong(R"(venues: [NSE], special: [{from: "09:00", to: "10:00"}])" + rest).find("special[0].date: is missing") != std::string::npos);
  CHECK(wrong("venues: [NSE], opening_grace: 2h" + rest).find("calendars.a.opening_grace: ") != std::string::npos);
}

}  // namespace tidegate::test
