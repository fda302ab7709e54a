// The way of one connection's frames into the gateway: stamps, counts, pushes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "brokers/adapter.hpp"
#include "gateway/core/frame.hpp"

namespace tidegate::common {

/// When a message left the socket, on both clocks.
struct Stamp {
  UtcTime utc;
  MonoTime mono;
};

/// One per connection slot; keeps the slot's session number over reconnects. The loop's thread. After close() nothing is pushed any more.
class FramePort {
 public:
  FramePort(SessionHost& host, BrokerId broker, ConnectionId connection);

  /// The data path: moves the bytes, pushes.
  void data(std::string&& bytes, bool binary, const Stamp& stamp);
  void opened(std::string_view url);  // the session number grows by one
  void lost(std::string_view why);    // the connection had been open
  void accepted(InstrumentId instrument, Channel channel);
  /// In place of accepted(), where a broker acknowledges nothing. `note`: what the stream's states are to say of it besides.
  void asked(InstrumentId instrument, Channel channel, std::string_view note = {});
  /// `code` of the client protocol; 0: the broker's refusal.
  void refused(InstrumentId instrument, Channel channel, std::string_view words, std::uint16_t code = 0);
  void status(BrokerState state, std::string_view reason);
  void rest(std::string request, std::string&& body);

  [[nodiscard]] std::uint32_t session() const { return session_; }
  [[nodiscard]] ConnectionId connection() const { return connection_; }
  void close() { closed_ = true; }
  /// Whether a frame was lost in a full queue since this was last asked.
  [[nodiscard]] bool take_loss() { return std::exchange(loss_, false); }

 private:
  [[nodiscard]] RawFrame make(FrameKind kind, const Stamp& stamp) const;
  [[nodiscard]] Stamp now() const { return {clock_.utc(), clock_.mono()}; }
  void push(RawFrame&& frame);

  const Clock& clock_;
  BrokerCounters& counters_;
  std::unique_ptr<FrameSink> sink_;
  BrokerId broker_;
  ConnectionId connection_;
  std::uint32_t session_ = 0;
  bool closed_ = false;
  bool loss_ = false;
};

}  // namespace tidegate::common
