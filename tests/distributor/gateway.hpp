// A distributor on a loop with clients on real loopback sockets, and time that a test moves.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "distributor/distributor.hpp"
#include "gateway/net/event_loop.hpp"
#include "gateway/net/ws_client.hpp"
#include "tests/distributor/records.hpp"
#include "tests/support/manual_clock.hpp"

namespace tidegate::test {

inline DistributorOptions test_options() {
  DistributorOptions options;
  options.version = "1.2.3";
  options.epoch = "e1";
  options.broker_names = {"binance", "zerodha"};
  options.broker_required = {true, false};
  options.broker_linger = {std::chrono::seconds{5}, std::chrono::seconds{7}};
  return options;
}

class Gateway : public UpstreamHost {
 public:
  explicit Gateway(DistributorOptions options = test_options(), std::shared_ptr<const Catalog> catalog = make_catalog()) {
    telemetry.brokers.resize(options.broker_names.size());
    for (std::size_t i = 0; i < options.broker_names.size(); ++i) telemetry.brokers[i].name = options.broker_names[i];
    distributor = std::make_unique<Distributor>(loop, clock, telemetry, *this, std::move(options));
    const std::string problem = distributor->listen();
    REQUIRE_MESSAGE(problem.empty(), problem);
    if (catalog != nullptr) distributor->on_catalog(std::move(catalog));
    loop.at_turn_end([this] { distributor->end_turn(); });
  }

  /// Runs the loop until the condition holds; fails the test where a working program always comes.
  void until(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (!condition()) {
      REQUIRE(std::chrono::steady_clock::now() < deadline);
      loop.run_for(std::chrono::milliseconds{5});
    }
  }
  void advance(Duration duration) {
    clock.advance(duration);
    distributor->do_work(clock.mono());
  }
  template <class Record>
  void emit(const Record& record) {
    distributor->on_record(record.header);
  }
  void emit(const Book& book) { distributor->on_record(book.header()); }
  [[nodiscard]] std::string url(std::string_view target = "/ws") const {
    return "ws://127.0.0.1:" + std::to_string(distributor->port()) + std::string(target);
  }
  /// "SYMBOL@channel", and "/depth" for books, of the last demand.
  [[nodiscard]] std::vector<std::string> demand() const {
    std::vector<std::string> texts;
    if (demands.empty()) return texts;
    for (const Want& want : demands.back()) {
      texts.push_back(want.symbol + "@" + std::string(to_text(want.channel)));
      if (want.channel == Channel::OrderBook) texts.back() += "/" + std::to_string(want.depth);
    }
    return texts;
  }

  net::EventLoop loop;
  ManualClock clock;
  Telemetry telemetry;
  std::vector<std::vector<Want>> demands;
  std::function<Availability(InstrumentId, Channel)> availability = [](InstrumentId, Channel) { return Availability{}; };
  std::set<std::string> awaited;                                     // symbols that a list which has not come could hold
  std::map<std::string, distributor::LookUp, std::less<>> look_ups;  // how names that no list holds are asked for
  std::vector<std::string> looked_up;                                // every such name, as often as it was wanted
  distributor::LookUp elsewhere = distributor::LookUp::Nobody;       // the same for channels that nobody serves
  std::vector<BrokerId> renewed;                                     // as administrators asked
  std::string renewal_problem;                                       // the answer to that
  std::vector<BrokerId> reconnected;                                 // as administrators asked
  std::vector<std::string> orders;                                   // of sources, as administrators asked: "TARGET BROKER"
  std::string reload_problem;                                        // the answer to a reload
  std::string reload_changes;
  std::unique_ptr<Distributor> distributor;  // dies before the loop

