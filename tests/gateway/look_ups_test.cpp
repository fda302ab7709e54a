#include "gateway/look_ups.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace tidegate {
namespace {

using Stand = LookUps::Stand;
using Requests = std::vector<std::vector<std::string>>;

constexpr MonoTime kStart{1'000'000'000};
const std::vector<BrokerId> kFirst = {BrokerId{0}};
const std::vector<BrokerId> kBoth = {BrokerId{0}, BrokerId{1}};

}  // namespace

TEST_CASE("look-ups: names of one turn go out together, each once while it is under way") {
  LookUps names(2);
  CHECK(names.ask("A:B", kBoth, kStart) == Stand::Asked);
  CHECK(names.ask("C:D", kFirst, kStart) == Stand::Asked);
  CHECK(names.ask("A:B", kBoth, kStart) == Stand::UnderWay);
  CHECK(names.has_requests());
  CHECK(names.take_requests() == Requests{{"A:B", "C:D"}, {"A:B"}});
  CHECK_FALSE(names.has_requests());
  CHECK(names.ask("A:B", kBoth, kStart + std::chrono::hours{1}) == Stand::UnderWay);
  CHECK_FALSE(names.has_requests());
}

TEST_CASE("look-ups: a name is under way until everybody has answered") {
  LookUps names(2);
  names.ask("A:B", kBoth, kStart);
  CHECK_FALSE(names.answered("A:B", BrokerId{1}, false, kStart));
  CHECK_FALSE(names.answered("A:B", BrokerId{1}, true, kStart));  // said so before
  CHECK(names.under_way("A:B"));
  CHECK(names.answered("A:B", BrokerId{0}, true, kStart));
  CHECK_FALSE(names.under_way("A:B"));
  CHECK_FALSE(names.answered("A:B", BrokerId{0}, true, kStart));
  CHECK_FALSE(names.answered("NEVER:ASKED", BrokerId{0}, true, kStart));
  CHECK_FALSE(names.under_way("NEVER:ASKED"));
}

TEST_CASE("look-ups: a broker that is taken away answers nothing, and a new one can be asked") {
  LookUps names(2);
  names.ask("A:B", kBoth, kStart);
  names.ask("C:D", kFirst, kStart);
  names.give_up(BrokerId{0}, kStart);
  CHECK(names.under_way("A:B"));
  CHECK_FALSE(names.under_way("C:D"));
  CHECK(names.take_requests() == Requests{{}, {"A:B"}});
  names.set_brokers(3);
  const std::vector<BrokerId> third = {BrokerId{2}};
  CHECK(names.ask("C:D", third, kStart + std::chrono::seconds{1}) == Stand::Asked);
  CHECK(names.take_requests() == Requests{{}, {}, {"C:D"}});
}

TEST_CASE("look-ups: an answer is remembered for a minute, then the name is asked for again") {
  LookUps names(1);
  names.ask("A:B", kFirst, kStart);
  names.answered("A:B", BrokerId{0}, false, kStart);
  CHECK(names.take_requests() == Requests{{"A:B"}});
  CHECK(names.ask("A:B", kFirst, kStart + std::chrono::seconds{59}) == Stand::Answered);
  CHECK_FALSE(names.has_requests());
  CHECK(names.ask("A:B", kFirst, kStart + std::chrono::seconds{60}) == Stand::Asked);
  CHECK(names.take_requests() == Requests{{"A:B"}});
}

TEST_CASE("look-ups: only so many names are under way or remembered, and room comes with time") {
  LookUps names(1, {.names = 2});
  names.ask("A:1", kFirst, kStart);
  names.ask("A:2", kFirst, kStart);
  CHECK(names.ask("A:3", kFirst, kStart) == Stand::Full);
  CHECK(names.ask("A:1", kFirst, kStart) == Stand::UnderWay);
  names.answered("A:1", BrokerId{0}, false, kStart);
  CHECK(names.ask("A:3", kFirst, kStart + std::chrono::seconds{59}) == Stand::Full);
  CHECK(names.ask("A:3", kFirst, kStart + std::chrono::seconds{60}) == Stand::Asked);
  CHECK(names.take_requests() == Requests{{"A:1", "A:2", "A:3"}});
}

TEST_CASE("look-ups: after so many names found nothing more is asked, since what is found stays") {
  LookUps names(1, {.found = 1});
  names.ask("A:1", kFirst, kStart);
  names.ask("A:2", kFirst, kStart);
  names.answered("A:1", BrokerId{0}, true, kStart);
  CHECK(names.ask("A:3", kFirst, kStart + std::chrono::hours{1}) == Stand::Full);
  CHECK(names.ask("A:2", kFirst, kStart + std::chrono::hours{1}) == Stand::UnderWay);
}

TEST_CASE("look-ups: a text that can be no name is recognised") {
  for (const char* name : {"AAPL", "NASDAQ:AAPL", "NYSE:BRK B", "CME:ES 20261218", "IDEALPRO:EUR.USD", "X"}) {
    CAPTURE(name);
    CHECK(LookUps::is_name(name));
  }
  CHECK(LookUps::is_name(std::string(64, 'A')));
  for (const std::string& text : {std::string{}, std::string(65, 'A'), std::string{"A\nB"}, std::string{"A\0B", 3}, std::string{"\xC3\x84"},
                                  std::string{" A"}, std::string{"A "}, std::string{"A\"B"}, std::string{"A\\B"}, std::string{"A\x7F"}}) {
    CAPTURE(text);
    CHECK_FALSE(LookUps::is_name(text));
  }
}

}  // namespace tidegate
