// A gateway whose configuration file a test writes anew, and toy venues that trade steadily.
#pragma once

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/net/http_client.hpp"
#include "tests/support/gateway_under_test.hpp"
#include "tests/support/subscriber_client.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/toy_broker/adapter.hpp"
#include "tests/toy_broker/simulator_thread.hpp"

namespace tidegate::test {

inline constexpr std::array<const Adapter*, 1> kToyAdapters = {&toy::kToy};

/// A toy broker's side, on a thread of its own: each of its instruments trades at 1, 2, 3, ..., every two milliseconds.
class TradingVenue {
 public:
  explicit TradingVenue(std::vector<std::string> names) : names_(std::move(names)), simulator_(listed(names_)) {
    call([this](toy::Simulator& simulator) {
      timer_.emplace(simulator_.loop());
      trade(simulator);
    });
  }
  ~TradingVenue() {
    call([this](toy::Simulator&) { timer_.reset(); });
  }
  TradingVenue(const TradingVenue&) = delete;
  TradingVenue& operator=(const TradingVenue&) = delete;

  /// Runs `work` on the venue's thread, and waits for what it gives.
  template <class Work>
  auto call(Work work) -> decltype(work(std::declval<toy::Simulator&>())) {
    return simulator_.call(std::move(work));
  }
  [[nodiscard]] std::vector<std::string> commands() {
    return call([](toy::Simulator& simulator) { return simulator.commands(); });
  }
  [[nodiscard]] std::size_t subscribed(const std::string& name) {
    return call([&](toy::Simulator& simulator) { return simulator.subscribed(name); });
  }
  [[nodiscard]] std::size_t connections() {
    return call([](toy::Simulator& simulator) { return simulator.connections(); });
  }
  /// Its section in a configuration: `  NAME: {...}`.
  [[nodiscard]] std::string section(const std::string& name, const std::string& keys = "") const {
    return "  " + name + ": {adapter: toy, ws_url: \"ws://127.0.0.1:" + std::to_string(simulator_.port()) +
           "/feed\", reconnect: {initial: 5ms, maximum: 50ms}, linger: 0s" + keys + "}\n";
  }

 private:
  static std::vector<std::string> listed(const std::vector<std::string>& names) {
    std::vector<std::string> lines;
    for (const std::string& name : names) lines.push_back(name + " 0.05");
    return lines;
  }
  void trade(toy::Simulator& simulator) {
    ++price_;
    for (const std::string& name : names_) {
      simulator.publish("T " + name + " " + std::to_string(price_) + " 1 " + std::to_string(1'700'000'000'000 + price_), name);
    }
    timer_->start(std::chrono::milliseconds{2}, [this, &simulator] { trade(simulator); });
  }

  std::vector<std::string> names_;
  toy::SimulatorThread simulator_;
  std::int64_t price_ = 0;
  std::optional<net::Timer> timer_;  // the simulator's thread's
};

/// A gateway that reads its configuration from `yaml` again at each reload.
class ReloadableGateway {
 public:
  ReloadableGateway(const std::string& yaml, std::span<const Adapter* const> adapters = kToyAdapters) : gateway_(yaml, adapters) {
    write(yaml);
    std::promise<void> set;
    gateway_.post([&](Pipeline& pipeline) {
      pipeline.read_configuration = [path = path(), adapters] {
        LoadOptions options;
        options.ask_sources = false;
        return load_config(path, adapters, options);
      };
      set.set_value();
    });
    set.get_future().get();
  }

  void write(const std::string& yaml) const { std::ofstream{path()} << yaml; }
  [[nodiscard]] std::string path() const { return (folder_.path() / "tidegate.yaml").string(); }
  /// As SIGHUP does.
  distributor::Reloaded reload(const std::string& yaml) {
    write(yaml);
    std::promise<distributor::Reloaded> done;
    gateway_.post([&](Pipeline& pipeline) { done.set_value(pipeline.reload()); });
    return done.get_future().get();
  }
  [[nodiscard]] GatewayUnderTest& gateway() { return gateway_; }
  [[nodiscard]] std::uint16_t port() const { return gateway_.port(); }

