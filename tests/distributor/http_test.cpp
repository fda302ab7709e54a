#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include <array>
#include <cctype>
#include <map>
#include <set>
#include <sstream>

#include "distributor/metrics.hpp"
#include "gateway/net/http_client.hpp"
#include "tests/distributor/hub_fixture.hpp"

using namespace tidegate;
using namespace tidegate::test;

namespace {

net::HttpResponse get(HubFixture& fixture, std::string target, std::vector<std::pair<std::string, std::string>> headers = {},
                      std::string method = "GET") {
  net::HttpRequest request;
  request.method = std::move(method);
  request.target = std::move(target);
  request.headers = std::move(headers);
  const net::HttpResponse response = fixture.http.respond(request);
  if (response.content_type == "application/json" && !response.body.empty()) {
    rapidjson::Document document;
    document.Parse<rapidjson::kParseValidateEncodingFlag>(response.body.c_str());
    CHECK_MESSAGE(!document.HasParseError(), response.body);
  }
  return response;
}

bool is_name(std::string_view text) {
  if (text.empty() || (std::isdigit(static_cast<unsigned char>(text[0])) != 0)) return false;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_' && c != ':') return false;
  }
  return true;
}

/// Checks the exposition format line by line: HELP then TYPE then samples of that family, label syntax, numbers, and histograms that add up.
/// Returns the samples, by name and labels.
std::map<std::string, double> check_exposition(const std::string& page) {
  REQUIRE(page.ends_with('\n'));
  std::map<std::string, double> samples;
  std::set<std::string> families;
  std::string family, type, helped;
  std::map<std::string, double> last_bucket;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    CAPTURE(line);
    if (line.starts_with("# HELP ")) {
      helped = line.substr(7, line.find(' ', 7) - 7);
      REQUIRE(is_name(helped));
      REQUIRE(line.size() > 8 + helped.size());
      continue;
    }
    if (line.starts_with("# TYPE ")) {
      std::istringstream words(line.substr(7));
      words >> family >> type;
      REQUIRE(family == helped);
      REQUIRE((type == "counter" || type == "gauge" || type == "histogram"));
      REQUIRE(families.insert(family).second);
      if (type == "counter") REQUIRE(family.ends_with("_total"));
      continue;
    }
    const std::size_t brace = line.find('{');
    const std::size_t name_end = std::min(brace, line.find(' '));
    const std::string name = line.substr(0, name_end);
    REQUIRE(is_name(name));
    if (type == "histogram") {
      REQUIRE((name == family + "_bucket" || name == family + "_sum" || name == family + "_count"));
    } else {
      REQUIRE(name == family);
    }
    std::size_t at = name_end;
    std::map<std::string, std::string> labels;
    if (line[at] == '{') {
      do {
        const std::size_t equals = line.find("=\"", ++at);
        REQUIRE(equals != std::string::npos);
        const std::string label = line.substr(at, equals - at);
        REQUIRE(is_name(label));
        std::string value;
        for (at = equals + 2; line[at] != '"'; ++at) {
          if (line[at] == '\\') ++at;
          value += line[at];
        }
        REQUIRE(labels.emplace(label, value).second);
        ++at;
      } while (line[at] == ',');
      REQUIRE(line[at] == '}');
      ++at;
    }
    REQUIRE(line[at] == ' ');
    std::size_t used = 0;
    const double value = std::stod(line.substr(at + 1), &used);
    REQUIRE(at + 1 + used == line.size());
    REQUIRE(samples.emplace(line.substr(0, at), value).second);
    if (type == "histogram") {
      const std::string series = family + labels["broker"];
      if (labels.contains("le")) {
        REQUIRE(value >= last_bucket[series]);
        last_bucket[series] = value;
      } else if (name.ends_with("_count")) {
        REQUIRE(value == last_bucket[series]);
      }
    }
  }
  return samples;
}

}  // namespace

