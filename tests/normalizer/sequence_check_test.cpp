#include "normalizer/sequence_check.hpp"

#include <doctest/doctest.h>

namespace tidegate {

TEST_CASE("consecutive check: a jump is a gap of exactly the missing numbers") {
  ConsecutiveCheck ids;
  CHECK(ids.check(100).order == Order::Next);
  CHECK(ids.check(101).order == Order::Next);
  const Checked gap = ids.check(105);
  CHECK(gap.order == Order::Gap);
  CHECK(gap.lost == 3);
  CHECK(ids.check(106).order == Order::Next);
}

TEST_CASE("consecutive check: a repeat is a duplicate and moves nothing") {
  ConsecutiveCheck ids;
  CHECK(ids.check(100).order == Order::Next);
  CHECK(ids.check(100).order == Order::Duplicate);
  CHECK(ids.check(99).order == Order::Duplicate);
  CHECK(ids.check(101).order == Order::Next);
}

TEST_CASE("consecutive check: a numbering that starts anew is a gap of unknown size, once") {
  ConsecutiveCheck ids;
  CHECK(ids.check(5'000'000).order == Order::Next);
  const Checked restart = ids.check(1);
  CHECK(restart.order == Order::Gap);
  CHECK(restart.lost == 0);
  CHECK(ids.check(2).order == Order::Next);
}

TEST_CASE("growing check: older numbers of one session are late, those of a new session are not") {
  GrowingCheck ids;
  CHECK(ids.check(10, 1) == Order::Next);
  CHECK(ids.check(15, 1) == Order::Next);
  CHECK(ids.check(12, 1) == Order::Duplicate);
  CHECK(ids.check(15, 1) == Order::Duplicate);
  CHECK(ids.check(3, 2) == Order::Next);
  CHECK(ids.check(0, 2) == Order::Next);  // not numbered
}

TEST_CASE("trade evidence: a first snapshot proves nothing, a volume that grew or a later trade does") {
  EvidenceCheck evidence;
  CHECK_FALSE(evidence.moved({100, UtcTime{5}}));
  CHECK_FALSE(evidence.moved({100, UtcTime{5}}));
  CHECK(evidence.moved({101, UtcTime{5}}));
  CHECK(evidence.moved({101, UtcTime{6}}));
  CHECK_FALSE(evidence.moved({101, UtcTime{6}}));
}

TEST_CASE("trade evidence: a snapshot without a time or a volume leaves what was known of it") {
  EvidenceCheck evidence;
  CHECK_FALSE(evidence.moved({100, kNoTime}));
  CHECK_FALSE(evidence.moved({-1, UtcTime{5}}));
  CHECK_FALSE(evidence.moved({100, kNoTime}));
  CHECK(evidence.moved({-1, UtcTime{6}}));
  CHECK(evidence.moved({101, kNoTime}));
}

TEST_CASE("trade evidence: a volume that shrank begins a new day and proves nothing by itself") {
  EvidenceCheck evidence;
  CHECK_FALSE(evidence.moved({1'000'000, UtcTime{50}}));
  CHECK_FALSE(evidence.moved({20, UtcTime{50}}));
  CHECK(evidence.moved({21, UtcTime{50}}));
  CHECK_FALSE(evidence.moved({21, UtcTime{40}}));  // an earlier trade is no new one
}

}  // namespace tidegate
