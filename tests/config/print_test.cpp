#include <doctest/doctest.h>

#include "tests/config/fixture.hpp"

namespace tidegate::test {
namespace {

TEST_CASE("effective configuration: reads back to itself") {
  const Folder folder;
  const Variable variable("TIDEGATE_TEST_KEY", "hunter2");
  folder.write("k", "hunter3\n");
  const Config first = load(R"(
server: {listen: "[::1]:0", origins: [https://a.example], limits: {outbox: 3KiB}, heartbeat: 1500ms, compression: deflate, compression_min_bytes: 99B}
brokers:
  one: {adapter: fake, market: usdm, api_key: "${TIDEGATE_TEST_KEY}", label: "a \"b\" \\ c: # \u0007", session: {renewal: 1h}, linger: 0s}
  two: {adapter: plain, insecure: true, ws_url: "wss://user:hunter4@far.example/x?token=hunter5&depth=5"}
  three: {adapter: fake, api_key: hunter6, ws_url: "wss://${file:k}.example"}
routing: [{venues: [FAKE-USDM], brokers: [one], standby: hot, tolerance: "0.25%", failover_after: 1500ms}, {venues: [PLAIN], brokers: [two]}]
instruments: [{symbol: "PLAIN:A", ids: {one: 5, two: "1_2"}}]
subscriptions: [{channels: [trade, candle_1M], symbols: ["PLAIN:A"]}]
log: {format: json}
)",
                            folder);
  const std::string printed = print_config(first);
  CAPTURE(printed);
  const Config second = load(printed, folder);
  CHECK(print_config(second) == printed);
  CHECK(second.brokers[0].text("api_key") == "hunter2");
  CHECK(second.brokers[0].text("label") == first.brokers[0].text("label"));
  CHECK(second.brokers[2].ws_url == "wss://hunter3.example");
  CHECK(second.server.heartbeat == first.server.heartbeat);
  CHECK(second.server.compression == Compression::Deflate);
  CHECK(second.server.compression_min_bytes == 99);
  CHECK(second.routing[0].failover == first.routing[0].failover);
  CHECK(printed.find("tolerance: 0.25%\n") != std::string::npos);
  CHECK(printed.find("tolerance: off\n") != std::string::npos);
  CHECK(second.instruments[0].ids == first.instruments[0].ids);
  CHECK(second.subscriptions[0].channels == first.subscriptions[0].channels);
}

TEST_CASE("effective configuration: shows no secret, wherever it came from") {
  const Folder folder;
  const Variable variable("TIDEGATE_TEST_KEY", "hunter2");
  folder.write("k", "hunter3\n");
  const std::string printed = print_config(load(R"(
brokers:
  one: {adapter: fake, api_key: "${TIDEGATE_TEST_KEY}", label: "${file:k}"}
  two: {adapter: fake, api_key: hunter4, ws_url: "wss://user:hunter5@far.example", rest_url: "https://far.example/?api_key=hunter6&x=1"}
)",
                                                folder));
  CHECK(printed.find("hunter") == std::string::npos);
  CHECK(printed.find("api_key: \"${TIDEGATE_TEST_KEY}\"") != std::string::npos);
  CHECK(printed.find("label: \"${file:" + folder.path().string() + "/k}\"") != std::string::npos);
  CHECK(printed.find("api_key: \"***\"") != std::string::npos);
  CHECK(printed.find("user:***@far.example") != std::string::npos);
  CHECK(printed.find("?api_key=***&x=1") != std::string::npos);
}

TEST_CASE("effective configuration: says how much memory its bounds add up to") {
  const std::string printed = print_config(load("server: {limits: {connections: 10, outbox: 1MiB}}\nbrokers: {b: {adapter: fake}}\n"));
  CHECK(printed.find("#   outboxes: 11MiB (server.limits: 10 connections of 1MiB and a reserve of 64KiB") != std::string::npos);
  CHECK(printed.find("#   record queue: 16MiB") != std::string::npos);
  CHECK(printed.find("# Memory when every bound is reached at once: ") != std::string::npos);
}

}  // namespace
}  // namespace tidegate::test
