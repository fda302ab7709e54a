#include "tests/session/scripted_broker.hpp"

#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace tidegate::test {

ScriptedBroker::ScriptedBroker(net::EventLoop& loop) : server_(loop, *this, net::WsServerOptions{}) {
  const std::string problem = server_.listen("127.0.0.1", 0);
  REQUIRE_MESSAGE(problem.empty(), problem);
}

std::set<std::string> ScriptedBroker::carried() const {
  std::set<std::string> all;
  for (const auto& peer : peers) all.insert(peer->streams.begin(), peer->streams.end());
  return all;
}

void ScriptedBroker::publish(const std::string& stream, const std::string& payload) {
  for (const auto& peer : peers) {
    if (peer->streams.contains(stream)) peer->connection->send_text(R"({"stream":")" + stream + R"(","data":)" + payload + "}");
  }
}

void ScriptedBroker::answer(Peer& peer, std::uint64_t id) { peer.connection->send_text(R"({"result":null,"id":)" + std::to_string(id) + "}"); }

std::string ScriptedBroker::exchange_info() const {
  std::string text = R"({"timezone":"UTC","serverTime":1,"rateLimits":[],"exchangeFilters":[],"symbols":[)";
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    if (i > 0) text += ',';
    text += R"({"symbol":")" + symbols[i] + R"(","status":"TRADING","baseAsset":"A","quoteAsset":"B","filters":[]})";
  }
  return text + "]}";
}

net::HttpResponse ScriptedBroker::depth(std::string_view) {
  net::HttpResponse response;
  response.body = R"({"lastUpdateId":10,"bids":[["1","1"]],"asks":[["2","1"]]})";
  response.headers.emplace_back("X-MBX-USED-WEIGHT-1M", "50");
  return response;
}

void ScriptedBroker::on_http(const net::HttpRequest& request, net::HttpReply reply) {
  http_targets.push_back(request.target);
  http_times_ns.push_back(std::chrono::steady_clock::now().time_since_epoch().count());
  const bool info = request.path().ends_with("/exchangeInfo");
  if (!http_first.empty() && request.path().ends_with(http_first_path)) {
    reply(http_first.front());
    http_first.pop_front();
  } else if (info) {
    net::HttpResponse response;
    response.body = exchange_info();
    reply(std::move(response));
  } else if (hold_http) {
    held.emplace_back(request.target, std::move(reply));
  } else {
    reply(depth(request.target));
  }
}

int ScriptedBroker::on_upgrade(const net::HttpRequest&) {
  ++upgrades;
  if (refusals == 0) return 101;
  --refusals;
  return refusal_status;
}

void ScriptedBroker::on_open(net::WsConnection& connection) {
  auto peer = std::make_unique<Peer>();
  peer->connection = &connection;
  peer->target = connection.request().target;
  connection.user = peer.get();
  peers.push_back(std::move(peer));
}

void ScriptedBroker::on_message(net::WsConnection& connection, std::string_view payload, bool) {
  Peer& peer = *static_cast<Peer*>(connection.user);
  rapidjson::Document document;
  document.Parse(payload.data(), payload.size());
  REQUIRE_FALSE(document.HasParseError());
  Request request;
  request.text = payload;
  request.method = document["method"].GetString();
  request.id = document["id"].GetUint64();
  if (document.HasMember("params")) {
    for (const auto& name : document["params"].GetArray()) request.params.emplace_back(name.GetString());
  }
  peer.requests.push_back(request);
  if (on_request && on_request(peer, request)) return;
  if (acks_lost > 0) {
    --acks_lost;
    return;
  }
  if (request.method == "LIST_SUBSCRIPTIONS") {
    std::string list;
    for (const std::string& stream : peer.streams) list += (list.empty() ? "\"" : ",\"") + stream + "\"";
    connection.send_text(R"({"result":[)" + list + R"(],"id":)" + std::to_string(request.id) + "}");
    return;
  }
  for (const std::string& stream : request.params) {
    if (request.method == "SUBSCRIBE") {
      peer.streams.insert(stream);
    } else {
      peer.streams.erase(stream);
    }
  }
  answer(peer, request.id);
}

void ScriptedBroker::on_pong(net::WsConnection& connection, std::string_view payload) {
  static_cast<Peer*>(connection.user)->pongs.emplace_back(payload);
}

void ScriptedBroker::on_closed(net::WsConnection& connection, int, std::string_view) {
  std::erase_if(peers, [&](const auto& peer) { return peer->connection == &connection; });
}

}  // namespace tidegate::test
