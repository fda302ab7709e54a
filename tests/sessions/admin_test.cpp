// Administration over HTTP: who may, what it shows, what it does.
#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include "tests/sessions/people.hpp"

using namespace tidegate;
using namespace tidegate::test;
using namespace std::chrono_literals;

namespace {

std::string admin(Gateway& gateway, const std::string& method, const std::string& what, int status = 200) {
  const net::HttpAnswer answer = fetch(gateway, method, "/v1/admin/" + what, "root-token");
  CHECK_MESSAGE(answer.status == status, answer.body);
  rapidjson::Document document;
  document.Parse<rapidjson::kParseValidateEncodingFlag>(answer.body.c_str());
  CHECK_FALSE(document.HasParseError());
  return answer.body;
}

}  // namespace

TEST_CASE("administration: for the role admin alone, with the token in the header") {
  Gateway gateway(with_logins(false));
  CHECK(fetch(gateway, "GET", "/v1/admin/sessions").status == 401);
  CHECK(fetch(gateway, "GET", "/v1/admin/sessions?token=root-token").status == 401);
  CHECK(fetch(gateway, "GET", "/v1/admin/sessions", "wrong").status == 401);
  CHECK(fetch(gateway, "GET", "/v1/admin/sessions", "gone-token").status == 403);
  const net::HttpAnswer refused = fetch(gateway, "POST", "/v1/admin/drain", "alice-token");
  CHECK(refused.status == 403);
  CHECK(field(refused.body, "code") == "4013");
  CHECK_FALSE(field(refused.body, "hint").empty());
  CHECK(fetch(gateway, "GET", "/v1/admin/sessions", "root-token").status == 200);
  CHECK(gateway.telemetry.gateway.administration_requests == 1);
  CHECK(fetch(gateway, "GET", "/v1/brokers").status == 200);
}

TEST_CASE("administration: closed where nobody can log in, with a hint how to open it") {
  Gateway gateway;
  const net::HttpAnswer answer = fetch(gateway, "GET", "/v1/admin/sessions", "root-token");
  CHECK(answer.status == 403);
  CHECK(holds(answer.body, "server.auth"));
}

TEST_CASE("administration: sessions and users are shown with their figures, never with a query") {
  Gateway gateway(with_logins(false));
  Client alice = connect(gateway, "/ws?token=alice-token");
  Client anonymous = connect(gateway, "/ws/market?dialect=native");
  Client awaited = connect(gateway, "/ws/trading?dialect=native");
  for (Client* client : {&alice, &anonymous, &awaited}) client->wait(1);
  alice.ask(R"({"op":"subscribe","channels":["trade","quote"],"symbols":["BINANCE:BTCUSDT"]})");
  const std::string sessions = admin(gateway, "GET", "sessions");
  CHECK(holds(sessions, R"({"id":"1","session":"e1-1","user":"alice","address":"127.0.0.1","path":"/ws","format":"native",)"
                        R"("since":"2023-11-14T22:13:20.000Z","expires":null,"awaiting_login":false,"subscriptions":2,"queued_bytes":0,)"
                        R"("messages_sent":2,"requests":1})"));
  CHECK(holds(sessions, R"("user":null,"address":"127.0.0.1","path":"/ws/market",)"));
  CHECK(holds(sessions, R"("path":"/ws/trading","format":"native","since":"2023-11-14T22:13:20.000Z","expires":null,"awaiting_login":true)"));
  CHECK_FALSE(holds(sessions, "token"));
  CHECK(
      holds(admin(gateway, "GET", "users"), R"({"user":"alice","connections":1,"subscriptions":2,"queued_bytes":0,"messages_sent":2,"requests":1})"));
  CHECK(holds(admin(gateway, "GET", "users"), R"({"user":null,"connections":2,)"));
  const std::string metrics = fetch(gateway, "GET", "/metrics").body;
  CHECK(holds(metrics, "tidegate_users 1\n"));
  CHECK(holds(metrics, "tidegate_sessions{path=\"/ws/trading\"} 1\n"));
}

TEST_CASE("administration: a session and all of a user are disconnected, and told by whom") {
  Gateway gateway(with_logins(false));
  Client one = connect(gateway, "/ws?token=alice-token");
  one.wait(1);
  Client two = connect(gateway, "/ws?token=bob-token");
  two.wait(1);
  Client three = connect(gateway, "/ws?token=bob-token");
  three.wait(1);
  CHECK(admin(gateway, "DELETE", "sessions/e1-1") == R"({"disconnected":1})");
  one.wait_closed();
  CHECK(one.closed.code == 4050);
  CHECK(field(one.messages.back(), "message") == "disconnected by an administrator");
  CHECK(two.closed.code == 0);
  CHECK(admin(gateway, "DELETE", "users/bob") == R"({"disconnected":2})");
  two.wait_closed();
  three.wait_closed();
  admin(gateway, "DELETE", "sessions/77", 404);
  admin(gateway, "DELETE", "users/nobody", 404);
  admin(gateway, "DELETE", "sessions", 404);
  admin(gateway, "PUT", "drain", 404);
  CHECK(gateway.telemetry.gateway.sessions_disconnected == 3);
}

