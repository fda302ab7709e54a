// Recorded exchanges of the vendor's protocol stack, played by the server: what we send must be what the recorded client sent.
#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include <deque>
#include <fstream>
#include <optional>

#include "tests/session/xts_fixture.hpp"
#include "tests/support/paths.hpp"

using namespace std::chrono_literals;
using namespace tidegate;
using test::set_xts;
using test::XtsFixture;

namespace {

struct Message {
  bool from_client = false;
  std::string text;
  bool binary = false;
};

/// One recording.
struct Transcript {
  std::string upgrade;
  std::vector<Message> messages;
  std::vector<std::string> polls;    // targets
  std::vector<std::string> answers;  // to them
  bool server_closes = false;
};

std::string from_hex(std::string_view hex) {
  std::string bytes;
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) bytes += static_cast<char>(digit(hex[i]) * 16 + digit(hex[i + 1]));
  return bytes;
}

Transcript read_transcript(const std::filesystem::path& path) {
  Transcript transcript;
  std::ifstream file{path};
  bool closed = false;
  for (std::string line; std::getline(file, line);) {
    rapidjson::Document object;
    object.Parse(line.data(), line.size());
    REQUIRE(object.IsObject());
    if (object.HasMember("upgrade")) transcript.upgrade = object["upgrade"].GetString();
    if (object.HasMember("http")) {
      transcript.polls.emplace_back(object["http"].GetString() + 4);  // "GET "
      transcript.answers.emplace_back(object["body"].GetString());
    }
    if (object.HasMember("close") && !std::exchange(closed, true)) transcript.server_closes = object["close"] == "server";
    if (!object.HasMember("dir")) continue;
    const bool binary = object["op"] == "bin";
    transcript.messages.push_back({object["dir"] == "C>S", binary ? from_hex(object["hex"].GetString()) : object["data"].GetString(), binary});
  }
  return transcript;
}

void replace(std::string& text, std::string_view what, std::string_view by) {
  if (const std::size_t at = text.find(what); at != std::string::npos) text.replace(at, what.size(), by);
}

/// A polling target with the stamp made the same in all.
std::string without_stamp(std::string target) {
  const std::size_t at = target.find("&t=");
  REQUIRE(at != std::string::npos);
  const std::size_t end = target.find('&', at + 1);
  return target.replace(at + 3, end - at - 3, "<t>");
}

struct Replay : XtsFixture {
  /// Plays to the first socket only; later ones, after refusals, get nothing.
  void play(const std::filesystem::path& path) {
    transcript = read_transcript(path);
    steps.assign(transcript.messages.begin(), transcript.messages.end());
    const std::string& upgrade = transcript.upgrade;
    xts.root = upgrade.substr(0, upgrade.find("/socket.io/"));
    xts.user = "ORACLE1";
    config.rest_url = xts.http_url() + xts.root;
    xts.polling_answers = transcript.answers;
    if (!transcript.answers.empty()) set_xts(config, "poll_first", "true");
    if (upgrade.find("broadcastMode=Partial") != std::string::npos) set_xts(config, "broadcast_mode", "partial");
    set_xts(config, "idle_close", "1ms");
    // Only the first socket is played; there shall be no other one.
    config.reconnect_initial = config.reconnect_maximum = 1h;
    set_xts(config, "relogin_interval", "1h");
    xts.when_open = [this](test::ScriptedXts::Peer& peer) {
      if (xts.upgrades.size() == 1) advance(peer);
    };
    xts.when_text = [this](test::ScriptedXts::Peer& peer, std::string_view text) {
      sent.emplace_back(text);
      if (xts.upgrades.size() != 1 || steps.empty() || !steps.front().from_client) return;
      steps.pop_front();
      advance(peer);
    };
    start();
    wish({want(1, Channel::Ticker, "NSE:RELIANCE")});
  }
  /// Sends what the server sent next, up to where it is the client's turn.
  void advance(test::ScriptedXts::Peer& peer) {
    while (!steps.empty() && !steps.front().from_client) {
      const Message message = std::move(steps.front());
      steps.pop_front();
      if (message.binary) {
        peer.connection->send_binary(message.text);
      } else {
        peer.connection->send_text(message.text);
      }
    }
    if (steps.empty() && transcript.server_closes) peer.connection->close(1005, "");
  }
  [[nodiscard]] std::vector<std::string> recorded() const {
    std::vector<std::string> texts;
    for (const Message& message : transcript.messages) {
      if (message.from_client) texts.push_back(message.text);
    }
    return texts;
  }
  void check_addresses(const std::string& token) const {
    std::string expected = transcript.upgrade;
    replace(expected, "<token>", token);
    CHECK(xts.upgrades.front().target == expected);
    REQUIRE(xts.polled.size() == transcript.polls.size());
    for (std::size_t i = 0; i < transcript.polls.size(); ++i) {
      std::string poll = transcript.polls[i];
      replace(poll, "<token>", token);
      CHECK(without_stamp(xts.polled[i]) == without_stamp(poll));
    }
  }

