// What leaves a broker's socket: bytes as received, or an event of the connection, in one order.
#pragma once

#include <cstdint>
#include <string>

#include "gateway/core/channel.hpp"
#include "gateway/core/ids.hpp"
#include "gateway/core/market_data.hpp"
#include "gateway/core/time.hpp"

namespace tidegate {

enum class FrameKind : std::uint8_t {
  Text,      // bytes: one text message of the socket
  Binary,    // bytes: one binary message of the socket
  Rest,      // bytes: body of a successful REST answer; request: what was asked, such as "GET /api/v3/depth?symbol=BTCUSDT&limit=1000"
  Opened,    // a connection is up: what it carried before is unproven until new data comes
  Closed,    // a connection is gone; bytes: why
  Accepted,  // the broker accepted (instrument, channel); no proof that data will come
  Asked,     // (instrument, channel) was asked for, and this broker acknowledges nothing: only data will tell; bytes: a note for its states
  Refused,   // the broker refused (instrument, channel); bytes: the broker's own words
  Status,    // the broker as a whole changed to broker_state; bytes: why
  Overflow,  // frames of this connection were lost in a full queue; everything it carries has a hole here
  // A planned end, make before break. Between Succeeding and TakenOver come frames of the old socket; after it those of its successor, from the
  // moment on that it was open, so that much comes twice.
  Succeeding,  // a second socket is open beside this one and will take its place
  PutOff,      // it will not: the old one stays
  TakenOver,   // `session` is the successor's; code: kJointProven, or 0; bytes: why
};

/// TakenOver: both sockets carried everything for so long that nothing can lie between them. Otherwise each stream has to prove it by its own data.
inline constexpr std::uint16_t kJointProven = 1;

/// One frame of one connection. Moves through the frame queue; the bytes are never copied.
struct RawFrame {
  FrameKind kind = FrameKind::Text;
  Channel channel{};
  BrokerState broker_state{};
  BrokerId broker{};
  ConnectionId connection{};
  InstrumentId instrument = kNoInstrument;
  std::uint16_t code = 0;     // Refused: the client protocol's code; 0: the broker's refusal (4031)
  std::uint32_t session = 0;  // counts the connection's openings: data of two sessions never chain by accident
  UtcTime received;           // kNoTime in recordings that have none
  MonoTime received_mono;
  std::string bytes;
  std::string request;
};

/// The way of one connection's frames into the gateway; keeps their order. Called by the connection's I/O thread.
class FrameSink {
 public:
  virtual ~FrameSink() = default;
  /// Never waits. False: the queue was full, the frame is gone and counted, and an Overflow frame will say so.
  virtual bool push(RawFrame&& frame) = 0;
  /// False: the queue is so full that whoever can wait should.
  [[nodiscard]] virtual bool has_room() const { return true; }
};

}  // namespace tidegate
