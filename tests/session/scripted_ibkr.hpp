// IBKR's Web API on a loopback port, REST and the socket, that behaves, or misbehaves as a test asks.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/net/ws_server.hpp"

namespace tidegate::test {

[[nodiscard]] net::HttpResponse json_response(std::string body, int status = 200);
/// A whole message of one stream.
[[nodiscard]] std::string ibkr_snapshot(std::string_view target, std::string_view last = "271.50");

class ScriptedIbkr final : public net::WsServerHandler {
 public:
  explicit ScriptedIbkr(net::EventLoop& loop);

  struct Peer {
    net::WsConnection* connection = nullptr;
    net::HttpRequest request;
    std::vector<std::string> texts;  // received
  };
  struct Call {
    std::string method, path, body;  // path counts from /v1/api, with its query
    net::HttpRequest request;
  };

  [[nodiscard]] std::string rest_url() const { return "http://127.0.0.1:" + std::to_string(server_.port()) + "/v1/api"; }
  [[nodiscard]] Peer& peer(std::size_t index = 0) { return *peers.at(index); }
  void send_all(std::string_view json);
  void cut_all();
  /// "smd+265598" and the like, of all that was received on sockets that are open, in order.
  [[nodiscard]] std::vector<std::string> commands() const;
  [[nodiscard]] std::size_t commands_of(std::string_view beginning) const;
  [[nodiscard]] std::size_t calls_of(std::string_view method, std::string_view path) const;
  [[nodiscard]] const Call& last_call(std::string_view path) const;
  /// The brokerage session ends, and every open socket is told so.
  void lose_brokerage();

  // The script.
  bool logged_in = true;
  std::string session = "0123456789abcdef0123456789abcdef";
  bool authenticated = true;
  bool competing = false;
  bool init_opens = true;  // ssodh/init without compete does
  std::string account = "DU0000001";
  bool greets = true;             // system, act and sts on a socket with the right session
  bool takes_cookie = true;       // false: it waits for the session in a message
  bool gives_data = true;         // two equal snapshots after each smd
  std::set<std::string> unknown;  // targets of contracts that do not exist
  int refusals = 0;               // so many upgrades are refused with `refusal_status`
  int refusal_status = 503;
  bool closes_at_once = false;                                // with code 1000, as with a bad session
  std::map<std::string, std::deque<net::HttpResponse>> next;  // by path: answers in place of the ones it would give
  std::map<std::string, std::string> stocks = {{"AAPL", R"([{"name":"APPLE INC","contracts":[{"conid":265598,"exchange":"NASDAQ","isUS":true}]}])"},
                                               {"MSFT", R"([{"name":"MICROSOFT","contracts":[{"conid":272093,"exchange":"NASDAQ","isUS":true}]}])"},
                                               {"IBM", R"([{"name":"IBM","contracts":[{"conid":8314,"exchange":"NYSE","isUS":true}]}])"}};

  // What was seen.
  std::vector<std::unique_ptr<Peer>> peers;  // open, in order of opening
  std::vector<net::HttpRequest> upgrades;
  std::vector<Call> calls;
  std::vector<std::string> init_bodies;
  std::vector<int> close_codes;
  bool primed = false;  // iserver/accounts was asked for in this brokerage session

 private:
  void on_http(const net::HttpRequest& request, net::HttpReply reply) override;
  int on_upgrade(const net::HttpRequest& request) override;
  void on_open(net::WsConnection& connection) override;
  void on_message(net::WsConnection& connection, std::string_view payload, bool binary) override;
  void on_closed(net::WsConnection& connection, int code, std::string_view reason) override;

  [[nodiscard]] net::HttpResponse rest(const Call& call);
  [[nodiscard]] std::string status() const;
  void greet(Peer& peer);

  net::WsServer server_;
};

}  // namespace tidegate::test
