// Exchanges recorded between a real Socket.IO 2.2 server and client: the client's side is played to the simulator, whose answers must be those of the
// server. Where they must differ: sid, the user's name in the text of `joined` (the simulator issues its own), tokens and stamps in the requests.
// Data events are sent by the test, with the recorded name and argument, so that their bytes are compared too.
#include <algorithm>
#include <fstream>

#include "tests/sim/xts_support.hpp"
#include "tests/support/paths.hpp"

using namespace tidegate;
using namespace tidegate::test;

namespace {

struct Line {
  std::string upgrade, http, body;  // requests, and a polling answer
  std::string dir, op, data;        // a frame; data is bytes
  std::string close;                // by whom
  int code = 0;
};

std::vector<Line> transcript(const std::string& name) {
  std::ifstream file{shared_fixture("xts/transport/" + name + ".jsonl")};
  std::vector<Line> lines;
  for (std::string text; std::getline(file, text);) {
    rapidjson::Document document;
    document.Parse(text.data(), text.size());
    REQUIRE(document.IsObject());
    const auto get = [&document](const char* key) { return document.HasMember(key) ? std::string{document[key].GetString()} : std::string{}; };
    Line& line = lines.emplace_back();
    line.upgrade = get("upgrade");
    line.http = get("http");
    line.body = get("body");
    line.dir = get("dir");
    line.op = get("op");
    line.data = line.op == "bin" ? from_hex(get("hex")) : get("data");
    line.close = get("close");
    if (document.HasMember("code")) line.code = document["code"].GetInt();
  }
  REQUIRE_FALSE(lines.empty());
  return lines;
}

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) text.replace(at, what.size(), by);
}

/// One transcript against one simulator.
struct Exchange : XtsFixture {
  Exchange(const std::string& name, const sim::XtsOptions& options) : XtsFixture(options), lines(transcript(name)), login(log_in()) {}

  /// A recorded request as this simulator must be asked.
  [[nodiscard]] std::string asked(std::string target) const {
    replace_all(target, "<token>", right_token ? login.token : "guess");
    replace_all(target, "ORACLE1", login.user_id);
    replace_all(target, "<t>", "Pbx0");
    replace_all(target, "SIDSIDSIDSIDSIDSIDAA", sid);
    return target;
  }
  /// What the simulator said, with the recording's names.
  [[nodiscard]] std::string said(std::string text) const {
    if (!sid.empty()) replace_all(text, sid, "SIDSIDSIDSIDSIDSIDAA");
    replace_all(text, login.user_id, "ORACLE1");
    return text;
  }
  void open(const std::string& target) {
    client.emplace(loop, ws_url(asked(target)));
    until([&] { return client->opened; });
  }
  /// Sends the recorded data event, since nothing else would. False: it is no data.
  bool send_data(std::size_t index) {
    const Line& line = lines[index];
    if (line.op == "bin") return server.publish_packed(line.data.substr(1)) == 1;
    if (line.data.find("-json-") == std::string::npos) return false;
    rapidjson::Document event;
    event.Parse(line.data.data() + 2, line.data.size() - 2);
    REQUIRE(event.IsArray());
    // The instrument is of no consequence: the session has subscribed this one.
    return server.publish(kReliance, event[0].GetString(), event[1].GetString()) == 1;
  }
  /// Plays it to the end. `at_41`: the fault that makes the simulator send 41.
  void play(const std::string& at_41 = {}) {
    for (std::size_t i = 0; i < lines.size(); ++i) {
      CAPTURE(i);
      const Line& line = lines[i];
      if (!line.upgrade.empty()) open(line.upgrade);
      if (line.dir == "C>S") client->send(line.data);
      if (line.dir == "S>C") expect(i, at_41);
      if (line.close == "client" && !client->closed && !closing) {
        closing = true;
        client->socket.close(1000, "");
      }
      if (line.close == "server" && !closing) {
        until([&] { return client->closed.has_value(); });
        CHECK(client->closed->code == line.code);
        closing = true;
      }
    }
  }
  void expect(std::size_t index, const std::string& at_41) {
    const Line& line = lines[index];
    if (line.op == "text" && line.data.starts_with("451-")) return expect_packed(index);
    if (line.op == "bin") return;  // expected with its header
    if (line.data == "41" && !at_41.empty()) inject(at_41);
    if (line.data.find("\"logout\"") != std::string::npos) static_cast<void>(log_in());
    send_data(index);
    until([&] { return client->messages.size() > seen; });
    const XtsClient::Message& message = client->messages[seen++];
    if (sid.empty() && message.bytes.starts_with("0{")) {
      sid = member(message.bytes, "sid");
      sid = sid.substr(1, sid.size() - 2);
    }
    CHECK_FALSE(message.binary);
    CHECK(said(message.bytes) == line.data);
  }
  void expect_packed(std::size_t index) {
    REQUIRE(send_data(index + 1));
    until([&] { return client->messages.size() >= seen + 2; });
    CHECK(client->messages[seen].bytes == lines[index].data);
    CHECK(client->messages[seen + 1].binary);
    CHECK(client->messages[seen + 1].bytes == lines[index + 1].data);
    seen += 2;
  }

