#include "tests/session/scripted_xts.hpp"

#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include <algorithm>
#include <utility>

namespace tidegate::test {
namespace {

std::string base64url(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  std::uint32_t buffer = 0;
  unsigned bits = 0;
  for (const char c : bytes) {
    buffer = (buffer << 8U) | static_cast<unsigned char>(c);
    for (bits += 8; bits >= 6; bits -= 6) text += kDigits[(buffer >> (bits - 6)) & 63U];
  }
  if (bits > 0) text += kDigits[(buffer << (6 - bits)) & 63U];
  return text;
}

std::string in_quotes(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

net::HttpResponse answer(std::string body, int status = 200) {
  net::HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

struct Asked {
  std::uint32_t code = 0;
  std::vector<std::string> instruments;
};

Asked read_asked(const std::string& body) {
  rapidjson::Document document;
  document.Parse(body.data(), body.size());
  REQUIRE_FALSE(document.HasParseError());
  Asked asked;
  REQUIRE(document["xtsMessageCode"].IsUint());
  asked.code = document["xtsMessageCode"].GetUint();
  for (const auto& one : document["instruments"].GetArray()) {
    REQUIRE(one["exchangeSegment"].IsUint());
    REQUIRE(one["exchangeInstrumentID"].IsUint64());
    asked.instruments.push_back(std::to_string(one["exchangeSegment"].GetUint()) + "_" + std::to_string(one["exchangeInstrumentID"].GetUint64()));
  }
  return asked;
}

std::string key_of(std::uint32_t code, const std::string& instrument) { return std::to_string(code) + " " + instrument; }

}  // namespace

std::string jwt(std::int64_t end_seconds, int number) {
  return base64url(R"({"alg":"HS256","typ":"JWT"})") + "." +
         base64url(R"({"userID":"U1_key","iat":)" + std::to_string(number) + R"(,"exp":)" + std::to_string(end_seconds) + "}") + ".sig" +
         std::to_string(number);
}

std::string quote_text(std::uint32_t code, std::string_view instrument, std::int64_t updated) {
  const std::size_t bar = instrument.find('_');
  std::string text = R"({"MessageCode":)" + std::to_string(code) + R"(,"ExchangeSegment":)";
  text.append(instrument.substr(0, bar)).append(R"(,"ExchangeInstrumentID":)").append(instrument.substr(bar + 1));
  return text + R"(,"Touchline":{"LastTradedPrice":10.5,"LastUpdateTime":)" + std::to_string(updated) + "}}";
}

std::string data_event(std::uint32_t code, std::string_view instrument) {
  return "42[\"" + std::to_string(code) + "-json-full\"," + in_quotes(quote_text(code, instrument)) + "]";
}

net::HttpResponse xts_error(int status, std::string_view code, std::string_view description, std::string_view result) {
  std::string body = R"({"type":"error","code":)" + in_quotes(code) + R"(,"description":)" + in_quotes(description) + R"(,"result":)";
  return answer(body.append(result) + "}", status);
}

ScriptedXts::ScriptedXts(net::EventLoop& loop) : server_(loop, *this, net::WsServerOptions{}) {
  const std::string problem = server_.listen("127.0.0.1", 0);
  REQUIRE_MESSAGE(problem.empty(), problem);
  const auto share = [](int id, const std::string& name) {
    return "NSECM|" + std::to_string(id) + "|8|" + name + "|" + name + "-EQ|EQ|" + name + "-EQ|1|0|0|1|0.05|1|1";
  };
  rows = {share(2885, "RELIANCE"),
          share(11536, "TCS"),
          share(1594, "INFY"),
          share(3045, "SBIN"),
          share(4963, "ICICIBANK"),
          "NSEFO|53001|1|NIFTY|NIFTY26JANFUT|FUTIDX|NIFTY-FUTIDX|1|0|0|1|0.1|75|1|-1|Nifty 50|2026-01-27T14:30:00|NIFTY 27JAN2026|1|1|X"};
}

void ScriptedXts::send_all(std::string_view text) {
  for (const auto& peer : peers) peer->connection->send_text(text);
}
void ScriptedXts::send_all_binary(std::string_view bytes) {
  for (const auto& peer : peers) peer->connection->send_binary(bytes);
}
void ScriptedXts::cut_all() {
  for (const auto& peer : peers) peer->connection->cut();
}
void ScriptedXts::other_login() {
  token = "another";
  carried.clear();
}

std::size_t ScriptedXts::calls_of(std::string_view method, std::string_view path) const {
  return static_cast<std::size_t>(std::count_if(calls.begin(), calls.end(), [&](const Call& c) { return c.method == method && c.path == path; }));
}
const ScriptedXts::Call& ScriptedXts::last_call(std::string_view method, std::string_view path) const {
  const auto it = std::find_if(calls.rbegin(), calls.rend(), [&](const Call& c) { return c.method == method && c.path == path; });
  REQUIRE(it != calls.rend());
  return *it;
}

void ScriptedXts::on_http(const net::HttpRequest& request, net::HttpReply reply) {
  if (request.path() == root + "/socket.io/") return reply(poll(request));
  REQUIRE(request.path().starts_with(root));
  const std::string path{request.path().substr(root.size())};
  calls.push_back({request.method, path, request.body, std::string{request.header("authorization")}});
  net::HttpResponse response = rest(request);
  if (path == "/instruments/subscription" && hold_subscription_answers) {
    held.push_back([reply = std::move(reply), response] { reply(response); });
  } else {
    reply(std::move(response));
  }
}

net::HttpResponse ScriptedXts::rest(const net::HttpRequest& request) {
  const std::string path{request.path().substr(root.size())};
  if (path == "/auth/login") return log_in(request);
  const bool list = path == "/instruments/master" || path == "/instruments/indexlist";
  if ((!list || list_wants_token) && (token.empty() || request.header("authorization") != token)) {
    return xts_error(400, "e-session-0007", "Invalid Token");
  }
  if (path == "/instruments/master") {
    std::string text;
    for (const std::string& row : rows) {
      if (request.body.find("\"" + row.substr(0, row.find('|')) + "\"") != std::string::npos) text += row + "\\n";
    }
    return answer(R"({"type":"success","code":"s-0001","description":"ok","result":")" + text + "\"}");
  }
  if (path == "/instruments/indexlist") {
    std::string list_text;
    for (const std::string& index : indices) list_text += (list_text.empty() ? "" : ",") + in_quotes(index);
    return answer(R"({"type":"success","code":"s-0002","description":"ok","result":{"indexList":[)" + list_text + "]}}");
  }
  if (path == "/auth/logout") {
    token.clear();
    return answer(R"({"type":"success","code":"s-0003","description":"out","result":{}})");
  }
  if (path == "/config/clientConfig") return answer(R"({"type":"success","code":"s-0004","description":"ok","result":{}})");
  if (path == "/instruments/quotes") {
    if (next_quotes_answers.empty()) return quotes(request);
    net::HttpResponse response = next_quotes_answers.front();
    next_quotes_answers.erase(next_quotes_answers.begin());
    return response;
  }
  REQUIRE(path == "/instruments/subscription");
  if (next_subscription_answers.empty()) return subscription(request);
  net::HttpResponse response = next_subscription_answers.front();
  next_subscription_answers.erase(next_subscription_answers.begin());
  return response;
}

net::HttpResponse ScriptedXts::log_in(const net::HttpRequest& request) {
  ++logins;
  if (login_answer) return *login_answer;
  rapidjson::Document document;
  document.Parse(request.body.data(), request.body.size());
  REQUIRE_FALSE(document.HasParseError());
  if (keys_refused.contains(document["secretKey"].GetString())) return xts_error(400, "e-response-0011", "Invalid Credentials");
  carried.clear();
  token = jwt((now_seconds ? now_seconds() : 0) + token_seconds, logins);
  return answer(R"({"type":"success","code":"e-response-0010","description":"Provided Valid Credentials","result":{"token":")" + token +
                R"(","userID":")" + user + R"(","appVersion":"5.0.15","application_expiry_date":"30-10-2035"}})");
}

