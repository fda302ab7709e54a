// REST depth snapshots for kept books, under the venue's weight limit. Source: docs/protocols/binance.md sections 7.3 and 8.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "brokers/binance/rest_client.hpp"
#include "brokers/common/backoff.hpp"
#include "brokers/common/frame_port.hpp"
#include "gateway/net/event_loop.hpp"

namespace tidegate::binance {

/// "/api/v3/depth?symbol=BTCUSDT&limit=1000", with the symbol percent-encoded where it must be.
[[nodiscard]] std::string depth_target(const Settings& settings, std::string_view symbol);

/// One request under way per symbol, a least interval per symbol, first come first served. An answer belongs to the connection session in
/// which it was asked for: if that ended meanwhile the answer is dropped. The loop's thread.
class Snapshots {
 public:
  /// The open connection that carries a symbol's depth deltas now; null: none does, or the book is no longer wanted.
  using FindCarrier = std::function<common::FramePort*(std::string_view symbol)>;
  /// The venue refused the request itself, in its own words.
  using OnRefused = std::function<void(std::string_view symbol, std::string_view words)>;

  Snapshots(SessionHost& host, const BrokerConfig& config, const Settings& settings, RestClient& rest, FindCarrier find_carrier,
            OnRefused on_refused);

  void request(std::string_view symbol);
  void stop();

 private:
  struct Job {
    bool queued = false;
    bool under_way = false;
    bool again = false;         // asked for in a newer session while under way
    std::uint32_t session = 0;  // of the carrier when it was sent, see FramePort::unbroken_since
    ConnectionId connection{};
    MonoTime not_before{};
    std::optional<common::Backoff> backoff;  // after a failure
  };

  void enqueue(const std::string& symbol, Job& job, bool first);
  void pump();
  void send(const std::string& symbol, Job& job, const common::FramePort& carrier);
  void on_answer(const std::string& symbol, const std::string& target, RestAnswer&& answer);
  void retry_later(const std::string& symbol, Job& job);

  SessionHost& host_;
  const BrokerConfig& config_;
  const Settings& settings_;
  RestClient& rest_;
  FindCarrier find_carrier_;
  OnRefused on_refused_;
  net::Timer timer_;
  std::map<std::string, Job, std::less<>> jobs_;  // at most one per listed symbol
  std::deque<std::string> queue_;
  std::size_t under_way_ = 0;
  bool stopped_ = false;
};

}  // namespace tidegate::binance
