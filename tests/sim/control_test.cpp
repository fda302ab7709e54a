// The control dialogue, against the vectors that the adapter is tested with too.
#include <fstream>

#include "tests/sim/test_venue.hpp"
#include "tests/support/paths.hpp"

using namespace tidegate;
using namespace tidegate::test;

namespace {

/// Line and column numbers in the texts vary; only what stands before them counts.
std::string without_place(std::string text) { return text.substr(0, text.find(" at line")); }

void check_answer(const std::string& name, const std::string& answer, const rapidjson::Value& expected) {
  CAPTURE(name);
  CAPTURE(answer);
  REQUIRE_FALSE(answer.empty());
  const auto given = parse(answer);
  if (expected.HasMember("result")) {
    CHECK(given == expected);
    return;
  }
  REQUIRE(given.HasMember("error"));
  CHECK(given["error"]["code"] == expected["error"]["code"]);
  CHECK(without_place(given["error"]["msg"].GetString()) == without_place(expected["error"]["msg"].GetString()));
  CHECK(given.HasMember("id") == expected.HasMember("id"));
  if (expected.HasMember("id")) CHECK(given["id"] == expected["id"]);
}

}  // namespace

TEST_CASE("sim control: the documented dialogues are answered as documented") {
  const auto path = shared_fixture("binance") / "vectors" / "control.jsonl";
  if (skipped_without(path)) return;
  std::ifstream file{path};
  std::size_t checked = 0;
  TestVenue sim;
  auto& spot = sim.connect("/stream");
  auto& usdm = sim.connect("/public/stream");
  for (std::string line; std::getline(file, line);) {
    const auto vector = parse(line);
    const std::string name = vector["case"].GetString();
    const bool said = vector.HasMember("send") || name == "not JSON";
    if (!said || !vector.HasMember("recv")) continue;
    sim.advance(1'000);
    auto& client = name.find("futures") != std::string::npos ? usdm : spot;
    check_answer(name, sim.ask(client, vector.HasMember("send") ? text_of(vector["send"]) : vector["send_text"].GetString()), vector["recv"]);
    ++checked;
  }
  CHECK(checked == 16);
}

TEST_CASE("sim control: subscriptions are listed in order, twice is once, and unsubscribing what was never held is fine") {
  TestVenue sim;
  auto& client = sim.connect("/stream?streams=btcusdt@trade");
  CHECK(sim.ask(client, R"({"method":"SUBSCRIBE","params":["ethusdt@depth","btcusdt@trade"],"id":1})") == R"({"result":null,"id":1})");
  CHECK(sim.ask(client, R"({"method":"UNSUBSCRIBE","params":["nobody@trade"],"id":2})") == R"({"result":null,"id":2})");
  CHECK(sim.ask(client, R"({"method":"LIST_SUBSCRIPTIONS","id":3})") == R"({"result":["btcusdt@trade","ethusdt@depth"],"id":3})");
}

TEST_CASE("sim control: the envelope follows the path and SET_PROPERTY flips it, answers never have it") {
  TestVenue sim;
  auto& client = sim.connect("/ws/btcusdt@trade");
  sim.run(3'000);
  REQUIRE_FALSE(client.texts.empty());
  CHECK(client.texts.back().compare(0, 13, R"({"e":"trade",)") == 0);
  CHECK(sim.ask(client, R"({"method":"GET_PROPERTY","params":["combined"],"id":1})") == R"({"result":false,"id":1})");
  CHECK(sim.ask(client, R"({"method":"SET_PROPERTY","params":["combined",true],"id":2})") == R"({"result":null,"id":2})");
  sim.run(3'000);
  CHECK(client.count("btcusdt@trade") > 0);
}

TEST_CASE("sim control: ids come back as they were sent: numbers, texts and null on spot, unsigned integers alone on USD-M") {
  TestVenue sim;
  auto& spot = sim.connect("/ws");
  auto& usdm = sim.connect("/market/ws");
  const auto list = [](std::string_view id) { return "{\"method\":\"LIST_SUBSCRIPTIONS\",\"id\":" + std::string{id} + "}"; };
  for (const std::string id : {"-7", "9223372036854775807", "\"abc\"", "null"}) {
    CHECK(sim.ask(spot, list(id)) == "{\"result\":[],\"id\":" + id + "}");
    sim.advance(1'000);
  }
  CHECK(parse(sim.ask(spot, list("1.5")))["error"]["code"].GetInt() == 2);
  CHECK(sim.ask(usdm, list("7")) == "{\"result\":[],\"id\":7}");
  for (const std::string id : {"-7", "\"abc\"", "null"}) CHECK(parse(sim.ask(usdm, list(id)))["error"]["code"].GetInt() == 2);
}

TEST_CASE("sim control: hostile requests get an error and harm nothing") {
  TestVenue sim;
  auto& client = sim.connect("/stream");
  const std::string deep(1500, '[');
  for (const std::string& text :
       {std::string{"[]"}, std::string{"null"}, std::string{"{}"}, std::string{R"({"method":7})"}, std::string{R"({"method":"SUBSCRIBE","id":1})"},
        std::string{R"({"method":"SUBSCRIBE","params":[1],"id":1})"}, std::string{R"({"method":"SET_PROPERTY","params":[],"id":1})"},
        std::string{"\xff\xfe"}, std::string{}, deep, R"({"method":"SUBSCRIBE","params":)" + deep}) {
    CAPTURE(text);
    sim.advance(1'000);
    CHECK(parse(sim.ask(client, text)).HasMember("error"));
  }
  sim.advance(1'000);
  sim.subscribe(client, "btcusdt@trade");
}

TEST_CASE("sim control: unknown names are accepted and silent on spot, malformed ones refused on USD-M") {
  TestVenue sim;
  auto& spot = sim.connect("/stream");
  sim.subscribe(spot, "BTCUSDT@trade");
  sim.subscribe(spot, "nosuchcoin@trade");
  sim.subscribe(spot, "btcusdt@depth50");
  sim.subscribe(spot, "rubbish");
  auto& usdm = sim.connect("/market/stream");
  sim.subscribe(usdm, "nosuchcoin@aggTrade");
  CHECK(parse(sim.ask(usdm, R"({"method":"SUBSCRIBE","params":["rubbish"],"id":1})"))["error"]["code"].GetInt() == 2);
  const std::size_t answers = spot.texts.size() + usdm.texts.size();
  sim.run(5'000);
  CHECK(spot.texts.size() + usdm.texts.size() == answers);
}

TEST_CASE("sim control: on the wrong USD-M path a stream is acknowledged and silent") {
  TestVenue sim;
  auto& books = sim.connect("/public/stream");
  auto& prices = sim.connect("/market/stream");
  for (auto* client : {&books, &prices}) {
    sim.subscribe(*client, "btcusdt@bookTicker");
    sim.subscribe(*client, "btcusdt@aggTrade");
    sim.subscribe(*client, "btcusdt@depth@100ms");
  }
  sim.run(10'000);
  CHECK(books.count("btcusdt@bookTicker") > 0);
  CHECK(books.count("btcusdt@depth@100ms") > 0);
  CHECK(books.count("btcusdt@aggTrade") == 0);
  CHECK(prices.count("btcusdt@bookTicker") == 0);
  CHECK(prices.count("btcusdt@depth@100ms") == 0);
  CHECK(prices.count("btcusdt@aggTrade") > 0);
}
