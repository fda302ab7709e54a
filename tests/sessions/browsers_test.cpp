// Pages of browsers: whose may reach the gateway, and by which name. With plain programs next to them.
#include <doctest/doctest.h>

#include "tests/distributor/hub_fixture.hpp"
#include "tests/sessions/people.hpp"

using namespace tidegate;
using namespace tidegate::test;
using namespace std::chrono_literals;
using Headers = std::vector<std::pair<std::string, std::string>>;

namespace {

/// Of an upgrade that is refused.
net::HttpAnswer upgrade(Gateway& gateway, Headers headers) {
  headers.insert(
      headers.end(),
      {{"Connection", "Upgrade"}, {"Upgrade", "websocket"}, {"Sec-WebSocket-Version", "13"}, {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}});
  return fetch(gateway, "GET", "/ws", "", std::move(headers));
}

net::HttpResponse ask(HubFixture& fixture, Headers headers, std::string method = "GET", std::string address = "127.0.0.1") {
  net::HttpRequest request;
  request.method = std::move(method);
  request.target = "/health";
  request.version = "HTTP/1.1";
  request.remote_address = std::move(address);
  request.headers = std::move(headers);
  return fixture.http.respond(request);
}

std::string header(const net::HttpResponse& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return {};
}

}  // namespace

TEST_CASE("browsers: a name that another site may have made stand for our address is refused, for pages and for upgrades") {
  DistributorOptions options = test_options();
  options.hosts = {"gate.example", "desk.example:81"};
  Gateway gateway(options);
  const std::string port = ":" + std::to_string(gateway.distributor->port());
  for (const std::string& host : {"127.0.0.1" + port, "localhost" + port, std::string("LOCALHOST"), "[::1]" + port, std::string("127.9.9.9:1"),
                                  "gate.example" + port, std::string("Gate.Example."), std::string("desk.example:81")}) {
    CAPTURE(host);
    CHECK(fetch(gateway, "GET", "/health", "", {{"Host", host}}).status == 200);
  }
  for (const std::string& host : {"evil.example" + port, std::string("desk.example:82"), std::string("127.0.0.1.evil.example"),
                                  std::string("localhost.evil.example"), std::string("10.0.0.1"), std::string("[::2]")}) {
    CAPTURE(host);
    const net::HttpAnswer answer = fetch(gateway, "GET", "/health", "", {{"Host", host}});
    CHECK(answer.status == 421);
    CHECK(holds(answer.body, "server.hosts"));
    const net::HttpAnswer refused = upgrade(gateway, {{"Host", host}});
    CHECK(refused.status == 421);
    CHECK(holds(refused.body, "server.hosts"));
  }
  CHECK(gateway.telemetry.gateway.http_refused == 12);
}

TEST_CASE("browsers: one page cannot lend its name to the origin check: Host and Origin of a stranger agree and are refused") {
  HubFixture fixture;
  CHECK(ask(fixture, {{"Host", "evil.example"}, {"Origin", "http://evil.example"}}).status == 421);
  CHECK(ask(fixture, {{"Host", "localhost:1"}, {"Origin", "http://localhost:1"}}).status == 200);
  CHECK(ask(fixture, {{"Host", "localhost:1"}, {"Origin", "https://LOCALHOST:1"}}).status == 200);
  CHECK(ask(fixture, {{"Host", "localhost:1"}, {"Origin", "http://localhost:2"}}).status == 403);
  CHECK(ask(fixture, {{"Host", "localhost:1"}, {"Origin", "null"}}).status == 403);
  Gateway gateway;
  CHECK(upgrade(gateway, {{"Origin", "http://evil.example"}}).status == 403);
  CHECK(upgrade(gateway, {{"Origin", "null"}}).status == 403);
}

TEST_CASE("browsers: no Host at all is refused where HTTP/1.1 asks for one") {
  HubFixture fixture;
  CHECK(ask(fixture, {}).status == 400);
  CHECK(ask(fixture, {{"Host", ""}}).status == 400);
  CHECK(ask(fixture, {{"Host", "localhost"}}).status == 200);
  for (const char* const host : {"local host", "localhost:port", "localhost:1:2", "[::1", "[::1]x", "@localhost", "localhost/"}) {
    CAPTURE(host);
    CHECK(ask(fixture, {{"Host", host}}).status == 421);
  }
}

