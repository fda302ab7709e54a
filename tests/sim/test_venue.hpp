// The simulated venue under an injected clock, and clients that remember what reached them.
#pragma once

#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tools/sim/binance/venue.hpp"

namespace tidegate::test {

namespace venue = sim::binance;

inline constexpr std::int64_t kMs = 1'000'000;

[[nodiscard]] rapidjson::Document parse(std::string_view text);
[[nodiscard]] std::string text_of(const rapidjson::Value& value);
/// Units of 1e-8.
[[nodiscard]] std::int64_t e8(const rapidjson::Value& decimal_text);

class TestClient final : public venue::Wire {
 public:
  void send_text(std::string_view payload) override { texts.emplace_back(payload); }
  void send_binary(std::string_view payload) override { binaries.emplace_back(payload); }
  void ping(std::string_view payload) override { pings.emplace_back(payload); }
  void close(int code, std::string_view reason) override {
    close_code = code;
    close_reason = reason;
  }
  void cut() override { was_cut = true; }
  void pause_reading(bool pause) override { paused = pause; }
  [[nodiscard]] std::size_t queued_bytes() const override { return queued; }

  /// Payloads of one stream, without their envelope; the connection must be combined.
  [[nodiscard]] std::vector<std::string> data(std::string_view stream) const;
  [[nodiscard]] std::size_t count(std::string_view stream) const { return data(stream).size(); }

  std::vector<std::string> texts, binaries, pings;
  int close_code = 0;
  std::string close_reason;
  bool was_cut = false;
  bool paused = false;
  std::size_t queued = 0;
  bool answers_pings = true;  // in TestVenue::run()
  std::size_t pongs_sent = 0;
  venue::Client* client = nullptr;
};

class TestVenue {
 public:
  explicit TestVenue(venue::VenueOptions options = small());
  /// Two symbols, no REST latency.
  [[nodiscard]] static venue::VenueOptions small();

  TestClient& connect(std::string_view target);
  void send(TestClient& client, std::string_view payload) { venue_->on_message(*client.client, payload, now_); }
  /// The answer to a control request: what came and is no data.
  std::string ask(TestClient& client, std::string_view payload);
  void subscribe(TestClient& client, std::string_view stream);
  void disconnect(TestClient& client) { venue_->closed(*client.client, now_); }
  /// Lets the clocks run, a tick every 10 ms.
  void run(std::int64_t milliseconds);
  void advance(std::int64_t milliseconds) {
    now_.mono_ns += milliseconds * kMs;
    now_.utc_us += milliseconds * 1000;
  }
  void tick() { venue_->tick(now_); }
  /// The answer; status 0 while none has come.
  venue::RestAnswer get(std::string_view target);
  void inject(std::string_view fault);
  int admit(std::string_view target) { return venue_->admit(target, "127.0.0.1", now_); }
  [[nodiscard]] venue::Now now() const { return now_; }
  venue::Venue* operator->() { return venue_.get(); }
  venue::Venue& operator*() { return *venue_; }

 private:
  venue::Now now_{1'000 * kMs, 1'790'000'000'000'000};
  std::unique_ptr<venue::Venue> venue_;
  std::vector<std::unique_ptr<TestClient>> clients_;
  int next_request_ = 1;
};

[[nodiscard]] std::string_view header(const venue::RestAnswer& answer, std::string_view name);

/// A book kept by the venue's rules from a snapshot and depth events, prices and quantities at 1e-8.
struct ReferenceBook {
  std::int64_t id = 0;
  std::map<std::int64_t, std::int64_t> bids, asks;

  void load(std::string_view snapshot);
  void apply(const rapidjson::Value& event);
};

}  // namespace tidegate::test
