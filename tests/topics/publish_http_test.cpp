// POST /v1/publish: who may, what is answered, and every refusal.
#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include <optional>
#include <string>

#include "gateway/net/http_client.hpp"
#include "tests/topics/users.hpp"

using namespace tidegate;
using namespace tidegate::test;

namespace {

Identity administrator() {
  Identity identity;
  identity.user = "root";
  identity.admin = true;
  return identity;
}

net::HttpResponse post(HubFixture& fixture, std::string body, std::string_view user = "svc", std::string type = "application/json") {
  net::HttpRequest request;
  request.method = "POST";
  request.target = "/v1/publish";
  request.body = std::move(body);
  request.headers = {{"Content-Type", std::move(type)}};
  if (!user.empty()) request.headers.emplace_back("Authorization", "Bearer " + std::string(user) + "-token");
  const distributor::Hub::Scope scope(fixture.hub);
  const net::HttpResponse response = fixture.http.respond(request);
  rapidjson::Document document;
  document.Parse<rapidjson::kParseValidateEncodingFlag>(response.body.c_str());
  CHECK_MESSAGE(!document.HasParseError(), response.body);
  return response;
}

}  // namespace

TEST_CASE("publish by HTTP: one message is published and acknowledged") {
  HubFixture fixture(options_with_users());
  FakeConnection reader;
  fixture.join(reader).identity = std::make_shared<const Identity>(administrator());
  fixture.ask(reader, R"({"op":"subscribe","topics":["orders"]})");
  const net::HttpResponse response = post(fixture, "{\"topic\":\"orders\",\n \"data\": {\"id\": 1.50},\n \"key\":\"k\"}\n");
  CHECK(response.status == 200);
  CHECK(response.body == R"({"topic":"orders","seq":1,"delivered":1,"duplicate":false})");
  CHECK(reader.messages.back().ends_with(R"("origin":"publisher:svc","key":"k","data":{"id":1.50}})"));
  CHECK(post(fixture, R"({"topic":"orders","data":{"id":1.50},"key":"k"})").body == R"({"topic":"orders","seq":1,"delivered":0,"duplicate":true})");
}

TEST_CASE("publish by HTTP: a list is published one by one; what is refused keeps nothing else from going out") {
  HubFixture fixture(options_with_users());
  CHECK(post(fixture, R"([{"topic":"a","data":1},{"topic":"a","data":2}])").body ==
        R"({"results":[{"topic":"a","seq":1,"delivered":0,"duplicate":false},{"topic":"a","seq":2,"delivered":0,"duplicate":false}]})");
  const net::HttpResponse mixed = post(fixture, R"([{"topic":"orders","data":1},{"topic":"positions","data":1},7,{"topic":"orders"}])", "orders-svc");
  CHECK(mixed.status == 207);
  CHECK(mixed.body.find(R"({"topic":"orders","seq":1,)") != std::string::npos);
  CHECK(mixed.body.find(R"({"topic":"positions","code":4013,)") != std::string::npos);
  CHECK(mixed.body.find(R"({"topic":"","code":4004,"message":"not a JSON object")") != std::string::npos);
  CHECK(mixed.body.find(R"("message":"data is missing")") != std::string::npos);
}

TEST_CASE("publish by HTTP: every refusal has its status, its code and a hint") {
  DistributorOptions options = options_with_users();
  options.topics.message_bytes = 200;
  options.topics.publish_per_minute = 3;
  options.topics.retained = 1;
  HubFixture fixture(std::move(options));
  const std::string good = R"({"topic":"orders","data":1})";
  const auto refused = [&](const net::HttpResponse& response, int status, const char* code) {
    CHECK_MESSAGE(response.status == status, response.body);
    CHECK_MESSAGE(field(response.body, "code") == code, response.body);
    CHECK_MESSAGE(!field(response.body, "message").empty(), response.body);
    CHECK_MESSAGE(!field(response.body, "hint").empty(), response.body);
  };
  refused(post(fixture, good, ""), 401, "4001");
  refused(post(fixture, good, "wrong"), 401, "4001");
  refused(post(fixture, good, "alice"), 403, "4013");
  refused(post(fixture, good, "svc", "text/plain"), 415, "4004");
  refused(post(fixture, good, "svc", ""), 415, "4004");
  refused(post(fixture, ""), 400, "4004");
  refused(post(fixture, "{"), 400, "4004");
  refused(post(fixture, "[]"), 400, "4004");
  refused(post(fixture, R"({"topic":"a b","data":1})"), 400, "4004");
  refused(post(fixture, R"({"topic":"orders","data":)" + std::string(20, '[') + std::string(20, ']') + "}"), 400, "4004");
  refused(post(fixture, "{\"topic\":\"orders\",\"data\":\"\xff\"}"), 400, "4004");
  refused(post(fixture, R"({"topic":"orders","data":")" + std::string(200, 'x') + "\"}"), 413, "4022");
  std::string many = "[";
  for (int i = 0; i < 1001; ++i) many += std::string(i == 0 ? "" : ",") + good;
  refused(post(fixture, many + "]"), 400, "4004");
  refused(post(fixture, R"({"topic":"orders","data":1,"retain":true})"), 507, "4014");
  CHECK(post(fixture, good).status == 200);
  CHECK(post(fixture, good, "svc", "Application/JSON; charset=utf-8").status == 200);
  const net::HttpResponse often = post(fixture, good);
  refused(often, 429, "4020");
  CHECK(field(often.body, "retry_after_ms") == "60000");
  CHECK(often.headers[0] == std::pair<std::string, std::string>{"Retry-After", "60"});
}

TEST_CASE("publish by HTTP: other methods are refused, and the page is named among the others") {
  HubFixture fixture(options_with_users());
  net::HttpRequest request;
  request.method = "GET";
  request.target = "/v1/publish";
  CHECK(fixture.http.respond(request).status == 405);
  request.target = "/v1/nothing";
  const net::HttpResponse missing = fixture.http.respond(request);
  CHECK(missing.status == 404);
  CHECK(missing.body.find("/v1/publish") != std::string::npos);
}

TEST_CASE("publish by HTTP: over a real socket, the token in the query") {
  Gateway gateway(options_with_users());
  const auto reader = connect(gateway, "alice");
  reader->ask(R"({"op":"subscribe","topics":["orders"]})");
  net::HttpClient client;
  net::HttpCall call;
  call.method = "POST";
  call.url = "http://127.0.0.1:" + std::to_string(gateway.distributor->port()) + "/v1/publish?token=svc-token";
  call.headers = {{"Content-Type", "application/json"}};
  call.body = R"({"topic":"orders","data":"by HTTP"})";
  std::optional<net::HttpAnswer> result;
  client.send(call, gateway.loop, [&](net::HttpAnswer&& answer) { result = std::move(answer); });
  gateway.until([&] { return result.has_value(); });
  CHECK(result->status == 200);
  CHECK(result->body == R"({"topic":"orders","seq":1,"delivered":1,"duplicate":false})");
  reader->wait(3);
  CHECK(field(reader->messages[2], "data") == "by HTTP");
}