 private:
  TemporaryFolder folder_;
  GatewayUnderTest gateway_;
};

struct HttpAnswered {
  int status = 0;
  std::string body;
};

inline HttpAnswered call(std::uint16_t port, const std::string& method, const std::string& target, const std::string& token = "") {
  net::EventLoop loop;
  net::HttpClient http;
  std::optional<HttpAnswered> answer;
  net::HttpCall request;
  request.method = method;
  request.url = "http://127.0.0.1:" + std::to_string(port) + target;
  if (!token.empty()) request.headers.emplace_back("Authorization", "Bearer " + token);
  http.send(std::move(request), loop, [&](net::HttpAnswer&& got) { answer = HttpAnswered{got.status, std::move(got.body)}; });
  while (!answer) loop.run_for(std::chrono::milliseconds{20});
  return *answer;
}

/// What was told of each stream: every number and price, every state and gap.
class TradeWatch {
 public:
  explicit TradeWatch(std::uint16_t port) : client(port) {
    client.on_json = [this](const SubscriberClient::Json& message) { see(message); };
  }

  struct Stream {
    std::uint64_t trades = 0;
    std::uint64_t seq = 0;
    std::int64_t price = 0;
    std::uint64_t holes = 0;   // numbers that nothing accounts for
    std::uint64_t losses = 0;  // prices that did not come
    std::uint64_t gaps = 0;
    std::string gap_cause;
    std::vector<std::string> states;
    std::string reason, broker;
  };

  [[nodiscard]] const Stream& of(const std::string& symbol) { return streams_[symbol]; }
  [[nodiscard]] const std::string& broker_state(const std::string& broker) { return brokers_[broker]; }
  /// More trades come.
  void wait_for_trades(const std::string& symbol, std::uint64_t count = 20) {
    const std::uint64_t before = of(symbol).trades;
    client.wait_until(std::to_string(count) + " more trades of " + symbol, [&] { return of(symbol).trades >= before + count; });
  }
  void wait_for_broker(const std::string& symbol, const std::string& broker) {
    client.wait_until(symbol + " comes from " + broker, [&] { return of(symbol).broker == broker; });
  }
  void wait_for_state(const std::string& symbol, const std::string& state) {
    client.wait_until(symbol + " is " + state, [&] { return !of(symbol).states.empty() && of(symbol).states.back() == state; });
  }

  SubscriberClient client;

 private:
  void see(const SubscriberClient::Json& message) {
    using Client = SubscriberClient;
    if (Client::is(message, "status")) brokers_[std::string{Client::text(message, "broker")}] = Client::text(message, "state");
    const std::string symbol{Client::text(message, "symbol")};
    if (symbol.empty()) return;
    Stream& stream = streams_[symbol];
    if (Client::is(message, "state")) {
      stream.states.emplace_back(Client::text(message, "state"));
      stream.reason = Client::text(message, "reason");
    } else if (Client::is(message, "gap")) {
      ++stream.gaps;
      stream.gap_cause = Client::text(message, "cause");
      if (message["from_seq"].GetUint64() != stream.seq + 1) ++stream.holes;
      stream.seq = message["to_seq"].GetUint64();
    } else if (Client::is(message, "trade")) {
      const std::uint64_t seq = message["seq"].GetUint64();
      const std::int64_t price = std::stoll(std::string{Client::text(message, "price")});
      if (stream.seq != 0 && seq != stream.seq + 1) ++stream.holes;
      if (stream.price != 0 && price != stream.price + 1) ++stream.losses;
      stream.seq = seq;
      stream.price = price;
      stream.broker = Client::text(message, "broker");
      ++stream.trades;
    }
  }

  std::map<std::string, Stream> streams_;
  std::map<std::string, std::string> brokers_;
};

}  // namespace tidegate::test
