#include "gateway/signs_of_life.hpp"

#include <doctest/doctest.h>

#include <string>

#include "brokers/common/liveness.hpp"
#include "tests/support/utc.hpp"

using namespace std::chrono_literals;

namespace tidegate {
namespace {

std::string shown(const ConnectionClocks& clocks, bool open, MonoTime now) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> json{buffer};
  json.StartObject();
  put_signs_of_life(json, clocks, open, now);
  json.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace

TEST_CASE("signs of life: the ages of the three clocks, and whether data is expected") {
  common::Liveness liveness({.bytes = 30s, .heartbeat = 10s, .data = 20s});
  const MonoTime start{1'000'000'000'000};
  CHECK(shown(*liveness.clocks(), false, start) ==
        R"({"age_ms":{"bytes":null,"heartbeat":null,"data":null},"data_expected":false,"data_reason":"not connected"})");
  liveness.opened(start);
  CHECK(shown(*liveness.clocks(), true, start + 5ms) ==
        R"({"age_ms":{"bytes":5,"heartbeat":5,"data":5},"data_expected":false,"data_reason":"nothing is subscribed"})");
  liveness.expect_data(true, start);
  liveness.on_data(start + 1s);
  liveness.on_heartbeat(start + 2s);
  liveness.on_bytes(start + 3s);
  CHECK(shown(*liveness.clocks(), true, start + 4s) ==
        R"({"age_ms":{"bytes":1000,"heartbeat":2000,"data":3000},"data_expected":true,"data_reason":""})");
}

TEST_CASE("signs of life: why no data is expected, with the time of the opening") {
  common::Liveness liveness({.bytes = 30s, .heartbeat = {}, .data = 20s});
  MonoTime now{1'000'000'000'000};
  liveness.opened(now);
  liveness.expect_data(true, now);
  liveness.market_open(false, test::utc(2026, 11, 30, 3, 45), now);
  CHECK(shown(*liveness.clocks(), true, now).ends_with(R"("data_expected":false,"data_reason":"market closed until 2026-11-30T03:45:00.000Z"})"));
  for (int i = 0; i < 60; ++i) liveness.on_data(now = now + 1s);
  CHECK(liveness.expectation() == DataExpectation::Moving);
  static_cast<void>(liveness.check(now));
  CHECK(shown(*liveness.clocks(), true, now)
            .ends_with(R"("data_expected":true,"data_reason":"market closed until 2026-11-30T03:45:00.000Z by its calendar, but data comes"})"));
}

}  // namespace tidegate
