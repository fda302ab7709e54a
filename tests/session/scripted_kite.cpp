#include "tests/session/scripted_kite.hpp"

#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include <utility>

namespace tidegate::test {
namespace {

void put(std::string& bytes, std::uint32_t value, int width) {
  for (int shift = (width - 1) * 8; shift >= 0; shift -= 8) bytes += static_cast<char>((value >> static_cast<unsigned>(shift)) & 0xFFU);
}

}  // namespace

std::string ltp_message(std::uint32_t token, std::uint32_t price) {
  std::string bytes;
  put(bytes, 1, 2);
  put(bytes, 8, 2);
  put(bytes, token, 4);
  put(bytes, price, 4);
  return bytes;
}

ScriptedKite::ScriptedKite(net::EventLoop& loop) : server_(loop, *this, net::WsServerOptions{}), heartbeat_(loop) {
  const std::string problem = server_.listen("127.0.0.1", 0);
  REQUIRE_MESSAGE(problem.empty(), problem);
  list = csv({row(408065, "INFY"), row(738561, "RELIANCE"), row(2953217, "TCS"), row(884737, "TATAMOTORS"), row(1270529, "ICICIBANK"),
              row(256265, "NIFTY 50", "NSE", "INDICES"), row(265, "SENSEX", "BSE", "INDICES")});
}

std::string ScriptedKite::row(std::uint32_t token, std::string_view name, std::string_view exchange, std::string_view segment) {
  std::string line = std::to_string(token) + "," + std::to_string(token >> 8U) + ",";
  return line.append(name).append(",,0,,0,0.05,1,EQ,").append(segment).append(",").append(exchange).append("\n");
}

std::string ScriptedKite::csv(const std::vector<std::string>& rows) {
  std::string text =
      "instrument_token,exchange_token,tradingsymbol,name,last_price,expiry,strike,tick_size,lot_size,instrument_type,segment,exchange\n";
  for (const std::string& line : rows) text += line;
  return text;
}

ScriptedKite::Modes ScriptedKite::carried() const {
  Modes all;
  for (const auto& peer : peers) all.insert(peer->modes.begin(), peer->modes.end());
  return all;
}

std::size_t ScriptedKite::commands_of(std::string_view action) const {
  std::size_t n = 0;
  for (const auto& peer : peers) {
    for (const std::string& command : peer->commands) n += command.starts_with(R"({"a":")" + std::string{action} + "\"") ? 1 : 0;
  }
  return n;
}

void ScriptedKite::send_all_text(std::string_view text) {
  for (const auto& peer : peers) peer->connection->send_text(text);
}
void ScriptedKite::send_all_binary(std::string_view bytes) {
  for (const auto& peer : peers) peer->connection->send_binary(bytes);
}
void ScriptedKite::cut_all() {
  for (const auto& peer : peers) peer->connection->cut();
}

void ScriptedKite::start_heartbeats() {
  heartbeat_.start(heartbeat_every, [this] {
    send_all_binary(std::string_view{"\0", 1});
    start_heartbeats();
  });
}

void ScriptedKite::on_http(const net::HttpRequest& request, net::HttpReply reply) {
  http_requests.push_back(request);
  if (request.path() == "/session/token") return reply(token_answer);
  net::HttpResponse response;
  response.status = list_status;
  response.content_type = "text/csv";
  if (list_status == 200) response.body = list;
  reply(std::move(response));
}

int ScriptedKite::on_upgrade(const net::HttpRequest& request) {
  upgrades.push_back(request);
  if (tokens_refused.contains(request.query("access_token"))) return 403;
  if (refusals == 0) return 101;
  --refusals;
  return refusal_status;
}

void ScriptedKite::on_open(net::WsConnection& connection) {
  auto peer = std::make_unique<Peer>();
  peer->connection = &connection;
  peer->request = connection.request();
  connection.user = peer.get();
  peers.push_back(std::move(peer));
}

void ScriptedKite::on_message(net::WsConnection& connection, std::string_view payload, bool binary) {
  CHECK_FALSE(binary);
  Peer& peer = *static_cast<Peer*>(connection.user);
  peer.commands.emplace_back(payload);
  rapidjson::Document document;
  document.Parse(payload.data(), payload.size());
  REQUIRE_FALSE(document.HasParseError());
  const std::string action = document["a"].GetString();
  const rapidjson::Value& value = document["v"];
  const bool sets_mode = action == "mode";
  const rapidjson::Value& tokens = sets_mode ? value[1] : value;
  for (const auto& item : tokens.GetArray()) {
    REQUIRE(item.IsUint());
    const std::uint32_t token = item.GetUint();
    if (action == "unsubscribe") {
      peer.modes.erase(token);
    } else if (action == "subscribe") {
      peer.modes[token] = "quote";
      if (answers) connection.send_binary(ltp_message(token));
    } else {
      REQUIRE(sets_mode);
      CHECK(peer.modes.contains(token));
      peer.modes[token] = value[0].GetString();
    }
  }
}

void ScriptedKite::on_pong(net::WsConnection& connection, std::string_view payload) {
  static_cast<Peer*>(connection.user)->pongs.emplace_back(payload);
}

void ScriptedKite::on_closed(net::WsConnection& connection, int code, std::string_view) {
  close_codes.push_back(code);
  std::erase_if(peers, [&](const auto& peer) { return peer->connection == &connection; });
}

}  // namespace tidegate::test