TEST_CASE("http: health answers as long as the process serves") {
  HubFixture fixture;
  CHECK(get(fixture, "/health").status == 200);
  CHECK(get(fixture, "/health").body == R"({"status":"ok","version":"1.2.3","epoch":"e1","timestamp":"2023-11-14T22:13:20.000Z"})");
  CHECK(get(fixture, "/health/redis").body == R"({"status":"disabled"})");
  CHECK(get(fixture, "/health/redis").status == 200);
  CHECK(get(fixture, "/health?x=1").status == 200);
}

TEST_CASE("http: ready waits for the required brokers and names them") {
  HubFixture fixture;
  net::HttpResponse response = get(fixture, "/ready");
  CHECK(response.status == 503);
  CHECK(response.body.starts_with(R"({"ready":false,"waiting_for":["binance"],"brokers":[{"name":"binance","state":"connecting",)"));
  fixture.emit(broker_status(BrokerState::Live));
  response = get(fixture, "/ready");
  CHECK(response.status == 200);
  CHECK(response.body.starts_with(R"({"ready":true,"waiting_for":[],)"));
  fixture.emit(broker_status(BrokerState::Reconnecting, "cut"));
  CHECK(get(fixture, "/ready").status == 503);
  fixture.emit(broker_status(BrokerState::Live));
  fixture.hub.shutting_down = true;
  CHECK(get(fixture, "/ready").status == 503);
}

TEST_CASE("http: unknown pages and methods are refused in JSON") {
  HubFixture fixture;
  CHECK(get(fixture, "/nothing").status == 404);
  CHECK(get(fixture, "/nothing").body.starts_with(R"({"status":404,"message":"no such page","hint":)"));
  CHECK(get(fixture, "/health/").status == 404);
  const net::HttpResponse posted = get(fixture, "/health", {}, "POST");
  CHECK(posted.status == 405);
  CHECK(posted.headers == std::vector<std::pair<std::string, std::string>>{{"Allow", "GET, HEAD"}});
  CHECK(get(fixture, "/ws").status == 426);
  const net::HttpResponse head = get(fixture, "/health", {}, "HEAD");
  CHECK(head.status == 200);
  CHECK(head.body.empty());
}

TEST_CASE("http: foreign origins are refused, listed ones may read") {
  DistributorOptions options = test_options();
  options.origins = {"https://desk.example"};
  options.hosts = {"gate:7410"};
  HubFixture fixture(options);
  CHECK(get(fixture, "/health", {{"Host", "gate:7410"}}).status == 200);
  CHECK(get(fixture, "/health", {{"Host", "gate:7410"}, {"Origin", "http://GATE:7410"}}).status == 200);
  CHECK(get(fixture, "/health", {{"Host", "gate:7410"}, {"Origin", "http://gate:7411"}}).status == 403);
  CHECK(get(fixture, "/health", {{"Host", "gate:7410"}, {"Origin", "http://gate"}}).status == 403);
  CHECK(get(fixture, "/health", {{"Host", "gate:7410"}, {"Origin", "null"}}).status == 403);
  const net::HttpResponse listed = get(fixture, "/health", {{"Host", "gate:7410"}, {"Origin", "https://desk.example"}});
  CHECK(listed.status == 200);
  CHECK(listed.headers[0] == std::pair<std::string, std::string>{"Access-Control-Allow-Origin", "https://desk.example"});
}

TEST_CASE("http: snapshot gives the last values of every channel, and names what is missing") {
  HubFixture fixture;
  FakeConnection connection;
  fixture.join(connection);
  fixture.ask(connection, R"({"op":"subscribe","channels":["trade","orderbook"],"symbols":["BINANCE:BTCUSDT","BINANCE:ETHUSDT"]})");
  CHECK(get(fixture, "/v1/snapshot?symbols=BINANCE:BTCUSDT").body == R"({"snapshots":[],"missing":["BINANCE:BTCUSDT"]})");
  fixture.emit(trade(kBtc, 4));
  fixture.emit(Book(kBtc, 2, 30));
  const std::string body = get(fixture, "/v1/snapshot?symbols=BINANCE:BTCUSDT,BINANCE:ETHUSDT,,X%22:Y&depth=1").body;
  CHECK(body.starts_with(R"({"snapshots":[{"type":"trade","symbol":"BINANCE:BTCUSDT","seq":4,)"));
  CHECK(body.find(R"({"type":"orderbook","symbol":"BINANCE:BTCUSDT","seq":2,)") != std::string::npos);
  CHECK(body.find(R"("flags":["snapshot"],"bids":[["100","1"]],"asks":[["100.01","2"]]})") != std::string::npos);
  CHECK(body.ends_with(R"(],"missing":["BINANCE:ETHUSDT","X\":Y"]})"));
  CHECK(get(fixture, "/v1/snapshot").status == 400);
  CHECK(get(fixture, "/v1/snapshot?symbols=A&depth=0").status == 400);
  fixture.leave(connection);
}

