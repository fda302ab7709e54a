#include "tests/session/scripted_ibkr.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <utility>

namespace tidegate::test {
namespace {

constexpr std::string_view kRoot = "/v1/api";

std::string truth(bool value) { return value ? "true" : "false"; }

}  // namespace

net::HttpResponse json_response(std::string body, int status) {
  net::HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

std::string ibkr_snapshot(std::string_view target, std::string_view last) {
  const std::string name{target};
  return R"({"_updated":1893456000000,"conid":)" + name.substr(0, name.find('@')) + R"(,"conidEx":")" + name + R"(","31":")" + std::string{last} +
         R"(","84":"271.40","88":"300","86":"271.60","85":"1,200","6509":"RpB","server_id":"q0","6119":"q0","topic":"smd+)" + name + "\"}";
}

ScriptedIbkr::ScriptedIbkr(net::EventLoop& loop) : server_(loop, *this, net::WsServerOptions{}) {
  const std::string problem = server_.listen("127.0.0.1", 0);
  REQUIRE_MESSAGE(problem.empty(), problem);
}

void ScriptedIbkr::send_all(std::string_view json) {
  for (const auto& peer : peers) peer->connection->send_binary(json);
}
void ScriptedIbkr::cut_all() {
  for (const auto& peer : peers) peer->connection->cut();
}

std::vector<std::string> ScriptedIbkr::commands() const {
  std::vector<std::string> all;
  for (const auto& peer : peers) {
    for (const std::string& text : peer->texts) all.push_back(text.substr(0, text.find("+{")));
  }
  return all;
}
std::size_t ScriptedIbkr::commands_of(std::string_view beginning) const {
  const auto all = commands();
  return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [&](const std::string& text) { return text.starts_with(beginning); }));
}
std::size_t ScriptedIbkr::calls_of(std::string_view method, std::string_view path) const {
  return static_cast<std::size_t>(std::count_if(calls.begin(), calls.end(), [&](const Call& c) { return c.method == method && c.path == path; }));
}
const ScriptedIbkr::Call& ScriptedIbkr::last_call(std::string_view path) const {
  const auto it = std::find_if(calls.rbegin(), calls.rend(), [&](const Call& c) { return c.path == path; });
  REQUIRE(it != calls.rend());
  return *it;
}

void ScriptedIbkr::lose_brokerage() {
  authenticated = primed = false;
  send_all(R"({"topic":"sts","args":{"authenticated":false}})");
}

// ---- REST ----

void ScriptedIbkr::on_http(const net::HttpRequest& request, net::HttpReply reply) {
  REQUIRE(request.target.starts_with(kRoot));
  calls.push_back({request.method, request.target.substr(kRoot.size()), request.body, request});
  const Call& call = calls.back();
  if (const auto it = next.find(call.path); it != next.end() && !it->second.empty()) {
    net::HttpResponse response = it->second.front();
    it->second.pop_front();
    return reply(std::move(response));
  }
  reply(rest(call));
}

std::string ScriptedIbkr::status() const {
  return R"({"authenticated":)" + truth(authenticated) + R"(,"competing":)" + truth(competing) + R"(,"connected":true,"message":"","MAC":"00:00")" +
         (authenticated ? R"(,"established":true})" : "}");
}

net::HttpResponse ScriptedIbkr::rest(const Call& call) {
  if (call.method == "POST") CHECK(call.request.header("Content-Length") == std::to_string(call.body.size()));
  if (call.path == "/tickle") {
    if (!logged_in) return json_response(R"({"error":"no session"})");
    net::HttpResponse response =
        json_response(R"({"session":")" + session + R"(","hmds":{"error":"no bridge"},"iserver":{"authStatus":)" + status() + "}}");
    response.headers.emplace_back("Set-Cookie", "x-sess-uuid=0.abcdef12; secure; HttpOnly");
    return response;
  }
  if (!logged_in) return json_response(R"({"error":"Unauthorized","statusCode":401})", 401);
  if (call.path == "/iserver/auth/status") return json_response(status());
  if (call.path == "/iserver/auth/ssodh/init") {
    init_bodies.push_back(call.body);
    const bool takes = call.body.find(R"("compete":true)") != std::string::npos;
    if (!authenticated && (takes || (init_opens && !competing))) {
      authenticated = true;
      competing = false;
    }
    return json_response(status());
  }
  if (!authenticated) return json_response(R"({"error":"not authenticated","statusCode":401})", 401);
  if (call.path == "/iserver/accounts") {
    primed = true;
    return json_response(R"({"accounts":[")" + account + R"("],"selectedAccount":")" + account + "\"}");
  }
  constexpr std::string_view kStocks = "/trsrv/stocks?symbols=";
  if (call.path.starts_with(kStocks)) {
    std::string body;
    std::string_view names = std::string_view{call.path}.substr(kStocks.size());
    while (!names.empty()) {
      const std::string name{names.substr(0, names.find(','))};
      names.remove_prefix(std::min(names.size(), name.size() + 1));
      const auto known = stocks.find(name);
      body += (body.empty() ? "\"" : ",\"") + name + "\":" + (known == stocks.end() ? "[]" : known->second);
    }
    return json_response("{" + body + "}");
  }
  if (call.path.starts_with("/iserver/secdef/search")) return json_response("[]");
  return json_response(R"({"error":"Resource not found","statusCode":404})", 404);
}

// ---- the socket ----

int ScriptedIbkr::on_upgrade(const net::HttpRequest& request) {
  upgrades.push_back(request);
  if (refusals == 0) return 101;
  --refusals;
  return refusal_status;
}

void ScriptedIbkr::on_open(net::WsConnection& connection) {
  auto peer = std::make_unique<Peer>();
  peer->connection = &connection;
  peer->request = connection.request();
  connection.user = peer.get();
  peers.push_back(std::move(peer));
  if (closes_at_once) return connection.close(1000, "");
  if (!takes_cookie) return connection.send_binary(R"({"message":"waiting for session"})");
  if (connection.request().header("Cookie") == "api=" + session) greet(*peers.back());
}

void ScriptedIbkr::greet(Peer& peer) {
  if (!greets) return;
  peer.connection->send_binary(R"({"topic":"system","success":"user1234","isFT":false,"isPaper":true})");
  peer.connection->send_binary(R"({"topic":"act","args":{"accounts":[")" + account + R"("],"sessionId":"67b9d9a5.00000001"}})");
  peer.connection->send_binary(R"({"topic":"sts","args":{"connected":true,"authenticated":)" + truth(authenticated) + R"(,"competing":false}})");
}

void ScriptedIbkr::on_message(net::WsConnection& connection, std::string_view payload, bool binary) {
  CHECK_FALSE(binary);
  Peer& peer = *static_cast<Peer*>(connection.user);
  peer.texts.emplace_back(payload);
  if (payload == R"({"session":")" + session + "\"}") return greet(peer);
  if (!payload.starts_with("smd+") || !gives_data || !authenticated || !primed) return;
  const std::string target{payload.substr(4, payload.find("+{") - 4)};
  for (int copy = 0; copy < 2; ++copy) {
    connection.send_binary(unknown.contains(target) ? R"({"31":"N/A","55":"-","topic":"smd+)" + target + "\"}" : ibkr_snapshot(target));
  }
}

void ScriptedIbkr::on_closed(net::WsConnection& connection, int code, std::string_view) {
  close_codes.push_back(code);
  std::erase_if(peers, [&](const auto& peer) { return peer->connection == &connection; });
}

}  // namespace tidegate::test
