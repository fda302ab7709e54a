// The venue's limits on connections, client frames and times.
#include "tests/sim/test_venue.hpp"

using namespace tidegate;
using namespace tidegate::test;

namespace {

constexpr const char* kList = R"({"method":"LIST_SUBSCRIPTIONS","id":1})";

}  // namespace

TEST_CASE("sim limits: the sixth spot frame within a second closes with 1008, the fifth does not") {
  TestVenue sim;
  auto& client = sim.connect("/ws");
  for (int i = 0; i < 5; ++i) sim.send(client, kList);
  CHECK(client.close_code == 0);
  sim.advance(999);
  sim.send(client, kList);
  CHECK(client.close_code == 1008);
  CHECK(client.close_reason == "Too many requests");
  CHECK(client.texts.size() == 5);
}

TEST_CASE("sim limits: the second slides: five, a second later five more") {
  TestVenue sim;
  auto& client = sim.connect("/ws");
  for (int round = 0; round < 4; ++round) {
    for (int i = 0; i < 5; ++i) sim.send(client, kList);
    sim.advance(1'000);
  }
  CHECK(client.close_code == 0);
}

TEST_CASE("sim limits: pings and pongs count, USD-M allows ten") {
  TestVenue sim;
  auto& client = sim.connect("/public/ws");
  for (int i = 0; i < 4; ++i) {
    sim->on_ping(*client.client, sim.now());
    sim->on_pong(*client.client, "", sim.now());
  }
  sim.send(client, kList);
  sim.send(client, kList);
  CHECK(client.close_code == 0);
  sim->on_pong(*client.client, "", sim.now());
  CHECK(client.close_code == 1008);
}

TEST_CASE("sim limits: a request above 4,096 bytes is dropped without a word") {
  TestVenue sim;
  auto& client = sim.connect("/stream");
  const auto request = [](std::size_t bytes) {
    const std::string start = R"({"method":"SUBSCRIBE","id":1,"params":["btcusdt@trade")";
    const std::string end = "]}";
    return start + std::string(bytes - start.size() - end.size(), ' ') + end;
  };
  CHECK(sim.ask(client, request(4096)).empty());
  CHECK(client.client->topics.empty());
  CHECK(sim.ask(client, request(4000)) == R"({"result":null,"id":1})");
  CHECK(client.client->topics.size() == 1);
}

TEST_CASE("sim limits: a connection holds 1,024 streams") {
  TestVenue sim;
  auto& client = sim.connect("/stream");
  for (int batch = 0; batch < 11; ++batch) {
    std::string names;
    for (int i = 0; i < 100; ++i) names += (i == 0 ? "\"s" : ",\"s") + std::to_string(batch * 100 + i) + "@trade\"";
    const std::string answer = sim.ask(client, R"({"method":"SUBSCRIBE","id":1,"params":[)" + names + "]}");
    CHECK((batch < 10) == (answer == R"({"result":null,"id":1})"));
    sim.advance(1'000);
  }
  CHECK(client.client->topics.size() == 1024);
}

TEST_CASE("sim limits: 300 connects of one address in five minutes, then refusal") {
  TestVenue sim;
  for (int i = 0; i < 300; ++i) REQUIRE(sim.admit("/ws") == 101);
  CHECK(sim.admit("/ws") == 429);
  sim.advance(300'000);
  CHECK(sim.admit("/ws") == 101);
  CHECK(sim.admit("/nowhere") == 404);
}

TEST_CASE("sim limits: a ping every 20 seconds, and without its pong in 60 the connection ends") {
  TestVenue sim;
  auto& client = sim.connect("/ws");
  client.answers_pings = false;
  sim.run(19'000);
  CHECK(client.pings.empty());
  sim.run(2'000);
  REQUIRE(client.pings.size() == 1);
  sim->on_pong(*client.client, "something else", sim.now());
  sim.run(58'000);
  CHECK(client.close_code == 0);
  sim.run(2'000);
  CHECK(client.close_code == 1008);
  CHECK(client.close_reason == "Pong timeout");
}

TEST_CASE("sim limits: a copied payload keeps the connection alive") {
  TestVenue sim;
  auto& client = sim.connect("/ws");
  sim.run(200'100);
  CHECK(client.pings.size() == 10);
  CHECK(client.close_code == 0);
}

TEST_CASE("sim limits: USD-M pings every three minutes") {
  TestVenue sim;
  auto& client = sim.connect("/public/ws");
  sim.run(179'000);
  CHECK(client.pings.empty());
  sim.run(2'000);
  CHECK(client.pings.size() == 1);
}

TEST_CASE("sim limits: every connection ends at its maximum age") {
  auto options = TestVenue::small();
  options.spot.max_age_ns = 5'000 * kMs;
  TestVenue sim{std::move(options)};
  auto& client = sim.connect("/ws");
  sim.run(4'900);
  CHECK(client.close_code == 0);
  sim.run(200);
  CHECK(client.close_code == 1001);
}

TEST_CASE("sim limits: a reader that falls hopelessly behind is cut") {
  TestVenue sim;
  auto& client = sim.connect("/ws");
  client.queued = venue::Venue::kQueuedBytesCut + 1;
  sim.run(10);
  CHECK(client.was_cut);
}
