// The long-polling handshake that some deployments want before the WebSocket: two requests, which bring the session's id and its first packets.
// docs/protocols/xts.md section 4.5
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "brokers/adapter.hpp"
#include "brokers/xts/options.hpp"
#include "brokers/xts/rest_answer.hpp"
#include "brokers/xts/socket_io.hpp"
#include "gateway/net/http_client.hpp"

namespace tidegate::xts {

/// What the handshake brought.
struct Polled {
  std::optional<OpenPacket> open;    // nothing: it failed, and `refusal` says how
  std::vector<std::string> packets;  // after the open packet, in order
  RestAnswer refusal;                // its words may hold the token
};

/// The loop's thread. One handshake at a time.
class Polling {
 public:
  Polling(SessionHost& host, const BrokerConfig& config, const Settings& settings) : host_(host), config_(config), settings_(settings) {}
  ~Polling() { cancel(); }
  Polling(const Polling&) = delete;
  Polling& operator=(const Polling&) = delete;

  using Done = std::function<void(Polled&&)>;
  void start(const std::string& token, const std::string& user, Done done);
  void cancel();

 private:
  void ask(std::string_view sid);
  void on_answer(net::HttpAnswer&& answer);
  /// The packets of one answer; false: it is none.
  bool take(std::string_view body);
  void fail(net::HttpAnswer&& answer);

  SessionHost& host_;
  const BrokerConfig& config_;
  const Settings& settings_;
  std::string token_;
  std::string user_;
  Done done_;
  Polled polled_;
  std::optional<net::HttpClient::Token> under_way_;
};

}  // namespace tidegate::xts
