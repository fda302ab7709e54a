// The toy broker's side of the protocol, on a port of a loop of the caller's: protocol.md. A test says what comes, and when the broker fails.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/net/event_loop.hpp"
#include "gateway/net/ws_server.hpp"

namespace tidegate::toy {

class Simulator final : private net::WsServerHandler {
 public:
  /// `instruments` are I lines without their word: "ACME 0.05".
  Simulator(net::EventLoop& loop, std::vector<std::string> instruments);

  [[nodiscard]] std::string listen() { return server_.listen("127.0.0.1", 0); }
  [[nodiscard]] std::uint16_t port() const { return server_.port(); }

  /// A line to every connection that has subscribed to the name, or to all where there is none.
  void publish(std::string_view line, const std::string& name = {});
  /// All connections end without a word.
  void drop();
  /// Heartbeats and answers come, or nothing at all.
  void set_silent(bool silent) { silent_ = silent; }

  [[nodiscard]] std::size_t connections() const { return subscribed_.size(); }
  [[nodiscard]] std::size_t subscribed(const std::string& name) const;
  [[nodiscard]] const std::vector<std::string>& commands() const { return commands_; }

 private:
  void on_http(const net::HttpRequest& request, net::HttpReply reply) override;
  int on_upgrade(const net::HttpRequest& request) override { return request.path() == "/feed" ? 101 : 404; }
  void on_open(net::WsConnection& connection) override { subscribed_[&connection]; }
  void on_message(net::WsConnection& connection, std::string_view payload, bool binary) override;
  void on_closed(net::WsConnection& connection, int code, std::string_view reason) override;
  void subscribe(net::WsConnection& connection, std::string_view names, bool add);
  [[nodiscard]] bool lists(std::string_view name) const;
  void beat();

  net::WsServer server_;
  net::Timer heartbeat_;
  std::vector<std::string> instruments_;
  std::map<net::WsConnection*, std::set<std::string>> subscribed_;  // of each connection
  std::vector<std::string> commands_;                               // as they came
  bool silent_ = false;
};

}  // namespace tidegate::toy
