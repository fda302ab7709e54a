#include "gateway/core/time.hpp"

#include <doctest/doctest.h>

namespace tidegate {

TEST_CASE("time: RFC 3339 shows as many digits as the value has, three at least") {
  CHECK(to_rfc3339(UtcTime{0}) == "1970-01-01T00:00:00.000Z");
  CHECK(to_rfc3339(UtcTime::from_milliseconds(1723161255342)) == "2024-08-08T23:54:15.342Z");
  CHECK(to_rfc3339(UtcTime{1723161254087891000}) == "2024-08-08T23:54:14.087891Z");
  CHECK(to_rfc3339(UtcTime{1723161254087891268}) == "2024-08-08T23:54:14.087891268Z");
  CHECK(to_rfc3339(UtcTime{-1}) == "1969-12-31T23:59:59.999999999Z");
}

TEST_CASE("time: the writer's remembered second does not leak into another second") {
  Rfc3339Writer writer;
  char text[Rfc3339Writer::kMaxLength];
  const auto write = [&](std::int64_t ms) { return std::string(text, writer.write(UtcTime::from_milliseconds(ms), text)); };
  CHECK(write(1723161255342) == "2024-08-08T23:54:15.342Z");
  CHECK(write(1723161255999) == "2024-08-08T23:54:15.999Z");
  CHECK(write(1723161256000) == "2024-08-08T23:54:16.000Z");
  CHECK(write(1723161255342) == "2024-08-08T23:54:15.342Z");
}

}  // namespace tidegate