net::HttpResponse ScriptedXts::subscription(const net::HttpRequest& request) {
  const Asked asked = read_asked(request.body);
  const auto remaining = [&] {
    return tells_remaining ? R"("Remaining_Subscription_Count":)" + std::to_string(limit - std::min(limit, carried.size())) : std::string{};
  };
  if (request.method == "PUT") {
    for (const std::string& instrument : asked.instruments) carried.erase(key_of(asked.code, instrument));
    return answer(R"({"type":"success","code":"s-session-0002","description":"unsubscribed","result":{)" + remaining() + "}}");
  }
  std::string texts;
  for (const std::string& instrument : asked.instruments) {
    if (carried.contains(key_of(asked.code, instrument))) {
      return xts_error(400, "e-session-0002", "Instrument Already Subscribed !", "{" + remaining() + "}");
    }
    if (instruments_unknown.contains(instrument) || codes_refused.contains(key_of(asked.code, instrument))) {
      return xts_error(400, "e-instrument-0001", "Instrument not found");
    }
    texts += (texts.empty() ? "" : ",") + in_quotes(quote_text(asked.code, instrument, updated));
  }
  if (carried.size() + asked.instruments.size() > limit) {
    return xts_error(400, "e-session-0009",
                     "Exceeded Instrument Subscription Limit of " + std::to_string(limit) + ".You have already subscribed some");
  }
  for (const std::string& instrument : asked.instruments) carried.insert(key_of(asked.code, instrument));
  const std::string more = remaining();
  return answer(R"({"type":"success","code":"s-session-0001","description":"Instrument subscribed successfully!","result":{"listQuotes":[)" +
                (gives_quotes ? texts : std::string{}) + "]" + (more.empty() ? "" : "," + more) + "}}");
}

