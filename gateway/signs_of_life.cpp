#include "gateway/signs_of_life.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <string>

#include "gateway/core/calendar.hpp"

namespace tidegate {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;

std::string reason_of(bool open, DataExpectation expectation, UtcTime closed_until) {
  if (!open) return "not connected";
  switch (expectation) {
    case DataExpectation::Nothing:
      return "nothing is subscribed";
    case DataExpectation::Closed:
      return closed_words(closed_until);
    case DataExpectation::Moving:
      return closed_words(closed_until) + " by its calendar, but data comes";
    case DataExpectation::Data:
      break;
  }
  return {};
}

}  // namespace

void put_signs_of_life(rapidjson::Writer<rapidjson::StringBuffer>& json, const ConnectionClocks& clocks, bool open, MonoTime now) {
  const auto put_age = [&](const char* key, const std::atomic<std::int64_t>& clock) {
    const std::int64_t at = clock.load(std::memory_order_relaxed);
    json.Key(key);
    if (at == ConnectionClocks::kNever) {
      json.Null();
    } else {
      json.Int64(std::max(now.ns - at, std::int64_t{0}) / kNsPerMs);
    }
  };
  json.Key("age_ms");
  json.StartObject();
  put_age("bytes", clocks.bytes_at);
  put_age("heartbeat", clocks.heartbeat_at);
  put_age("data", clocks.data_at);
  json.EndObject();
  const DataExpectation expectation = clocks.expectation.load(std::memory_order_relaxed);
  json.Key("data_expected");
  json.Bool(open && (expectation == DataExpectation::Data || expectation == DataExpectation::Moving));
  const std::string reason = reason_of(open, expectation, UtcTime{clocks.closed_until.load(std::memory_order_relaxed)});
  json.Key("data_reason");
  json.String(reason.data(), static_cast<rapidjson::SizeType>(reason.size()));
}

}  // namespace tidegate