  Transcript transcript;
  std::deque<Message> steps;
  std::vector<std::string> sent;
};

}  // namespace

TEST_CASE_FIXTURE(Replay, "xts transcripts: what we send is what the recorded client sent") {
  const auto folder = test::shared_fixture("xts/transport");
  if (test::skipped_without(folder)) return;
  std::string name;
  SUBCASE("full") { name = "ws-full-json.jsonl"; }
  SUBCASE("partial") { name = "ws-partial.jsonl"; }
  SUBCASE("binary") { name = "ws-binary.jsonl"; }
  SUBCASE("pings") { name = "ws-ping-pong.jsonl"; }
  SUBCASE("polling") { name = "polling-then-upgrade.jsonl"; }
  CAPTURE(name);
  play(folder / name);
  // The recorded client leaves at the end by itself: so do we, when nothing is wanted.
  REQUIRE(until([&] { return steps.size() == 1 && host.accepted(InstrumentId{1}, Channel::Ticker) == 1; }));
  check_addresses(xts.token);
  std::size_t data = 0;
  for (const Message& message : transcript.messages) {
    data += !message.from_client && (message.binary || message.text.starts_with("451-") || message.text.starts_with("42[\"1")) ? 1 : 0;
  }
  REQUIRE(until([&] { return host.count_of(FrameKind::Text) + host.count_of(FrameKind::Binary) == data; }));
  wish({});
  REQUIRE(until([&] { return xts.close_codes.size() == 1; }));
  CHECK(sent == recorded());
  CHECK(xts.close_codes.front() == 1005);
}

TEST_CASE_FIXTURE(Replay, "xts transcripts: a socket that the server refuses or leaves is not written to again") {
  const auto folder = test::shared_fixture("xts/transport");
  if (test::skipped_without(folder)) return;
  std::string name;
  SUBCASE("a bad token, told before the namespace: closed instead of pinging on") { name = "ws-bad-token-middleware.jsonl"; }
  SUBCASE("a bad token, told after it") { name = "ws-bad-token-after-connect.jsonl"; }
  SUBCASE("the server disconnects") { name = "ws-server-disconnect.jsonl"; }
  SUBCASE("the server disconnects the namespace only") { name = "ws-server-namespace-disconnect.jsonl"; }
  SUBCASE("another login") { name = "ws-logout.jsonl"; }
  CAPTURE(name);
  play(folder / name);
  REQUIRE(until([&] { return xts.close_codes.size() == 1; }));
  check_addresses(xts.upgrades.front().query("token"));
  CHECK(sent.empty());
  const bool another = name == "ws-logout.jsonl";
  const bool refused = name.starts_with("ws-bad-token");
  REQUIRE(until([&] { return host.in_state(another ? BrokerState::Down : BrokerState::Reconnecting) || xts.logins == 2; }));
  if (another) CHECK(host.last(FrameKind::Refused)->code == 4033);
  if (refused) REQUIRE(until([&] { return xts.logins == 2; }));
  if (!refused) CHECK(xts.logins == 1);
}
