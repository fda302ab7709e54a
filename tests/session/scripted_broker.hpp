// A Binance on a loopback port that behaves, or misbehaves as a test asks.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/net/ws_server.hpp"

namespace tidegate::test {

class ScriptedBroker final : public net::WsServerHandler {
 public:
  explicit ScriptedBroker(net::EventLoop& loop);

  struct Request {
    std::string method;
    std::vector<std::string> params;
    std::uint64_t id = 0;
    std::string text;
  };
  struct Peer {
    net::WsConnection* connection = nullptr;
    std::string target;
    std::set<std::string> streams;
    std::vector<Request> requests;
    std::vector<std::string> pongs;
  };

  [[nodiscard]] std::string ws_url() const { return "ws://127.0.0.1:" + std::to_string(server_.port()); }
  [[nodiscard]] std::string http_url() const { return "http://127.0.0.1:" + std::to_string(server_.port()); }
  [[nodiscard]] Peer& peer(std::size_t index = 0) { return *peers.at(index); }
  /// Everything that any open connection carries.
  [[nodiscard]] std::set<std::string> carried() const;
  /// One data message in the combined envelope, to whom it concerns.
  void publish(const std::string& stream, const std::string& payload = "{}");
  static void answer(Peer& peer, std::uint64_t id);

  // The script.
  int refusals = 0;  // so many upgrades are refused with `refusal_status`; then all are accepted
  int refusal_status = 503;
  int acks_lost = 0;                                      // so many requests are neither acted on nor answered
  std::function<bool(Peer&, const Request&)> on_request;  // true: it did all that is to be done
  std::vector<std::string> symbols = {"BTCUSDT", "ETHUSDT", "BNBBTC", "SOLUSDT", "XRPUSDT", "DOGEUSDT"};
  std::deque<net::HttpResponse> http_first;  // given to the next HTTP requests of `http_first_path`
  std::string http_first_path;
  bool hold_http = false;  // keeps depth requests in `held` instead of answering

  // What was seen.
  std::vector<std::unique_ptr<Peer>> peers;  // open, in order of opening
  std::size_t upgrades = 0;
  std::vector<std::string> http_targets;
  std::vector<std::int64_t> http_times_ns;  // monotonic
  std::vector<std::pair<std::string, net::HttpReply>> held;

  static net::HttpResponse depth(std::string_view target);

 private:
  void on_http(const net::HttpRequest& request, net::HttpReply reply) override;
  int on_upgrade(const net::HttpRequest& request) override;
  void on_open(net::WsConnection& connection) override;
  void on_message(net::WsConnection& connection, std::string_view payload, bool binary) override;
  void on_pong(net::WsConnection& connection, std::string_view payload) override;
  void on_closed(net::WsConnection& connection, int code, std::string_view reason) override;
  [[nodiscard]] std::string exchange_info() const;

  net::WsServer server_;
};

}  // namespace tidegate::test
