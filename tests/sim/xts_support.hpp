// The simulated XTS on real sockets, in the test's own loop, and plain clients that remember what reached them.
#pragma once

#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/net/ws_client.hpp"
#include "tests/sim/sim_support.hpp"
#include "tools/sim/xts/messages.hpp"
#include "tools/sim/xts/server.hpp"

namespace tidegate::test {

inline constexpr sim::xts::InstrumentKey kReliance{1, 2885}, kInfy{1, 1594}, kNifty{1, 26000}, kNiftyFuture{2, 66001};
inline constexpr std::string_view kRoot = "/apimarketdata", kBinaryRoot = "/apibinarymarketdata";

/// A client of one WebSocket.
class XtsClient final : public net::WsClientHandler {
 public:
  struct Message {
    std::string bytes;
    bool binary = false;
  };

  XtsClient(net::EventLoop& loop, const std::string& url) : socket(loop, *this) {
    net::WsClientOptions options;
    options.url = url;
    socket.connect(options);
  }
  void on_open() override { opened = true; }
  void on_message(std::string&& payload, bool binary) override { messages.push_back({std::move(payload), binary}); }
  void on_pong(std::string_view payload) override { pongs.emplace_back(payload); }
  void on_closed(const net::WsClosed& why) override { closed = why; }

  void send(std::string_view text) { socket.send_text(text); }
  [[nodiscard]] bool refused_with(int status) const { return closed && closed->http_status == status; }
  [[nodiscard]] bool has(std::string_view text) const { return count(text) != 0; }
  /// Messages that are this text.
  [[nodiscard]] std::size_t count(std::string_view text) const {
    std::size_t found = 0;
    for (const Message& message : messages) found += message.bytes == text ? 1U : 0U;
    return found;
  }
  /// The text arguments of all events of this name so far, in order.
  [[nodiscard]] std::vector<std::string> arguments(std::string_view name) const {
    std::vector<std::string> out;
    for (const Message& message : messages) {
      rapidjson::Document document;
      if (message.binary || !message.bytes.starts_with("42")) continue;
      document.Parse(message.bytes.data() + 2, message.bytes.size() - 2);
      if (!document.IsArray() || document.Size() != 2 || document[0].GetString() != name || !document[1].IsString()) continue;
      out.emplace_back(document[1].GetString(), document[1].GetStringLength());
    }
    return out;
  }
  [[nodiscard]] std::vector<std::string> binaries() const {
    std::vector<std::string> out;
    for (const Message& message : messages) {
      if (message.binary) out.push_back(message.bytes);
    }
    return out;
  }

  bool opened = false;
  std::vector<Message> messages;
  std::vector<std::string> pongs;
  std::optional<net::WsClosed> closed;
  net::WsClient socket;
};

/// Options under which nothing moves by itself, nothing comes unasked, and everything comes soon.
inline sim::XtsOptions xts_still_options() {
  sim::XtsOptions options;
  options.updates_per_second = 0;
  options.flush_interval = std::chrono::milliseconds{20};
  options.start_after = std::chrono::milliseconds{50};
  options.market_status = false;
  options.property_interval = Duration{0};
  options.subscribe_per_second = options.quotes_per_second = 0;
  return options;
}
/// The same with a market that moves fast.
inline sim::XtsOptions xts_moving_options() {
  auto options = xts_still_options();
  options.updates_per_second = 1'000;
  return options;
}

struct XtsFixture : SimFixture<sim::XtsServer> {
  explicit XtsFixture(const sim::XtsOptions& options = xts_still_options(), const Clock* clock = nullptr) : SimFixture(options, clock) {}

  struct Login {
    std::string token, user_id;
  };
  Login log_in(const std::string& app_key = "key", std::string_view root = kRoot) {
    const net::HttpAnswer answer =
        post(std::string{root} + "/auth/login", R"({"appKey":")" + app_key + R"(","secretKey":"secret","source":"WEBAPI"})");
    REQUIRE(answer.status == 200);
    rapidjson::Document document;
    document.Parse(answer.body.data(), answer.body.size());
    return {document["result"]["token"].GetString(), document["result"]["userID"].GetString()};
  }
  net::HttpAnswer rest(const std::string& method, const std::string& target, const std::string& body = {}, const std::string& token = {}) {
    net::HttpCall request;
    request.method = method;
    request.body = body;
    request.headers.emplace_back("Content-Type", "application/json");
    if (!token.empty()) request.headers.emplace_back("authorization", token);
    return call(request, target);
  }
  net::HttpAnswer post(const std::string& target, const std::string& body, const std::string& token = {}) {
    return rest("POST", target, body, token);
  }

  static std::string batch(std::uint32_t code, const std::vector<sim::xts::InstrumentKey>& instruments, const std::string& more = {}) {
    std::string list;
    for (const auto& [segment, id] : instruments) {
      list += (list.empty() ? "" : ",") + std::string{R"({"exchangeSegment":)"} + std::to_string(segment) + R"(,"exchangeInstrumentID":)" +
              std::to_string(id) + "}";
    }
    return R"({"instruments":[)" + list + R"(],"xtsMessageCode":)" + std::to_string(code) + more + "}";
  }
  net::HttpAnswer subscribe(const Login& login, std::uint32_t code, const std::vector<sim::xts::InstrumentKey>& instruments) {
    return post(std::string{kRoot} + "/instruments/subscription", batch(code, instruments), login.token);
  }
  net::HttpAnswer unsubscribe(const Login& login, std::uint32_t code, const std::vector<sim::xts::InstrumentKey>& instruments) {
    return rest("PUT", std::string{kRoot} + "/instruments/subscription", batch(code, instruments), login.token);
  }

  static std::string target(const Login& login, std::string_view mode = "Full", std::string_view root = kRoot, const std::string& more = {}) {
    return std::string{root} + "/socket.io/?token=" + login.token + "&userID=" + login.user_id +
           "&publishFormat=JSON&broadcastMode=" + std::string{mode} + "&EIO=3&transport=websocket" + more;
  }
  [[nodiscard]] std::string url(const Login& login, std::string_view mode = "Full", std::string_view root = kRoot) const {
    return ws_url(target(login, mode, root));
  }
  void until_joined(const XtsClient& client) {
    until([&] { return !client.arguments("joined").empty(); });
  }
  /// All that was on its way to the client before this call has arrived after it, when the simulator still answers.
  void settle(XtsClient& client) {
    const std::size_t before = client.pongs.size();
    client.socket.ping("settle");
    until([&] { return client.pongs.size() > before; });
  }
};

/// The text of one JSON body's member, as it is written; empty: not there.
inline std::string member(std::string_view json, const std::string& name) {
  const std::size_t at = json.find("\"" + name + "\":");
  if (at == std::string_view::npos) return {};
  const std::size_t from = at + name.size() + 3;
  return std::string{json.substr(from, json.find_first_of(",}", from) - from)};
}

}  // namespace tidegate::test