TEST_CASE("administration: a drain tells all, closes them one after the other, and takes nobody until it is ended") {
  Gateway gateway(with_logins(false));
  gateway.emit(broker_status(BrokerState::Live));
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 4; ++i) clients.push_back(std::make_unique<Client>(gateway));
  CHECK(fetch(gateway, "GET", "/ready").status == 200);
  admin(gateway, "POST", "drain?over=soon", 400);
  CHECK(admin(gateway, "POST", "drain?over=40s") == R"({"draining":4})");
  const auto closed = [&] {
    std::size_t count = 0;
    for (const auto& client : clients) count += client->closed.code == 4050 ? 1 : 0;
    return count;
  };
  for (const auto& client : clients) client->wait(1);
  CHECK(field(clients[0]->messages[0], "kind") == "drain");
  CHECK(closed() == 0);
  for (std::size_t i = 1; i <= 4; ++i) {
    gateway.advance(10s);
    gateway.until([&] { return closed() == i; });
    for (const auto& client : clients) {
      if (client->closed.code == 0) client->sync();
    }
    CHECK(closed() == i);
  }
  CHECK(fetch(gateway, "GET", "/ready").status == 503);
  CHECK(fetch(gateway, "GET", "/health").status == 200);
  CHECK(field(fetch(gateway, "GET", "/ws/status").body, "status") == "draining");
  Client refused = connect(gateway, "/ws");
  refused.wait_closed();
  CHECK(refused.closed.http_status == 503);
  admin(gateway, "DELETE", "drain");
  Client welcome(gateway);
  CHECK(fetch(gateway, "GET", "/ready").status == 200);
  CHECK(gateway.telemetry.gateway.sessions_disconnected == 4);
}

TEST_CASE("administration: brokers are reconnected by name, not more often than they bear") {
  Gateway gateway(with_logins(false));
  admin(gateway, "POST", "brokers/zerodha/reconnect", 202);
  CHECK(gateway.reconnected == std::vector<BrokerId>{BrokerId{1}});
  CHECK(field(admin(gateway, "POST", "brokers/zerodha/reconnect", 429), "retry_after_ms") == "10000");
  admin(gateway, "POST", "brokers/binance/reconnect", 202);
  gateway.advance(10s);
  admin(gateway, "POST", "brokers/zerodha/reconnect", 202);
  CHECK(gateway.reconnected.size() == 3);
  admin(gateway, "POST", "brokers/nobody/reconnect", 404);
  admin(gateway, "GET", "brokers/zerodha/reconnect", 404);
}

TEST_CASE("administration: a venue or a symbol is given to a broker, and the order taken back") {
  Gateway gateway(with_logins(false));
  CHECK(admin(gateway, "POST", "routing/NSE/zerodha", 202) == R"({"target":"NSE","broker":"zerodha"})");
  CHECK(field(admin(gateway, "POST", "routing/NSE%3ANIFTY%2050/binance", 202), "target") == "NSE:NIFTY 50");
  CHECK(gateway.orders == std::vector<std::string>{"NSE 1", "NSE:NIFTY 50 0"});
  admin(gateway, "POST", "routing/NSE/nobody", 404);
  admin(gateway, "POST", "routing/zerodha", 404);
  CHECK_FALSE(field(admin(gateway, "POST", "routing/NOWHERE/zerodha", 409), "hint").empty());
  admin(gateway, "DELETE", "routing/NSE", 200);
  admin(gateway, "DELETE", "routing/BSE", 404);
  CHECK(admin(gateway, "GET", "routing") == R"({"routing":[]})");
  CHECK(fetch(gateway, "POST", "/v1/admin/routing/NSE/zerodha", "alice-token").status == 403);
  CHECK(gateway.orders.size() == 2);
}

TEST_CASE("administration: a reload says what is wrong, or that it is done") {
  Gateway gateway(with_logins(false));
  CHECK(admin(gateway, "POST", "reload") == R"({"reloaded":true})");
  gateway.reload_changes = R"("added":["binance"])";
  CHECK(admin(gateway, "POST", "reload") == R"({"reloaded":true,"added":["binance"]})");
  gateway.reload_problem = "tokens.yaml:3:1: tokens: \"is\" wrong; mend it";
  CHECK(holds(admin(gateway, "POST", "reload", 409), R"(tokens: \"is\" wrong; mend it)"));
}

TEST_CASE("administration: a renewal is for brokers that can; a refusal costs no wait") {
  Gateway gateway(with_logins(false));
  gateway.renewal_problem = "it cannot";
  CHECK(holds(admin(gateway, "POST", "brokers/zerodha/renew", 409), "reconnect it"));
  gateway.renewal_problem.clear();
  CHECK(admin(gateway, "POST", "brokers/zerodha/renew", 202) == R"({"renewing":"zerodha"})");
  CHECK(gateway.renewed == std::vector<BrokerId>{BrokerId{1}});
  admin(gateway, "POST", "brokers/zerodha/reconnect", 429);
  admin(gateway, "POST", "brokers/nobody/renew", 404);
}