  std::vector<Line> lines;
  Login login;
  bool right_token = true;
  std::optional<XtsClient> client;
  std::string sid;
  std::size_t seen = 0;
  bool closing = false;
};

bool missing() { return skipped_without(shared_fixture("xts/transport/ws-full-json.jsonl")); }

/// The ping times are those of the recording.
sim::XtsOptions recorded_options(const std::string& name) {
  auto options = xts_still_options();
  const std::string open = transcript(name).at(1).data;
  options.ping_interval = std::chrono::milliseconds{std::stoll(member(open, "pingInterval"))};
  options.ping_timeout = std::chrono::milliseconds{std::stoll(member(open, "pingTimeout"))};
  return options;
}

}  // namespace

TEST_CASE("xts transcripts: open, joined and data events, Full, Partial and packed, are byte for byte those of the real server") {
  if (missing()) return;
  for (const char* name : {"ws-full-json", "ws-partial", "ws-binary"}) {
    CAPTURE(name);
    Exchange exchange{name, recorded_options(name)};
    CHECK(exchange.subscribe(exchange.login, sim::xts::code::kTouchline, {kReliance}).status == 200);
    exchange.play();
    CHECK(exchange.seen >= 6);
    CHECK(exchange.client->messages.size() == exchange.seen);
  }
}

TEST_CASE("xts transcripts: pings are answered as the real server did") {
  if (missing()) return;
  Exchange exchange{"ws-ping-pong", recorded_options("ws-ping-pong")};
  exchange.play();
  CHECK(exchange.seen == 6);
}

TEST_CASE("xts transcripts: the server leaves the name space, with and without a close") {
  if (missing()) return;
  Exchange leaves{"ws-server-namespace-disconnect", recorded_options("ws-server-namespace-disconnect")};
  leaves.play("namespace_disconnect");
  CHECK(leaves.seen == 4);
  Exchange closes{"ws-server-disconnect", recorded_options("ws-server-disconnect")};
  CHECK(closes.subscribe(closes.login, sim::xts::code::kTouchline, {kReliance}).status == 200);
  closes.play("server_disconnect");
  CHECK(closes.seen == 5);
}

TEST_CASE("xts transcripts: another login's logout event, 41 and close") {
  if (missing()) return;
  Exchange exchange{"ws-logout", recorded_options("ws-logout")};
  exchange.play();
  CHECK(exchange.seen == 5);
}

TEST_CASE("xts transcripts: a token refused in the middleware, and one refused after the connect") {
  if (missing()) return;
  for (const auto& [name, refusal] : {std::pair{"ws-bad-token-middleware", "middleware"}, {"ws-bad-token-after-connect", "after-connect"}}) {
    CAPTURE(name);
    auto options = recorded_options(name);
    options.refusal = refusal;
    Exchange exchange{name, options};
    exchange.right_token = false;
    exchange.play();
    CHECK(exchange.seen == 4);
  }
}

TEST_CASE("xts transcripts: polling first, then a WebSocket") {
  if (missing()) return;
  // Recorded answers stand where they ended; what is asked in between is asked in the order of the protocol.
  Exchange exchange{"polling-then-upgrade", xts_still_options()};
  CHECK(exchange.subscribe(exchange.login, sim::xts::code::kTouchline, {kReliance}).status == 200);
  const auto& lines = exchange.lines;
  const auto poll = [&exchange](const Line& line) { return exchange.get(exchange.asked(line.http.substr(4))); };
  const auto first = poll(lines[0]);
  exchange.sid = member(first.body.substr(first.body.find(':')), "sid");
  exchange.sid = exchange.sid.substr(1, exchange.sid.size() - 2);
  CHECK(exchange.said(first.body) == lines[0].body);
  CHECK(first.header("content-type") == "text/plain; charset=UTF-8");
  const auto second = poll(lines[4]);
  CHECK(exchange.login.user_id.size() == std::string_view{"ORACLE1"}.size());  // so that the packet has the recorded length
  CHECK(exchange.said(second.body) == lines[4].body);
  exchange.open(lines[1].upgrade);
  exchange.client->send(lines[2].data);
  exchange.until([&] { return exchange.client->messages.size() == 1; });
  CHECK(exchange.client->messages[0].bytes == lines[3].data);
  exchange.client->send(lines[5].data);
  exchange.until([&] { return !exchange.server.connections().at(0).polling; });
  REQUIRE(exchange.send_data(6));
  exchange.until([&] { return exchange.client->messages.size() == 2; });
  CHECK(exchange.client->messages[1].bytes == lines[6].data);
}
