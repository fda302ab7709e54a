// The distributor's inside with connections that a test plays: full outboxes, deaths at any moment, no sockets.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
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

/// Its outbox holds the frames that wait, so that a part of them can be taken, or taken back: `messages` are those that have left or will. Tests that
/// set `queued` themselves say how many bytes still wait.
class FakeConnection final : public net::WsConnection {
 public:
  ~FakeConnection() = default;
  void send(const net::FrameRef& frame) override {
    identities.push_back(frame.bytes().data());
    queue(frame);
  }
  void send_text(std::string_view payload) override { queue(pool_.make(payload)); }
  void send_binary(std::string_view) override {}
  void ping(std::string_view) override { ++pings; }
  void pong(std::string_view) override {}
  void close(std::uint16_t code, std::string_view) override {
    closed_code = code;
    ++close_count;
  }
  void cut() override { ++cut_count; }
  void pause_reading(bool) override {}
  void write_now() override {
    ++write_count;
    if (on_write_now) on_write_now();
    queued -= std::min(queued, kernel_room);
  }
  void drop_unsent(const std::function<void(const net::FrameRef&)>& dropped) override {
    settle();
    const bool begun = !waiting_.empty() && waiting_.front().left < waiting_.front().frame.bytes().size();
    for (std::size_t i = begun ? 1 : 0; i < waiting_.size(); ++i) {
      queued -= waiting_[i].left;
      sent_bytes_ -= waiting_[i].left;
      if (!messages.empty()) messages.pop_back();
      dropped(waiting_[i].frame);
    }
    waiting_.resize(begun ? 1 : 0);
  }
  void set_close_timeout(std::chrono::milliseconds timeout) override { close_timeout = timeout; }
  [[nodiscard]] std::size_t queued_bytes() const override { return queued; }
  [[nodiscard]] std::uint64_t taken_bytes() const override { return sent_bytes_ - queued; }
  [[nodiscard]] const net::HttpRequest& request() const override { return request_; }

  /// The kernel takes so much of what waits.
  void take(std::size_t bytes) { queued -= std::min(queued, bytes); }
  /// How many of `messages` have left whole.
  [[nodiscard]] std::size_t left_count() {
    settle();
    return messages.size() - waiting_.size();
  }

  std::vector<std::string> messages;
  std::vector<const char*> identities;  // of shared frames: equal means the same bytes in memory
  std::size_t queued = 0;
  int closed_code = 0;
  int close_count = 0;
  int pings = 0;
  int cut_count = 0;
  int write_count = 0;          // of write_now()
  std::size_t kernel_room = 0;  // bytes that each write_now() gets rid of
  std::chrono::milliseconds close_timeout{0};
  std::function<void()> on_send;
  std::function<void()> on_write_now;

 private:
  struct Waiting {
    net::FrameRef frame;
    std::size_t left = 0;
  };

  void queue(const net::FrameRef& frame) {
    settle();
    messages.emplace_back(frame.payload());
    queued += frame.bytes().size();
    sent_bytes_ += frame.bytes().size();
    waiting_.push_back({frame, frame.bytes().size()});
    if (on_send) on_send();
  }
  /// Lets go of what has been taken.
  void settle() {
    std::size_t known = 0;
    for (const Waiting& entry : waiting_) known += entry.left;
    while (known > queued) {
      Waiting& front = waiting_.front();
      const std::size_t part = std::min(front.left, known - queued);
      known -= part;
      front.left -= part;
      if (front.left == 0) waiting_.pop_front();
    }
  }

  net::FramePool pool_;
  std::deque<Waiting> waiting_;
  std::uint64_t sent_bytes_ = 0;
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
  /// A record that is alone in its turn.
  template <class Record>
  void emit(const Record& record) {
    emit_in_turn(record);
    serve();
  }
  /// One of several: it may have to wait for the turn's end.
  template <class Record>
  void emit_in_turn(const Record& record) {
    publisher.publish(record.header);
  }
  void emit_in_turn(const Book& book) { publisher.publish(book.header()); }
  /// As whatever else happens does.
  void serve() { const distributor::Hub::Scope scope(hub); }

  /// What the distributor does at the end of a turn, after the kernel has taken what it takes.
  void turn(Duration later = Duration{0}) {
    serve();
    clock.advance(later);
    publisher.find_stuck(clock.mono());
    publisher.release_due(clock.mono());
    static_cast<void>(publisher.take_first_record_time());
    publisher.feed_waiting();
    publisher.check_slow(clock.mono());
    ++hub.turn;
  }

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
