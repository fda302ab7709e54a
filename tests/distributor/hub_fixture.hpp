// The distributor's inside with connections that a test plays: full outboxes, deaths at any moment, no sockets.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "distributor/http_api.hpp"
#include "distributor/hub.hpp"
#include "distributor/publisher.hpp"
#include "distributor/request_handler.hpp"
#include "tests/distributor/gateway.hpp"
#include "tests/distributor/records.hpp"
#include "tests/support/manual_clock.hpp"

namespace tidegate::test {

class FakeConnection final : public net::WsConnection {
 public:
  ~FakeConnection() = default;
  void send(const net::FrameRef& frame) override {
    messages.emplace_back(frame.payload());
    identities.push_back(frame.bytes().data());
    queued += frame.bytes().size();
    if (on_send) on_send();
  }
  void send_text(std::string_view payload) override {
    messages.emplace_back(payload);
    queued += payload.size();
    if (on_send) on_send();
  }
  void send_binary(std::string_view) override {}
  void ping(std::string_view) override { ++pings; }
  void pong(std::string_view) override {}
  void close(std::uint16_t code, std::string_view) override {
    closed_code = code;
    ++close_count;
  }
  void cut() override {}
  void pause_reading(bool) override {}
  void write_now() override {
    if (on_write_now) on_write_now();
    queued -= std::min(queued, kernel_room);
  }
  [[nodiscard]] std::size_t queued_bytes() const override { return queued; }
  [[nodiscard]] const net::HttpRequest& request() const override { return request_; }

  std::vector<std::string> messages;
  std::vector<const char*> identities;  // of shared frames: equal means the same bytes in memory
  std::size_t queued = 0;
  int closed_code = 0;
  int close_count = 0;
  int pings = 0;
  std::size_t kernel_room = 0;  // bytes that each write_now() gets rid of
  std::function<void()> on_send;
  std::function<void()> on_write_now;

 private:
  net::HttpRequest request_;
};

class HubFixture : public UpstreamHost {
 public:
  explicit HubFixture(DistributorOptions options = test_options()) : hub(clock, telemetry, *this, std::move(options)) {
    telemetry.brokers.resize(2);
    telemetry.brokers[0].name = "binance";
    telemetry.brokers[1].name = "zerodha";
    hub.catalog = make_catalog(1'000);
  }

  distributor::Subscriber& join(FakeConnection& connection) {
    const distributor::Hub::Scope scope(hub);
    return hub.join(connection);
  }
  void leave(FakeConnection& connection) {
    const distributor::Hub::Scope scope(hub);
    if (connection.user != nullptr) hub.leave(*static_cast<distributor::Subscriber*>(connection.user));
    connection.user = nullptr;
  }
  void ask(FakeConnection& connection, std::string_view text) {
    const distributor::Hub::Scope scope(hub);
    requests.on_message(*static_cast<distributor::Subscriber*>(connection.user), text, false);
  }
  template <class Record>
  void emit(const Record& record) {
    publisher.publish(record.header);
  }
  void emit(const Book& book) { publisher.publish(book.header()); }

  ManualClock clock;
  Telemetry telemetry;
  distributor::Hub hub;
  distributor::Publisher publisher{hub};
  distributor::Login login{hub};
  distributor::SessionKeeper keeper{hub, login};
  distributor::RequestHandler requests{hub, publisher, login};
  distributor::HttpApi http{hub, login, keeper};

 private:
  Availability check(InstrumentId, Channel) override { return {}; }
  bool may_yet_be_listed(std::string_view) override { return false; }
  distributor::LookUp look_up(std::string_view) override { return distributor::LookUp::Nobody; }
  distributor::LookUp look_up(InstrumentId, Channel) override { return distributor::LookUp::Nobody; }
  void on_demand(std::vector<Want>) override {}
  std::string brokers_json() override { return "[]"; }
};

}  // namespace tidegate::test
