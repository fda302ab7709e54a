// Every code of the client protocol, provoked over a real socket: it comes with what to do, and is counted where operators look.
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <map>
#include <stdexcept>

#include "gateway/core/codes.hpp"
#include "tests/sessions/people.hpp"

using namespace tidegate;
using namespace tidegate::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* kSubscribe = R"({"op":"subscribe","channels":["trade"],"symbols":["BINANCE:BTCUSDT"]})";

/// What a client is told, and the code its connection is closed with; 0: it stays open.
struct Told {
  std::string message;
  int closed = 0;
};

/// A client that upgrades, and then reads only when it is told to; it never answers a ping.
class DeafPeer {
 public:
  explicit DeafPeer(Gateway& gateway) : gateway_(gateway), socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const int window = 4'096;
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &window, sizeof window);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(gateway.distributor->port());
    REQUIRE(::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
    send(
        "GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n");
    read_until("\"welcome\"");
  }
  ~DeafPeer() { ::close(socket_); }
  DeafPeer(const DeafPeer&) = delete;
  DeafPeer& operator=(const DeafPeer&) = delete;

  void ask(std::string_view text) {
    REQUIRE(text.size() < 126);
    send(std::string("\x81") + static_cast<char>(0x80U | text.size()) + std::string(4, '\0') + std::string(text));  // the mask is zero
  }
  void read_until(std::string_view part) {
    gateway_.until([&] {
      read();
      return holds(text_, part);
    });
  }
  /// Reads to the close frame: the message before it, and its code.
  Told last_words() {
    Told told;
    gateway_.until([&] {
      read();
      told = {};
      for (std::size_t at = text_.find("\r\n\r\n") + 4; at + 2 <= text_.size();) {
        const std::size_t short_length = byte(at + 1);
        const std::size_t head = short_length < 126 ? 2 : 4;  // longer ones do not come here
        if (at + head > text_.size()) break;
        const std::size_t length = short_length < 126 ? short_length : byte(at + 2) * 256 + byte(at + 3);
        if (at + head + length > text_.size()) break;
        if (byte(at) == 0x81) told.message = text_.substr(at + head, length);
        if (byte(at) == 0x88 && length >= 2) told.closed = static_cast<int>(byte(at + head) * 256 + byte(at + head + 1));
        at += head + length;
      }
      return told.closed != 0;
    });
    return told;
  }

 private:
  void read() {
    char buffer[4'096];
    for (ssize_t got = 1; got > 0;) {
      got = ::recv(socket_, buffer, sizeof buffer, MSG_DONTWAIT);
      if (got > 0) text_.append(buffer, static_cast<std::size_t>(got));
    }
  }
  [[nodiscard]] std::size_t byte(std::size_t at) const { return static_cast<unsigned char>(text_[at]); }
  void send(std::string_view bytes) const {
    REQUIRE(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
  }

  Gateway& gateway_;
  int socket_;
  std::string text_;  // all that was read, frame headers included
};

using Provoke = std::function<Told(Gateway&)>;

struct Case {
  DistributorOptions options;
  Provoke provoke;
};

Told last_words(Client& client) {
  client.wait_closed();
  REQUIRE_FALSE(client.messages.empty());
  return {client.messages.back(), client.closed.code};
}

Case answered(std::string request) {
  return {test_options(), [request = std::move(request)](Gateway& gateway) {
            Client client(gateway);
            return Told{client.ask(request)};
          }};
}

Case login_refused(std::string token) {
  return {with_logins(true), [token = std::move(token)](Gateway& gateway) {
            Client client = connect(gateway, "/ws", token);
            return last_words(client);
          }};
}

/// The broker's side ends a stream so: what its adapter says goes on to the subscriber.
Case stream_failed(std::uint16_t code) {
  return {test_options(), [code](Gateway& gateway) {
            Client client(gateway);
            client.ask(kSubscribe);
            gateway.emit(state(kBtc, Channel::Trade, StreamState::Failed, "the broker's own words", code));
            client.wait(2);
            CHECK(holds(client.messages[1], "the broker's own words"));
            return Told{client.messages[1]};
          }};
}

Case broker_is(BrokerState what) {
  return {test_options(), [what](Gateway& gateway) {
            Client client(gateway);
            gateway.emit(broker_status(what));
            client.sync();
            client.take();
            return Told{client.ask(kSubscribe)};
          }};
}

DistributorOptions limited(const std::function<void(DistributorOptions&)>& limit) {
  DistributorOptions options = test_options();
  limit(options);
  return options;
}

Told second_connection(Gateway& gateway) {
  Client first(gateway);
  Client second(gateway, false);
  return last_words(second);
}

Told too_many_subscriptions(Gateway& gateway) {
  Client client(gateway);
  return {client.ask(R"({"op":"subscribe","channels":["trade","quote"],"symbols":["BINANCE:BTCUSDT"]})")};
}

Told not_entitled(Gateway& gateway) {
  Client bob = connect(gateway, "/ws", "bob-token");
  bob.wait(1);
  return {bob.ask(R"({"op":"subscribe","channels":["orderbook"],"symbols":["BINANCE:BTCUSDT"]})")};
}

Told asks_too_often(Gateway& gateway) {
  Client client(gateway);
  client.ask(R"({"op":"ping"})");
  return {client.ask(R"({"op":"ping"})")};
}

Told sends_too_much(Gateway& gateway) {
  Client client(gateway);
  client.send(std::string(201, ' '));
  return last_words(client);
}

Told reads_nothing(Gateway& gateway) {
  DeafPeer peer(gateway);
  peer.ask(kSubscribe);
  peer.read_until("pending");
  std::uint64_t seq = 0;
  gateway.until([&] {
    for (int i = 0; i < 100; ++i) gateway.emit(trade(kBtc, ++seq));
    gateway.advance(100ms);
    return gateway.telemetry.gateway.subscribers_too_slow == 1;
  });
  return peer.last_words();
}

Told answers_no_ping(Gateway& gateway) {
  DeafPeer peer(gateway);
  gateway.until([&] {
    gateway.advance(10s);
    return gateway.telemetry.gateway.heartbeats_missed == 1;
  });
  return peer.last_words();
}

Told shuts_down(Gateway& gateway) {
  Client client(gateway);
  gateway.distributor->shutdown("going down");
  return last_words(client);
}

Told has_a_bug(Gateway& gateway) {
  gateway.availability = [](InstrumentId, Channel) -> Availability { throw std::runtime_error("a bug"); };
  Client client(gateway);
  return {client.ask(kSubscribe)};
}

Told no_such_channel(Gateway& gateway) {
  gateway.availability = [](InstrumentId, Channel) { return Availability{code::kNoChannel, "binance has no such channel", "ask for another"}; };
  Client client(gateway);
  return {client.ask(kSubscribe)};
}

std::map<int, Case> cases() {
  return {
      {4001, login_refused("nobody's-token")},
      {4002, login_refused("gone-token")},
      {4003, {limited([](DistributorOptions& options) { options.connections = 1; }), second_connection}},
      {4004, answered("{\"op\":")},
      {4010, answered(R"({"op":"buy"})")},
      {4011, answered(R"({"op":"subscribe","channels":["trade"],"symbols":["BINANCE:NOTHING"]})")},
      {4012, {test_options(), no_such_channel}},
      {4013, {with_logins(true), not_entitled}},
      {4014, {limited([](DistributorOptions& options) { options.subscriptions_per_connection = 1; }), too_many_subscriptions}},
      {4015, stream_failed(code::kBrokerLimit)},
      {4020, {limited([](DistributorOptions& options) { options.limits.requests_per_minute = 1; }), asks_too_often}},
      {4021, {limited([](DistributorOptions& options) { options.outbox_bytes = 16'384; }), reads_nothing}},
      {4022, {limited([](DistributorOptions& options) { options.message_bytes = 200; }), sends_too_much}},
      {4030, broker_is(BrokerState::Reconnecting)},
      {4031, stream_failed(code::kBrokerRefused)},
      {4032, broker_is(BrokerState::AuthRequired)},
      {4033, stream_failed(code::kCompetingSession)},
      {4040, answered(R"({"op":"subscribe","channels":["trade"],"symbols":["BINANCE:BTCUSDT"],"options":{"since":3,"epoch":"another"}})")},
      {4050, {test_options(), shuts_down}},
      {4051, {test_options(), answers_no_ping}},
      {4099, {test_options(), has_a_bug}},
  };
}

}  // namespace

TEST_CASE("codes: every code is told over a socket with a hint, counted, and closes what it should") {
  const std::map<int, Case> all = cases();
  // What ends a connection; the others leave it open.
  const std::map<int, bool> closing = {{4001, true}, {4002, true}, {4003, true}, {4021, true}, {4022, true}, {4050, true}, {4051, true}};
  for (const std::uint16_t code : code::kAll) {
    CAPTURE(code);
    REQUIRE(all.contains(code));
    const Case& one = all.at(code);
    Gateway gateway(one.options);
    const Told told = one.provoke(gateway);
    CAPTURE(told.message);
    const std::string number = std::to_string(code);
    CHECK(holds(told.message, "\"code\":" + number));
    const std::size_t hint = told.message.find("\"hint\":\"", told.message.find("\"code\":" + number));
    REQUIRE(hint != std::string::npos);
    CHECK(told.message[hint + 8] != '"');
    CHECK(told.closed == (closing.contains(code) ? code : 0));
    if (code == code::kShuttingDown) {  // nothing answers HTTP any more
      CHECK(gateway.telemetry.gateway.told_by_code[18] == 1);
      continue;
    }
    const std::string metrics = fetch(gateway, "GET", "/metrics", one.options.login.required ? "root-token" : "").body;
    CHECK(holds(metrics, "told_total{code=\"" + number + "\"} 1\n"));
  }
}