TEST_CASE("browsers: listening on every address, any address is ours, but no name that is not listed") {
  DistributorOptions options = test_options();
  options.host = "0.0.0.0";
  HubFixture fixture(options);
  CHECK(ask(fixture, {{"Host", "192.168.1.5:7410"}}).status == 200);
  CHECK(ask(fixture, {{"Host", "[fe80::1]:7410"}}).status == 200);
  CHECK(ask(fixture, {{"Host", "gate:7410"}}).status == 421);
}

TEST_CASE("browsers: a page of a listed origin may ask first, and read the answers; no other page may") {
  DistributorOptions options = test_options();
  options.origins = {"https://desk.example"};
  HubFixture fixture(options);
  const Headers question = {{"Host", "localhost:7410"},
                            {"Origin", "https://desk.example"},
                            {"Access-Control-Request-Method", "POST"},
                            {"Access-Control-Request-Private-Network", "true"}};
  const net::HttpResponse allowed = ask(fixture, question, "OPTIONS");
  CHECK(allowed.status == 204);
  CHECK(header(allowed, "Access-Control-Allow-Origin") == "https://desk.example");
  CHECK(holds(header(allowed, "Access-Control-Allow-Headers"), "Authorization"));
  CHECK(holds(header(allowed, "Access-Control-Allow-Methods"), "POST"));
  CHECK(header(allowed, "Access-Control-Allow-Private-Network") == "true");
  CHECK(header(ask(fixture, {{"Host", "localhost"}, {"Origin", "https://DESK.example"}}), "Access-Control-Allow-Origin") == "https://DESK.example");
  const net::HttpResponse own = ask(fixture, {{"Host", "localhost"}, {"Origin", "http://localhost"}});
  CHECK(own.status == 200);
  CHECK(header(own, "Access-Control-Allow-Origin").empty());
  CHECK(header(own, "Vary") == "Origin");
  Headers foreign = question;
  foreign[1].second = "https://evil.example";
  CHECK(ask(fixture, foreign, "OPTIONS").status == 403);
  CHECK(header(ask(fixture, foreign, "OPTIONS"), "Access-Control-Allow-Origin").empty());
  CHECK(ask(fixture, {{"Host", "localhost"}}, "OPTIONS").status == 405);
}

TEST_CASE("browsers: requests of one address are limited a minute, those of loopback are not") {
  DistributorOptions options = test_options();
  options.limits.http_requests_per_minute = 2;
  HubFixture fixture(options);
  const Headers headers = {{"Host", "localhost"}};
  for (int i = 0; i < 5; ++i) CHECK(ask(fixture, headers, "GET", "127.0.0.1").status == 200);
  CHECK(ask(fixture, headers, "GET", "192.0.2.1").status == 200);
  CHECK(ask(fixture, headers, "GET", "192.0.2.1").status == 200);
  const net::HttpResponse refused = ask(fixture, headers, "GET", "192.0.2.1");
  CHECK(refused.status == 429);
  CHECK(field(refused.body, "code") == "4020");
  CHECK(field(refused.body, "retry_after_ms") == "60000");
  CHECK(header(refused, "Retry-After") == "60");
  CHECK(ask(fixture, headers, "GET", "192.0.2.2").status == 200);
  CHECK(fixture.telemetry.gateway.limited_http == 1);
  fixture.clock.advance(1min);
  CHECK(ask(fixture, headers, "GET", "192.0.2.1").status == 200);
}

TEST_CASE("browsers: more addresses than are counted apart share one count, and are let in again later") {
  DistributorOptions options = test_options();
  options.limits.http_requests_per_minute = 1;
  HubFixture fixture(options);
  const auto from = [&](int number) {
    return ask(fixture, {{"Host", "localhost"}}, "GET", "10.1." + std::to_string(number / 256) + "." + std::to_string(number % 256)).status;
  };
  for (int i = 0; i < 4096; ++i) CHECK(from(i) == 200);
  CHECK(from(5000) == 200);
  CHECK(from(5001) == 429);
  fixture.clock.advance(1min);
  CHECK(from(5001) == 200);
}
