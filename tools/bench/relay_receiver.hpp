// The subscriber's end of the relay measurement: finds each record's number by a plain scan and keeps when it came.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/net/ws_client.hpp"
#include "tools/common/loop_thread.hpp"

namespace tidegate::bench {

/// Where a record's number stands in what this subscriber receives.
struct NumberKeys {
  std::string_view quote, trade;  // up to the first digit
};

class RelayReceiver final : private net::WsClientHandler {
 public:
  /// Connects; sends `request` once it is open, unless that is empty.
  RelayReceiver(const std::string& url, NumberKeys keys, std::string request);
  ~RelayReceiver() override;
  RelayReceiver(const RelayReceiver&) = delete;
  RelayReceiver& operator=(const RelayReceiver&) = delete;

  [[nodiscard]] bool live() const { return live_; }  // open, and its request was answered
  [[nodiscard]] bool closed() const { return closed_; }

  /// From now on keeps the arrivals of `count` records numbered from `first`.
  void expect(std::uint64_t first, std::size_t count);
  [[nodiscard]] std::size_t received() const { return received_.load(std::memory_order_acquire); }
  /// By number; 0: has not come. Nothing more may arrive meanwhile.
  [[nodiscard]] std::vector<std::int64_t> arrivals();

 private:
  void on_open() override;
  void on_message(std::string&& payload, bool binary) override;
  void on_closed(const net::WsClosed& closed) override;

  NumberKeys keys_;
  std::string request_;
  tools::LoopThread thread_;
  std::unique_ptr<net::WsClient> client_;  // made and destroyed on the loop
  std::uint64_t first_ = 0;
  std::vector<std::int64_t> arrived_ns_;
  std::atomic<std::size_t> received_{0};
  std::atomic<bool> live_{false}, closed_{false};
};

}  // namespace tidegate::bench