net::HttpResponse ScriptedXts::quotes(const net::HttpRequest& request) const {
  const Asked asked = read_asked(request.body);
  CHECK(request.body.find(R"("publishFormat":"JSON")") != std::string::npos);
  std::string texts;
  for (const std::string& instrument : asked.instruments) {
    texts += (texts.empty() ? "" : ",") + in_quotes(quote_text(asked.code, instrument, updated));
  }
  return answer(R"({"type":"success","code":"s-quotes-0001","description":"Get quotes successfully!","result":{"listQuotes":[)" + texts + "]}}");
}

net::HttpResponse ScriptedXts::poll(const net::HttpRequest& request) {
  polled.push_back(request.target);
  net::HttpResponse response;
  response.status = polling_status;
  response.content_type = "text/plain; charset=UTF-8";
  if (polling_answers.empty()) return xts_error(polling_status, "e-session-0007", "Invalid Token");
  response.body = polling_answers.front();
  polling_answers.erase(polling_answers.begin());
  return response;
}

int ScriptedXts::on_upgrade(const net::HttpRequest& request) {
  upgrades.push_back(request);
  if (refusals > 0) {
    --refusals;
    return refusal_status;
  }
  return !check_token || (!token.empty() && request.query("token") == token) ? 101 : 401;
}

void ScriptedXts::on_open(net::WsConnection& connection) {
  auto peer = std::make_unique<Peer>();
  peer->connection = &connection;
  peer->request = connection.request();
  connection.user = peer.get();
  peers.push_back(std::move(peer));
  if (when_open) return when_open(*peers.back());
  if (!connection.request().query("sid").empty()) return;
  if (!open.empty()) connection.send_text(open);
  for (const std::string& text : greeting) connection.send_text(text);
}

void ScriptedXts::on_message(net::WsConnection& connection, std::string_view payload, bool binary) {
  CHECK_FALSE(binary);
  Peer& peer = *static_cast<Peer*>(connection.user);
  peer.texts.emplace_back(payload);
  CHECK_FALSE(payload.starts_with("40"));
  if (when_text) return when_text(peer, payload);
  if (payload == "2") {
    ++peer.pings;
    if (pongs) connection.send_text("3");
  }
  if (payload == "2probe") connection.send_text("3probe");
}

void ScriptedXts::on_closed(net::WsConnection& connection, int code, std::string_view) {
  close_codes.push_back(code);
  last_texts = static_cast<Peer*>(connection.user)->texts;
  std::erase_if(peers, [&](const auto& peer) { return peer->connection == &connection; });
}

}  // namespace tidegate::test
