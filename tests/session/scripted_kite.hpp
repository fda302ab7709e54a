// A Kite ticker and its REST on a loopback port that behaves, or misbehaves as a test asks.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/net/ws_server.hpp"

namespace tidegate::test {

/// The bytes of a packet in mode ltp for one instrument, in a message of its own.
[[nodiscard]] std::string ltp_message(std::uint32_t token, std::uint32_t price = 10'000);

class ScriptedKite final : public net::WsServerHandler {
 public:
  explicit ScriptedKite(net::EventLoop& loop);

  struct Peer {
    net::WsConnection* connection = nullptr;
    net::HttpRequest request;
    std::vector<std::string> commands;
    std::map<std::uint32_t, std::string> modes;  // of the subscribed tokens; "quote" until one is set
    std::vector<std::string> pongs;
  };
  using Modes = std::map<std::uint32_t, std::string>;

  [[nodiscard]] std::string ws_url() const { return "ws://127.0.0.1:" + std::to_string(server_.port()); }
  [[nodiscard]] std::string http_url() const { return "http://127.0.0.1:" + std::to_string(server_.port()); }
  [[nodiscard]] Peer& peer(std::size_t index = 0) { return *peers.at(index); }
  /// What all open connections carry together.
  [[nodiscard]] Modes carried() const;
  /// All commands of all connections so far that have this action.
  [[nodiscard]] std::size_t commands_of(std::string_view action) const;
  void send_all_text(std::string_view text);
  void send_all_binary(std::string_view bytes);
  void cut_all();
  /// A row of the instrument list, and the list of them.
  static std::string row(std::uint32_t token, std::string_view name, std::string_view exchange = "NSE", std::string_view segment = "NSE");
  static std::string csv(const std::vector<std::string>& rows);

  // The script.
  std::set<std::string> tokens_refused;  // access tokens answered with 403
  int refusals = 0;                      // so many upgrades are refused with `refusal_status`
  int refusal_status = 503;
  bool answers = true;                           // a subscription is answered with the instrument's last state
  std::chrono::milliseconds heartbeat_every{0};  // zero: none; set before start_heartbeats()
  std::string list;                              // body of GET /instruments
  int list_status = 200;
  net::HttpResponse token_answer;  // of POST /session/token

  void start_heartbeats();

  // What was seen.
  std::vector<std::unique_ptr<Peer>> peers;  // open, in order of opening
  std::vector<net::HttpRequest> upgrades;
  std::vector<net::HttpRequest> http_requests;
  std::vector<int> close_codes;

 private:
  void on_http(const net::HttpRequest& request, net::HttpReply reply) override;
  int on_upgrade(const net::HttpRequest& request) override;
  void on_open(net::WsConnection& connection) override;
  void on_message(net::WsConnection& connection, std::string_view payload, bool binary) override;
  void on_pong(net::WsConnection& connection, std::string_view payload) override;
  void on_closed(net::WsConnection& connection, int code, std::string_view reason) override;

  net::WsServer server_;
  net::Timer heartbeat_;
};

}  // namespace tidegate::test