TEST_CASE("http: instruments are searched, with their rules and brokers") {
  HubFixture fixture;
  CHECK(get(fixture, "/v1/instruments?query=eth").body ==
        R"([{"symbol":"BINANCE:ETHUSDT","venue":"BINANCE","name":"ETHUSDT","tick_size":"0.01","lot_size":null,"expiry":null,"strike":null,)"
        R"("status":"TRADING","brokers":["binance"]}])");
  const auto count = [&](const std::string& target) {
    rapidjson::Document document;
    document.Parse(get(fixture, target).body.c_str());
    return document.Size();
  };
  CHECK(count("/v1/instruments?query=X&limit=7") == 7);
  CHECK(count("/v1/instruments?query=X") == 50);
  CHECK(count("/v1/instruments?query=nothing") == 0);
  for (const std::string limit : {"0", "1001", "-1", "x", "5x"}) CHECK(get(fixture, "/v1/instruments?query=X&limit=" + limit).status == 400);
  fixture.hub.catalog = nullptr;
  CHECK(get(fixture, "/v1/instruments?query=X").body == "[]");
  CHECK(get(fixture, "/v1/snapshot?symbols=A:B").body == R"({"snapshots":[],"missing":["A:B"]})");
  CHECK(get(fixture, "/v1/brokers").body == "[]");
}

TEST_CASE("http: status counts connections and subscriptions in both spellings") {
  HubFixture fixture;
  FakeConnection one, two;
  fixture.join(one);
  fixture.join(two);
  fixture.ask(one, R"({"op":"subscribe","channels":["trade","quote"],"symbols":["BINANCE:BTCUSDT"]})");
  fixture.ask(two, R"({"op":"subscribe","channels":["trade"],"symbols":["BINANCE:BTCUSDT"]})");
  CHECK(get(fixture, "/ws/status")
            .body.starts_with(R"({"status":"ok","active_connections":2,"user_connections":{},"total_subscriptions":3,"activeConnections":2,)"
                              R"("topicSubscriptions":{"market:BINANCE:BTCUSDT":3},"brokers":[{"name":"binance","state":"connecting",)"));
  fixture.leave(one);
  fixture.leave(two);
  CHECK(get(fixture, "/ws/status").body.find(R"("active_connections":0,"user_connections":{},"total_subscriptions":0)") != std::string::npos);
}

