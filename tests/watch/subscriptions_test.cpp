#include "tools/watch/subscriptions.hpp"

#include <doctest/doctest.h>

#include "tests/watch/messages.hpp"

namespace tidegate::watch::test {
namespace {

TEST_CASE("watch subscriptions: one request asks for everything") {
  const Model model("u", {"A:B", "C:\"D"}, {"ticker", "trade"}, at(0).mono);
  CHECK(subscribe_requests(model.rows(), false) ==
        std::vector<std::string>{R"({"op":"subscribe","channels":["ticker","trade"],"symbols":["A:B","C:\"D"]})"});
}

TEST_CASE("watch subscriptions: a symbol named twice is asked for once") {
  const Model model("u", {"A:B", "A:B"}, {"trade"}, at(0).mono);
  CHECK(subscribe_requests(model.rows(), false) == std::vector<std::string>{R"({"op":"subscribe","channels":["trade"],"symbols":["A:B"]})"});
}

TEST_CASE("watch subscriptions: requests stay below the gateway's limit of a message") {
  std::vector<std::string> symbols;
  for (int i = 0; i < 10'000; ++i) symbols.push_back("BINANCE:SYMBOL" + std::to_string(i));
  const Model model("u", symbols, {"trade"}, at(0).mono);
  const std::vector<std::string> requests = subscribe_requests(model.rows(), false);
  CHECK(requests.size() > 5);
  for (const std::string& request : requests) CHECK(request.size() < 60'000);
}

TEST_CASE("watch subscriptions: delayed data is asked for where it is welcome, at first and again") {
  Model model("u", {"A:B"}, {"quote"}, at(0).mono);
  const std::vector<std::string> expected = {R"({"op":"subscribe","channels":["quote"],"symbols":["A:B"],"options":{"allow_delayed":true}})"};
  CHECK(subscribe_requests(model.rows(), true) == expected);
  model.on_message(result("A:B", "quote", R"("state":"failed","code":4011)"), at(1));
  CHECK(retry_requests(model.rows(), true) == expected);
}

TEST_CASE("watch subscriptions: only failures that may pass are asked for again") {
  Model model("u", {"A:B", "C:D", "E:F"}, {"quote", "trade"}, at(0).mono);
  CHECK(retry_requests(model.rows(), false).empty());
  model.on_message(result("A:B", "trade", R"("state":"failed","code":4011)"), at(1));
  model.on_message(result("C:D", "trade", R"("state":"failed","code":4013)"), at(1));
  model.on_message(result("E:F", "trade", R"("state":"live")"), at(1));
  CHECK(retry_requests(model.rows(), false) == std::vector<std::string>{R"({"op":"subscribe","channels":["trade"],"symbols":["A:B"]})"});
}

}  // namespace
}  // namespace tidegate::watch::test
