// The way of one connection's frames into the gateway: stamps, counts, pushes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "brokers/adapter.hpp"
#include "brokers/common/overlap.hpp"
#include "gateway/core/frame.hpp"

namespace tidegate::common {

/// When a message left the socket, on both clocks.
struct Stamp {
  UtcTime utc;
  MonoTime mono;
};

/// What is known of the joint between a socket and its successor.
enum class Joint : std::uint8_t {
  Proven,     // both carried everything for so long that nothing lies between them
  Uncertain,  // both carried everything, but the old one may have been behind: each stream has to prove it
  Broken,     // the old one was lost too early, which has been told
};

/// One per socket of a connection slot; those of one slot share its way, so that their frames have one order, and its count of sessions. The loop's
/// thread. After close() nothing is pushed any more, by any of them.
class FramePort {
 public:
  /// The first of its slot.
  FramePort(SessionHost& host, BrokerId broker, ConnectionId connection);
  /// For another socket of the slot that `other` belongs to. With `overlap` its frames wait there, until take_over() or retire().
  explicit FramePort(const FramePort& other, Overlap* overlap = nullptr);

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

  /// A successor is open beside this port's socket. From here on what it delivers is compared with what the successor sends.
  void succeeding(Overlap& overlap);
  /// The successor will not come.
  void put_off();
  /// This port's socket takes the predecessor's place: what was held back goes out, then all that follows. The predecessor has been retired.
  void take_over(std::string_view why, Joint joint);
  /// Pushes nothing from now on: another socket has this one's place.
  void retire();

  [[nodiscard]] std::uint32_t session() const { return session_; }
  /// The first of the sessions that followed each other without a break, up to this one.
  [[nodiscard]] std::uint32_t unbroken_since() const { return unbroken_since_; }
  [[nodiscard]] ConnectionId connection() const { return connection_; }
  void close();
  /// Whether a frame was lost in a full queue since this was last asked.
  [[nodiscard]] bool take_loss();

 private:
  class Way;

  [[nodiscard]] RawFrame make(FrameKind kind, const Stamp& stamp) const;
  [[nodiscard]] Stamp now() const { return {clock_.utc(), clock_.mono()}; }
  void push(RawFrame&& frame);

  const Clock& clock_;
  BrokerCounters& counters_;
  std::shared_ptr<Way> way_;  // null: retired
  BrokerId broker_;
  ConnectionId connection_;
  std::uint32_t session_ = 0;
  std::uint32_t unbroken_since_ = 0;
  Overlap* observer_ = nullptr;  // while a successor is under way
  Overlap* holder_ = nullptr;    // while this is one that waits
};

}  // namespace tidegate::common
