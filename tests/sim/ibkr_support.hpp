// The simulated Interactive Brokers on real sockets, in the test's own loop, and plain clients that remember what reached them.
#pragma once

#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/net/http_client.hpp"
#include "gateway/net/ws_client.hpp"
#include "tools/sim/ibkr/commands.hpp"
#include "tools/sim/ibkr/server.hpp"

namespace tidegate::test {

inline constexpr std::string_view kQuoteFields =
    R"({"fields":["31","7059","84","88","86","85","7762","87","70","71","7295","7741","82","83","6509"]})";

struct IbkrFrame {
  std::string bytes;
  bool binary = false;
  std::string topic;                          // empty: none, or no JSON object
  std::map<std::string, std::string> values;  // of its members, as JSON
  std::vector<std::string> order;             // of its members
};

/// A client of one connection.
class IbkrClient final : public net::WsClientHandler {
 public:
  using Headers = std::vector<std::pair<std::string, std::string>>;

  IbkrClient(net::EventLoop& loop, const std::string& url, Headers headers = {}, net::TlsOptions tls = {}) : socket(loop, *this) {
    net::WsClientOptions options;
    options.url = url;
    options.headers = std::move(headers);
    options.tls = std::move(tls);
    socket.connect(options);
  }
  void on_open() override { opened = true; }
  void on_message(std::string&& payload, bool binary) override {
    IbkrFrame frame{std::move(payload), binary, {}, {}, {}};
    std::vector<std::pair<std::string, std::string>> members;
    if (sim::ibkr::read_members(frame.bytes, members)) {
      for (auto& [name, value] : members) {
        frame.order.push_back(name);
        frame.values[name] = value;
      }
      frame.topic = sim::ibkr::read_member(frame.bytes, "topic");
    }
    (frame.topic == "system" && frame.values.contains("hb") ? heartbeats : frames).push_back(std::move(frame));
  }
  void on_pong(std::string_view payload) override { pongs.emplace_back(payload); }
  void on_closed(const net::WsClosed& why) override { closed = why; }

  void send(std::string_view text) { socket.send_text(text); }
  void subscribe(const std::string& target, std::string_view body = kQuoteFields) { send("smd+" + target + "+" + std::string{body}); }
  [[nodiscard]] std::vector<IbkrFrame> of(std::string_view topic) const {
    std::vector<IbkrFrame> out;
    std::copy_if(frames.begin(), frames.end(), std::back_inserter(out), [topic](const IbkrFrame& frame) { return frame.topic == topic; });
    return out;
  }
  [[nodiscard]] std::size_t count(std::string_view topic) const { return of(topic).size(); }
  /// Everything that frames of the topic said so far, merged.
  [[nodiscard]] sim::ibkr::FieldValues merged(std::string_view topic) const {
    sim::ibkr::FieldValues out;
    for (const IbkrFrame& frame : of(topic)) {
      for (const auto& [name, value] : frame.values) out[name] = value;
    }
    for (const char* key : {"topic", "conid", "conidEx", "_updated", "server_id", "6119"}) out.erase(key);
    return out;
  }
  [[nodiscard]] bool greeted() const { return count("sts") != 0; }

  bool opened = false;
  std::vector<IbkrFrame> frames, heartbeats;
  std::vector<std::string> pongs;
  std::optional<net::WsClosed> closed;
  net::WsClient socket;
};

/// Options under which nothing moves by itself and everything comes soon.
inline sim::IbkrOptions still_ibkr() {
  sim::IbkrOptions options;
  options.updates_per_second = 0;
  options.rest_rate = 0;
  options.greeting_delay = std::chrono::milliseconds{15};
  options.heartbeat_interval = std::chrono::milliseconds{40};
  options.grid = std::chrono::milliseconds{20};
  options.snapshot_delay = std::chrono::milliseconds{10};
  options.start_after = std::chrono::milliseconds{50};
  options.tick = std::chrono::milliseconds{5};
  options.extras = false;
  options.truth_kept = 10'000;
  return options;
}

/// The same, with every instrument moving on every grid.
inline sim::IbkrOptions lively_ibkr() {
  auto options = still_ibkr();
  options.updates_per_second = 50;
  return options;
}

struct IbkrFixture {
  explicit IbkrFixture(const sim::IbkrOptions& options = still_ibkr()) : server(loop, options) {
    const std::string problem = server.listen("127.0.0.1", 0);
    REQUIRE_MESSAGE(problem.empty(), problem);
  }
  [[nodiscard]] std::string address(std::string_view scheme) const { return std::string{scheme} + "://127.0.0.1:" + std::to_string(server.port()); }
  [[nodiscard]] std::string url(const std::string& target = "/v1/api/ws") const { return address("ws") + target; }
  [[nodiscard]] IbkrClient::Headers cookie() const { return {{"Cookie", "api=" + server.session()}}; }

  /// Runs the loop until `done`; a generous deadline fails the test.
  void until(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (!done()) {
      REQUIRE(std::chrono::steady_clock::now() < end);
      loop.run_for(std::chrono::milliseconds{20});
    }
  }
  /// All that was on its way to the client before this call has arrived after it, when the simulator still answers.
  void settle(IbkrClient& client) {
    const std::size_t before = client.pongs.size();
    client.socket.ping("settle");
    until([&] { return client.pongs.size() > before; });
  }
  /// What is due on two grids has arrived.
  void pass(IbkrClient& client) {
    const std::size_t before = client.heartbeats.size();
    until([&] { return client.heartbeats.size() > before + 1; });
  }
  void inject(std::string_view fault) {
    const std::string problem = server.inject(fault);
    REQUIRE_MESSAGE(problem.empty(), problem);
  }
  net::HttpAnswer call(const std::string& method, const std::string& path, const std::string& body = {}, IbkrClient::Headers headers = {},
                       const std::string& scheme = "http", net::TlsOptions tls = {}) {
    net::HttpCall request;
    request.method = method;
    request.url = address(scheme) + path;
    request.body = body;
    request.headers = std::move(headers);
    request.tls = std::move(tls);
    std::optional<net::HttpAnswer> answer;
    http.send(std::move(request), loop, [&](net::HttpAnswer&& given) { answer = std::move(given); });
    until([&] { return answer.has_value(); });
    return *answer;
  }
  net::HttpAnswer get(const std::string& path) { return call("GET", "/v1/api/" + path); }
  net::HttpAnswer post(const std::string& path, const std::string& body = {}) { return call("POST", "/v1/api/" + path, body); }
  /// What must be asked for before market data flows.
  void prime() { REQUIRE(get("iserver/accounts").status == 200); }
  /// A socket that may subscribe.
  std::unique_ptr<IbkrClient> connect() {
    auto client = std::make_unique<IbkrClient>(loop, url(), cookie());
    until([&] { return client->greeted(); });
    return client;
  }

  net::EventLoop loop;
  net::HttpClient http;
  sim::IbkrServer server;
};

}  // namespace tidegate::test
