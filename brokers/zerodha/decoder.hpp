// Kite Connect's frames to updates: binary packets, and the text messages that are not for the session alone.
#pragma once

#include <memory>
#include <string_view>

#include "brokers/adapter.hpp"
#include "brokers/zerodha/mapping.hpp"

namespace tidegate::zerodha {

/// Reads no options: everything follows from the bytes.
[[nodiscard]] std::unique_ptr<Decoder> make_decoder(const BrokerConfig& config);

/// Pure: frames in, updates out. Binary frames allocate nothing. One thread.
class FrameDecoder final : public Decoder {
 public:
  /// Binary frames: packets and heartbeats. Text frames: an order becomes an account update whose body is the raw `data`. Rest frames hold nothing.
  Decoded decode(const RawFrame& frame, UpdateSink& sink) override;

 private:
  static void decode_text(std::string_view message, UpdateSink& sink, Decoded& decoded);
  void decode_binary(std::string_view message, UpdateSink& sink, Decoded& decoded);
  void decode_packet(std::string_view body, UpdateSink& sink, Decoded& decoded);

  BookLevels levels_;    // of the packet being read
  TickerUpdate ticker_;  // of full packets alone: each fills in the same fields
};

}  // namespace tidegate::zerodha
