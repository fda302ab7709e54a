// XTS's frames to updates: events of the socket in each of their forms, attachments, and the REST answers that hold quotes.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "brokers/adapter.hpp"
#include "brokers/xts/event_argument.hpp"
#include "brokers/xts/full_json.hpp"
#include "brokers/xts/mapping.hpp"
#include "brokers/xts/packets.hpp"
#include "brokers/xts/partial_state.hpp"
#include "brokers/xts/quotes_answer.hpp"
#include "brokers/xts/string_unescaper.hpp"

namespace tidegate::xts {

/// Reads `broadcast_mode` and `bar_volume` where the configuration has them.
[[nodiscard]] std::unique_ptr<Decoder> make_decoder(const BrokerConfig& config);

struct DecoderOptions {
  bool partial = true;     // whole messages are kept as what Partial texts change; without, they cost nothing
  bool bar_volume = true;  // candles carry the volume that was sent
};

/// Pure: frames in, updates out. Allocates nothing once its buffers have grown and each instrument of a Partial session was heard of. One thread.
class FrameDecoder final : public Decoder, private MessageSink, private PacketSink, private QuoteSink {
 public:
  explicit FrameDecoder(DecoderOptions options) : options_(options) {}

  /// Text: packets of Socket.IO, or one Full JSON message alone. Binary: attachments, with the Engine.IO byte or without. Rest: answers with quotes.
  /// Frames of a session's texts and of its snapshots carry the same connection and session number: Partial texts change that session's values only.
  Decoded decode(const RawFrame& frame, UpdateSink& sink) override;

 private:
  /// What one socket brought up to now.
  struct Connection {
    std::uint32_t session = 0;
    std::uint32_t attachments_due = 0;  // announced and not here yet
    bool attachments_are_packets = false;
    PartialState partial;
  };
  /// How the message at hand came.
  enum class Origin : std::uint8_t { Event, Snapshot, Text, Packet };

  enum class EventForm : std::uint8_t { Full, Partial, Notice, Unknown };
  struct EventKind {
    EventForm form{};
    std::uint32_t code = 0;  // Full, Partial
  };

  [[nodiscard]] static EventKind kind_of(std::string_view event);
  [[nodiscard]] Connection& connection_of(const RawFrame& frame);
  void decode_text(const std::string& text);
  void decode_event(const Packet& packet);
  [[nodiscard]] bool decode_string_event(std::string_view payload);
  void decode_argument(const EventKind& kind, std::string_view argument);
  void decode_partial(std::uint32_t code, const Payload& payload);
  void decode_partial_text(std::uint32_t code, std::string_view text);
  void decode_binary(std::string_view frame);
  void decode_answer(const RawFrame& frame);

  void on_message(const TouchlineMessage& message) override;
  void on_message(const DepthMessage& message) override;
  void on_message(const CandleMessage& message) override;
  void on_message(const MarketStatusMessage& message) override;
  void on_message(const OpenInterestMessage& message) override;
  void on_message(const LastPriceMessage& message) override;
  void on_unused_message(std::uint32_t code) override;
  void on_bad_message(Error error) override;

  void on_packet(const TouchlineMessage& message) override { on_message(message); }
  void on_packet(const DepthMessage& message) override { on_message(message); }
  void on_packet(const OpenInterestMessage& message) override { on_message(message); }
  void on_unknown_packet(std::uint32_t code) override { on_unused_message(code); }
  void on_bad_packet(Error error) override { on_bad_message(error); }

  void on_quote(std::string_view json) override;
  void on_bad_quote() override { on_bad_message({Reason::BadShape, "listQuotes"}); }

  /// Keeps a whole message, where that is wanted. Not null: newer values are known, which are to be published instead.
  template <class Message>
  [[nodiscard]] const PartialValues* keep(const Message& message);
  void publish_known(Header header, PartialInstrument& known);

  void publish(const TouchlineMessage& message);
  void publish(const DepthMessage& message);
  void publish(const CandleMessage& message);
  void publish(const LastPriceMessage& message);
  void publish_touchline(const Header& header, const Touchline& touchline, bool with_book);
  void give_ticker(const TickerUpdate& ticker);
  [[nodiscard]] bool of_other_market(const Header& header);
  [[nodiscard]] Flags flags() const { return origin_ == Origin::Text ? Flags::None : Flags::Float; }

  DecoderOptions options_;
  FullReader full_;
  PacketReader packets_;
  QuotesAnswerReader answers_;
  StringUnescaper unescaper_;
  std::vector<Connection> connections_;  // by ConnectionId
  std::string text_;                     // a Partial text that had escapes
  PartialText partial_text_;
  BookLevels bids_, asks_;  // of the message being published

  // during `decode`
  Connection* connection_ = nullptr;
  UpdateSink* sink_ = nullptr;
  Origin origin_ = Origin::Event;
  BrokerClock clock_{kNoTime};
  Decoded decoded_;
};

}  // namespace tidegate::xts