 private:
  Availability check(InstrumentId instrument, Channel channel) override { return availability(instrument, channel); }
  void on_demand(std::vector<Want> wants) override { demands.push_back(std::move(wants)); }
  bool may_yet_be_listed(std::string_view symbol) override { return awaited.contains(std::string{symbol}); }
  distributor::LookUp look_up(std::string_view symbol) override {
    looked_up.emplace_back(symbol);
    const auto stand = look_ups.find(symbol);
    return stand == look_ups.end() ? distributor::LookUp::Nobody : stand->second;
  }
  distributor::LookUp look_up(InstrumentId, Channel) override { return elsewhere; }
  std::string brokers_json() override { return R"([{"name":"binance"}])"; }
  void reconnect(BrokerId broker) override { reconnected.push_back(broker); }
  distributor::Renewal renew(BrokerId broker) override {
    if (renewal_problem.empty()) renewed.push_back(broker);
    return {renewal_problem, "reconnect it"};
  }
  distributor::SourceOrder order_source(std::string_view target, BrokerId broker) override {
    if (target == "NOWHERE") return {"no rule", "look it up", {}};
    orders.push_back(std::string(target) + " " + std::to_string(broker.value()));
    return {{}, {}, std::string(target)};
  }
  bool take_back_order(std::string_view target) override { return target == "NSE"; }
  std::string routing_json() override { return R"({"routing":[]})"; }
  distributor::Reloaded reload() override { return {reload_problem, reload_changes}; }
};

class Client : public net::WsClientHandler {
 public:
  /// Connects, and takes the welcome off the front unless told otherwise.
  explicit Client(Gateway& gateway, bool welcomed = true) : gateway_(gateway), client_(gateway.loop, *this) {
    connect(gateway.url());
    if (welcomed) {
      wait(1);
      messages.clear();
    }
  }
  Client(Gateway& gateway, const std::string& url, std::vector<std::pair<std::string, std::string>> headers)
      : gateway_(gateway), client_(gateway.loop, *this) {
    connect(url, std::move(headers));
  }

  void send(std::string_view text) { client_.send_text(text); }
  void send_binary(std::string_view bytes) { client_.send_binary(bytes); }
  void abort() { client_.abort(); }
  void close() { client_.close(1000, "done"); }
  void wait(std::size_t count) {
    gateway_.until([&] { return messages.size() >= count || closed.code != 0; });
    REQUIRE(messages.size() >= count);
  }
  void wait_closed() {
    gateway_.until([&] { return closed.code != 0; });
  }
  /// Sends and returns the next message.
  std::string ask(std::string_view text) {
    const std::size_t before = messages.size();
    send(text);
    wait(before + 1);
    return messages[before];
  }
  /// A round trip: whatever the gateway had queued before is in `messages` now. The pong itself is taken off.
  void sync() {
    send(R"({"op":"ping","id":"sync"})");
    gateway_.until(
        [&] { return closed.code != 0 || (!messages.empty() && messages.back().find(R"("type":"pong","id":"sync")") != std::string::npos); });
    if (closed.code == 0) messages.pop_back();
  }
  std::vector<std::string> take() { return std::exchange(messages, {}); }

  std::vector<std::string> messages;
  net::WsClosed closed;
  bool opened = false;

 private:
  void connect(const std::string& url, std::vector<std::pair<std::string, std::string>> headers = {}) {
    net::WsClientOptions options;
    options.url = url;
    options.headers = std::move(headers);
    client_.connect(options);
  }
  void on_open() override { opened = true; }
  void on_message(std::string&& payload, bool) override { messages.push_back(std::move(payload)); }
  void on_closed(const net::WsClosed& why) override {
    closed = why;
    if (closed.code == 0) closed.code = -1;
  }

  Gateway& gateway_;
  net::WsClient client_;
};

/// The value of `"key":` in a message: text without its quotes, or a number's digits; empty when there is none.
inline std::string field(const std::string& message, const std::string& key) {
  const std::size_t at = message.find("\"" + key + "\":");
  if (at == std::string::npos) return {};
  std::size_t begin = at + key.size() + 3;
  const bool text = message[begin] == '"';
  if (text) ++begin;
  return message.substr(begin, message.find_first_of(text ? "\"" : ",}]", begin) - begin);
}

/// What each message is: "trade 5", "quote 3 snapshot", "state live", "result".
inline std::vector<std::string> outline(const std::vector<std::string>& messages) {
  std::vector<std::string> lines;
  for (const std::string& message : messages) {
    std::string line = field(message, "type");
    for (const char* const key : {"seq", "state", "code"}) {
      if (line == "result") break;
      if (const std::string value = field(message, key); !value.empty()) line += " " + value;
    }
    if (line == "gap") line += " " + field(message, "from_seq") + "-" + field(message, "to_seq");
    if (message.find(R"("flags":["snapshot")") != std::string::npos) line += " snapshot";
    lines.push_back(line);
  }
  return lines;
}

}  // namespace tidegate::test
