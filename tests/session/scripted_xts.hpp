// An XTS deployment on a loopback port, REST and Socket.IO, that behaves, or misbehaves as a test asks.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/net/ws_server.hpp"

namespace tidegate::test {

/// A token as XTS makes them, with claims that say when it ends; `number` makes it unique.
[[nodiscard]] std::string jwt(std::int64_t end_seconds, int number);
/// The text of one quote, as listQuotes and events hold it.
[[nodiscard]] std::string quote_text(std::uint32_t code, std::string_view instrument, std::int64_t updated = 1'417'500'000);
/// `42["1501-json-full","..."]`
[[nodiscard]] std::string data_event(std::uint32_t code, std::string_view instrument);

class ScriptedXts final : public net::WsServerHandler {
 public:
  explicit ScriptedXts(net::EventLoop& loop);

  using Carried = std::set<std::string>;  // "1501 1_2885"
  struct Peer {
    net::WsConnection* connection = nullptr;
    net::HttpRequest request;
    std::vector<std::string> texts;
    int pings = 0;
  };
  struct Call {
    std::string method, path, body, authorization;
  };

  [[nodiscard]] std::string http_url() const { return "http://127.0.0.1:" + std::to_string(server_.port()); }
  [[nodiscard]] Peer& peer(std::size_t index = 0) { return *peers.at(index); }
  void send_all(std::string_view text);
  void send_all_binary(std::string_view bytes);
  void cut_all();
  /// Another program logs in with the same key: the token is dead, the subscriptions are gone.
  void other_login();
  [[nodiscard]] std::size_t calls_of(std::string_view method, std::string_view path) const;
  [[nodiscard]] const Call& last_call(std::string_view method, std::string_view path) const;

  // The script.
  std::string root = "/apimarketdata";
  std::string user = "U1";
  std::function<void(Peer&)> when_open;                    // in place of `open` and `greeting`
  std::function<void(Peer&, std::string_view)> when_text;  // in place of the answers to pings and probes
  std::chrono::milliseconds answers_upgrades_after{0};
  std::string open = R"(0{"sid":"SIDSIDSIDSIDSIDSIDAA","upgrades":[],"pingInterval":25000,"pingTimeout":60000})";
  std::vector<std::string> greeting = {"40", R"(42["joined","Welcome"])"};  // after `open`
  bool pongs = true;
  int refusals = 0;  // so many upgrades are refused with `refusal_status`
  int refusal_status = 503;
  bool check_token = true;              // the upgrade of a dead token is refused with 401
  std::int64_t token_seconds = 86'400;  // life of the tokens given out
  std::function<std::int64_t()> now_seconds;
  std::optional<net::HttpResponse> login_answer;  // in place of a login
  std::set<std::string> keys_refused;
  std::set<std::string> instruments_unknown;  // "1_2885"
  std::set<std::string> codes_refused;        // "1502 1_2885"
  std::size_t limit = 50;
  bool tells_remaining = true;
  bool gives_quotes = true;                                  // in answers to subscriptions
  std::int64_t updated = 1'417'500'000;                      // LastUpdateTime of quotes
  std::vector<net::HttpResponse> next_subscription_answers;  // in place of the next ones
  std::vector<net::HttpResponse> next_quotes_answers;
  bool hold_subscription_answers = false;  // they wait in `held`
  std::vector<std::function<void()>> held;
  std::vector<std::string> polling_answers;  // bodies for polling requests, one after the other
  int polling_status = 200;
  std::vector<std::string> rows;  // of the master
  std::vector<std::string> indices = {"NIFTY 50_26000"};
  bool list_wants_token = false;

  // What was seen.
  std::string token;  // that lives; empty: none
  Carried carried;
  std::vector<std::unique_ptr<Peer>> peers;  // open, in order of opening
  std::vector<net::HttpRequest> upgrades;
  std::vector<Call> calls;
  std::vector<std::string> polled;  // targets
  std::vector<int> close_codes;
  std::vector<std::string> last_texts;  // of the socket that closed last
  int logins = 0;

 private:
  void on_http(const net::HttpRequest& request, net::HttpReply reply) override;
  int on_upgrade(const net::HttpRequest& request) override;
  std::chrono::milliseconds upgrade_delay() override { return answers_upgrades_after; }
  void on_open(net::WsConnection& connection) override;
  void on_message(net::WsConnection& connection, std::string_view payload, bool binary) override;
  void on_closed(net::WsConnection& connection, int code, std::string_view reason) override;

  [[nodiscard]] net::HttpResponse log_in(const net::HttpRequest& request);
  [[nodiscard]] net::HttpResponse subscription(const net::HttpRequest& request);
  [[nodiscard]] net::HttpResponse quotes(const net::HttpRequest& request) const;
  [[nodiscard]] net::HttpResponse poll(const net::HttpRequest& request);
  [[nodiscard]] net::HttpResponse rest(const net::HttpRequest& request);

  net::WsServer server_;
};

/// {"type":"error",...}
[[nodiscard]] net::HttpResponse xts_error(int status, std::string_view code, std::string_view description, std::string_view result = "{}");

}  // namespace tidegate::test
