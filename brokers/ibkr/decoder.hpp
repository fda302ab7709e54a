// IBKR's frames to updates: the messages of the socket, be they binary or text, and the market data snapshot over REST.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "brokers/adapter.hpp"
#include "brokers/ibkr/depth_ladder.hpp"
#include "brokers/ibkr/frame_reader.hpp"
#include "brokers/ibkr/market_state.hpp"
#include "brokers/ibkr/messages.hpp"

namespace tidegate::ibkr {

/// Streams whose last values are kept: many times what one login may have. Beyond it the one that was quiet longest is forgotten.
inline constexpr std::size_t kStreamsMax = 2'000;
inline constexpr std::size_t kLaddersMax = 64;

/// Reads no options: everything follows from the bytes.
[[nodiscard]] std::unique_ptr<Decoder> make_decoder(const BrokerConfig& config);

/// Frames in, updates out, by what the frames of the same session said before: the server tells what changed. Allocates nothing once each stream has
/// spoken and the buffers have grown. One thread.
class FrameDecoder final : public Decoder, private MessageSink {
 public:
  FrameDecoder() : streams_(kStreamsMax), ladders_(kLaddersMax) {}

  /// Text and Binary frames; Rest frames of `/iserver/marketdata/snapshot`. A frame of an older session than the newest is ignored.
  Decoded decode(const RawFrame& frame, UpdateSink& sink) override;

 private:
  void on_message(const Message& message) override;
  void on_bad_message(Error error) override { bad(error); }

  [[nodiscard]] bool enter_session(const RawFrame& frame);
  void on_untitled(const Message& message);
  void on_market_data(std::string_view stream, const Message& message);
  void on_ladder(std::string_view ladder, const Message& message);
  void on_row(const Message& message);
  void publish(std::string_view stream, const StreamTarget& target, const MarketData& data);
  void account(std::string_view kind);
  void bad(Error error);

  FrameReader reader_;
  StreamStates<MarketState> streams_;
  StreamStates<DepthLadder> ladders_;
  std::vector<LevelUpdate> bids_, asks_;  // of the ladder at hand
  std::string stream_;                    // scratch: the market data stream of its instrument
  ConnectionId connection_{};             // whose messages the states are made of
  std::uint32_t session_ = 0;

  const RawFrame* frame_ = nullptr;  // during `decode`
  UpdateSink* sink_ = nullptr;
  Decoded decoded_;
};

}  // namespace tidegate::ibkr
