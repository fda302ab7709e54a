#include <doctest/doctest.h>

#include "tests/config/fixture.hpp"

namespace tidegate::test {
namespace {

TEST_CASE("configuration: one broker is enough, everything else has its default") {
  const Config config = load("brokers: {b: {adapter: fake}}\n");
  CHECK(endpoint_text(config.server.listen) == "127.0.0.1:7410");
  CHECK(config.server.limits.connections_per_user == 5);
  CHECK(config.server.limits.subscriptions_per_connection == 1000);
  CHECK(config.server.limits.connections_per_address == 0);
  CHECK(config.server.limits.subscriptions_per_user == 0);
  CHECK(config.server.limits.requests_per_minute == 1000);
  CHECK(config.server.limits.http_requests_per_minute == 1200);
  CHECK(config.server.limits.look_ups == 256);
  CHECK(config.server.limits.handshake_timeout == Duration{5'000'000'000});
  CHECK(config.server.hosts.empty());
  CHECK(config.server.limits.outbox_bytes == 1 << 20);
  CHECK(config.server.limits.message_bytes == 64 << 10);
  CHECK(config.server.heartbeat == Duration{30'000'000'000});
  CHECK(config.server.threads == 1);
  CHECK(config.server.io_uring);
  CHECK(config.server.compression == Compression::Off);
  CHECK(config.server.compression_level == 1);
  CHECK(config.server.compression_min_bytes == 200);
  CHECK(config.pipeline.mode == PipelineMode::Auto);
  CHECK(config.pipeline.frame_queue_frames == 65'536);
  CHECK(config.pipeline.record_queue_bytes == 16 << 20);
  REQUIRE(config.brokers.size() == 1);
  const BrokerConfig& broker = config.brokers[0];
  CHECK(broker.name == "b");
  CHECK(broker.adapter == "fake");
  CHECK(broker.id == BrokerId{0});
  CHECK(broker.ws_url == "wss://stream.fake.example:9443");
  CHECK(broker.rest_url == "https://api.fake.example");
  CHECK(broker.tls_verify);
  CHECK(broker.required);
  CHECK(broker.reconnect_initial == Duration{500'000'000});
  CHECK(broker.text("market") == "spot");
  CHECK(broker.integer("streams_per_connection") == 1000);
  CHECK(broker.integer("request_bytes_max") == 3500);
  CHECK(broker.duration("ack_timeout") == Duration{5'000'000'000});
  CHECK(broker.duration("session.renewal") == Duration{82'800'000'000'000});
  CHECK(broker.flag("session.overlap"));
  CHECK(broker.integer("frames_per_second") == 0);
  CHECK(broker.text("api_key").empty());
}

TEST_CASE("configuration: every key can be set") {
  const Folder folder;
  folder.write("ca.pem", test_certificate());
  const Config config = load(R"(
server:
  listen: "[::1]:0"
  origins: [https://a.example, "http://localhost:3000"]
  auth: {required: false}
  hosts: [gate.example, "desk.example:81"]
  limits: {connections: 7, connections_per_user: 6, subscriptions_per_connection: 5, requests_per_minute: 4, outbox: 3KiB, message: 2KiB,
           connections_per_address: 3, subscriptions_per_user: 2, http_requests_per_minute: 0, look_ups: 1, handshake_timeout: 100ms}
  heartbeat: 250ms
  threads: 3
  io_uring: false
  compression: deflate
  compression_level: 9
  compression_min_bytes: 1KiB
pipeline: {mode: threads, wait: spin, frame_queue: 128, record_queue: 1MiB}
brokers:
  one:
    adapter: fake
    ws_url: ws://127.0.0.1:1/x
    rest_url: http://localhost:2
    tls: {verify: false, ca_file: ca.pem}
    reconnect: {initial: 1ms, maximum: 2ms}
    stale_after: 3s
    linger: 0s
    required: false
    market: usdm
    streams_per_connection: 9
    frames_per_second: 3
    session: {renewal: 1h, overlap: true}
    api_key: secret
  two: {adapter: plain, insecure: true, ws_url: ws://far.example}
routing: [{venues: [FAKE-USDM], brokers: [one], standby: hot, failover_after: 0s, return_after: 5m, tolerance: 0.5%},
          {venues: [PLAIN, FAKE], brokers: [two]}]
instruments: [{symbol: "PLAIN:A", ids: {one: 5, two: "1_2"}}]
subscriptions: [{channels: [trade, candle_1m], symbols: ["PLAIN:A", "FAKE-USDM:币安人生USDT"]}]
log: {level: debug, format: json}
)",
                             folder);
  CHECK(config.server.listen.host == "::1");
  CHECK(config.server.listen.port == 0);
  CHECK(config.server.origins == std::vector<std::string>{"https://a.example", "http://localhost:3000"});
  CHECK(config.server.hosts == std::vector<std::string>{"gate.example", "desk.example:81"});
  CHECK(config.server.limits.connections_per_address == 3);
  CHECK(config.server.limits.subscriptions_per_user == 2);
  CHECK(config.server.limits.http_requests_per_minute == 0);
  CHECK(config.server.limits.look_ups == 1);
  CHECK(config.server.limits.handshake_timeout == Duration{100'000'000});
  CHECK(config.server.limits.connections == 7);
  CHECK(config.server.limits.message_bytes == 2048);
  CHECK(config.server.heartbeat == Duration{250'000'000});
  CHECK(config.server.threads == 3);
  CHECK_FALSE(config.server.io_uring);
  CHECK(config.server.compression == Compression::Deflate);
  CHECK(config.server.compression_level == 9);
  CHECK(config.server.compression_min_bytes == 1024);
  CHECK(config.pipeline.mode == PipelineMode::Threads);
  CHECK(config.pipeline.wait == PipelineWait::Spin);
  CHECK(config.pipeline.frame_queue_frames == 128);
  REQUIRE(config.brokers.size() == 2);
  const BrokerConfig& one = config.brokers[0];
  CHECK(one.ws_url == "ws://127.0.0.1:1/x");
  CHECK_FALSE(one.tls_verify);
  CHECK(one.tls_ca_file == (folder.path() / "ca.pem").string());
  CHECK(one.reconnect_maximum == Duration{2'000'000});
  CHECK(one.linger == Duration{0});
  CHECK_FALSE(one.required);
  CHECK(one.text("market") == "usdm");
  CHECK(one.duration("session.renewal") == Duration{3'600'000'000'000});
  CHECK(one.text("api_key") == "secret");
  CHECK(config.brokers[1].id == BrokerId{1});
  CHECK(config.brokers[1].insecure);
  CHECK(config.routing[1].venues == std::vector<std::string>{"PLAIN", "FAKE"});
  CHECK(config.routing[0].failover == FailoverRule{Standby::Hot, Duration::zero(), Duration{300'000'000'000}, Decimal{5, -1}});
  CHECK(config.routing[1].failover == FailoverRule{Standby::Warm, Duration{2'000'000'000}, Duration{60'000'000'000}, kAbsent});
  CHECK(config.instruments[0].ids[1] == std::pair<std::string, std::string>{"two", "1_2"});
  CHECK(config.subscriptions[0].channels == std::vector<Channel>{Channel::Trade, Channel::Candle1m});
  CHECK(config.subscriptions[0].symbols[1] == "FAKE-USDM:币安人生USDT");
  CHECK(config.log.level == "debug");
  CHECK(config.log.format == LogFormat::Json);
}

TEST_CASE("configuration: an included file gives a broker's keys, and what stands beside it wins") {
  const Folder folder;
  std::filesystem::create_directory(folder.path() / "sub");
  folder.write("sub/one.yaml", "include: two.yaml\nlinger: 1s\nreconnect: {initial: 7ms}\n");
  folder.write("sub/two.yaml", "adapter: fake\nlinger: 2s\nstale_after: 3s\nreconnect: {initial: 8ms, maximum: 9ms}\ntls: {ca_file: ca.pem}\n");
  folder.write("sub/ca.pem", test_certificate());
  const Config config = load("brokers:\n  b:\n    include: sub/one.yaml\n    stale_after: 4s\n", folder);
  const BrokerConfig& broker = config.brokers.at(0);
  CHECK(broker.adapter == "fake");
  CHECK(broker.linger == Duration{1'000'000'000});
  CHECK(broker.stale_after == Duration{4'000'000'000});
  CHECK(broker.reconnect_initial == Duration{7'000'000});
  CHECK(broker.reconnect_maximum == Duration{9'000'000});
  CHECK(broker.tls_ca_file == (folder.path() / "sub/ca.pem").string());
}

TEST_CASE("configuration: aliases repeat what an anchor names") {
  const Config config =
      load("brokers:\n  a: {adapter: fake, reconnect: &waits {initial: 1ms, maximum: 2ms}}\n  b: {adapter: fake, reconnect: *waits}\n");
  CHECK(config.brokers[1].reconnect_maximum == Duration{2'000'000});
}

TEST_CASE("configuration: automatic mode is inline up to four cores") {
  PipelineConfig pipeline;
  CHECK(pipeline.runs_inline(1));
  CHECK(pipeline.runs_inline(4));
  CHECK_FALSE(pipeline.runs_inline(5));
  pipeline.mode = PipelineMode::Inline;
  CHECK(pipeline.runs_inline(64));
  pipeline.mode = PipelineMode::Threads;
  CHECK_FALSE(pipeline.runs_inline(1));
}

}  // namespace
}  // namespace tidegate::test