TEST_CASE("metrics: every counter is there, in valid exposition format") {
  HubFixture fixture;
  fixture.telemetry.brokers[1].name = "od\"d\\\n\xff";
  count(fixture.telemetry.brokers[0].counters.frames_received, 42);
  count(fixture.telemetry.brokers[0].counters.bad_by_reason[static_cast<std::size_t>(Reason::BadDecimal)], 3);
  fixture.telemetry.brokers[0].exchange_to_receive.record(Duration{-5'000});
  fixture.telemetry.brokers[0].exchange_to_receive.record(Duration{3'000'000});
  fixture.telemetry.brokers[0].exchange_to_receive.record(Duration{std::int64_t{100'000'000'000}});
  FakeConnection connection;
  fixture.join(connection);
  fixture.ask(connection, R"({"op":"subscribe","channels":["trade","quote"],"symbols":["BINANCE:BTCUSDT"]})");
  fixture.emit(broker_status(BrokerState::Live));
  fixture.clock.advance(std::chrono::milliseconds{1'500});

  const net::HttpResponse response = get(fixture, "/metrics");
  CHECK(response.content_type.starts_with("text/plain; version=0.0.4"));
  const auto samples = check_exposition(response.body);
  const auto value = [&samples](const std::string& name) {
    REQUIRE_MESSAGE(samples.contains(name), name);
    return samples.at(name);
  };
#define TIDEGATE_CHECK_BROKER(name, help) CHECK(value("tidegate_broker_" #name "_total{broker=\"binance\"}") >= 0);
  TIDEGATE_BROKER_COUNTERS(TIDEGATE_CHECK_BROKER)
#define TIDEGATE_CHECK_GATEWAY(name, help) CHECK(value("tidegate_" #name "_total") >= 0);
  TIDEGATE_GATEWAY_COUNTERS(TIDEGATE_CHECK_GATEWAY)
  CHECK(value("tidegate_broker_frames_received_total{broker=\"binance\"}") == 42);
  CHECK(value("tidegate_broker_bad_total{broker=\"binance\",reason=\"bad_decimal\"}") == 3);
  CHECK(value("tidegate_subscribers") == 1);
  CHECK(value("tidegate_subscriptions") == 2);
  CHECK(value("tidegate_streams") == 2);
  CHECK(value("tidegate_outbox_bytes") == static_cast<double>(connection.queued));
  CHECK(value("tidegate_uptime_seconds") == 1.5);
  CHECK(value("tidegate_broker_state{broker=\"binance\",state=\"live\"}") == 1);
  CHECK(value("tidegate_broker_state{broker=\"binance\",state=\"down\"}") == 0);
  CHECK(value("tidegate_exchange_to_receive_seconds_count{broker=\"binance\"}") == 3);
  CHECK(value("tidegate_exchange_to_receive_seconds_bucket{broker=\"binance\",le=\"0.000001\"}") == 1);
  CHECK(value("tidegate_exchange_to_receive_seconds_bucket{broker=\"binance\",le=\"0.004096\"}") == 2);
  CHECK(value("tidegate_exchange_to_receive_seconds_bucket{broker=\"binance\",le=\"+Inf\"}") == 3);
  CHECK(value("tidegate_broker_connects_total{broker=\"od\\\"d\\\\\\n\xEF\xBF\xBD\"}") == 0);
  CHECK(value("tidegate_build_info{version=\"1.2.3\"}") == 1);
  fixture.leave(connection);
}

TEST_CASE("http: the pages are served on the gateway's own port, next to its sockets") {
  Gateway gateway;
  Client client(gateway);
  net::HttpClient http;
  const auto fetch = [&](const std::string& target, const std::string& method = "GET") {
    net::HttpAnswer answer;
    bool done = false;
    net::HttpCall call;
    call.method = method;
    call.url = "http://127.0.0.1:" + std::to_string(gateway.distributor->port()) + target;
    http.send(std::move(call), gateway.loop, [&](net::HttpAnswer&& got) {
      answer = std::move(got);
      done = true;
    });
    gateway.until([&] { return done; });
    return answer;
  };
  CHECK(fetch("/health").status == 200);
  CHECK(fetch("/ready").status == 503);
  CHECK(fetch("/v1/brokers").body == R"([{"name":"binance"}])");
  CHECK(fetch("/v1/instruments?query=btc%75sdt&limit=1").body.find("BINANCE-USDM:BTCUSDT") != std::string::npos);
  CHECK(fetch("/nothing").status == 404);
  CHECK(fetch("/health", "DELETE").status == 405);
  client.ask(R"({"op":"ping"})");
  const auto samples = check_exposition(fetch("/metrics").body);
  CHECK(samples.at("tidegate_subscribers") == 1);
  CHECK(samples.at("tidegate_http_requests_total") == 7);
  CHECK(samples.at("tidegate_bytes_sent_total") > 0);
  CHECK(samples.at("tidegate_writes_total") > 0);
}
