// Binance's frames to updates: JSON text frames of the market streams, and the REST answers that carry a book or old trades.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "brokers/adapter.hpp"
#include "brokers/binance/frame_reader.hpp"
#include "brokers/binance/messages.hpp"
#include "brokers/binance/rest_request.hpp"

namespace tidegate::binance {

/// Reads `market` ("spot", "usdm") and `time_unit` ("millisecond", "microsecond"; spot only). The unit belongs to the connection and is never guessed
/// from digits.
[[nodiscard]] std::unique_ptr<Decoder> make_decoder(const BrokerConfig& config);

/// Pure: frames in, updates out. Allocates nothing once its buffers have grown to the largest frame. One thread.
class FrameDecoder final : public Decoder, private MessageSink {
 public:
  FrameDecoder(Market market, common::TimeUnit unit) : market_(market), unit_(unit) {}

  /// Text frames of the streams; Rest frames of `GET .../depth?symbol=`, `trades`, `historicalTrades` and `aggTrades`, whose trades carry the flag
  /// Replayed. Frames of other kinds and binary ones hold nothing for us.
  Decoded decode(const RawFrame& frame, UpdateSink& sink) override;

 private:
  struct Event;
  static const Event kEvents[];

  void decode_answer(const RawFrame& frame, RestKind kind);

  void on_message(const Message& message) override;
  void on_bad_message(Error error) override;

  void on_trade(const Message& message);
  void on_aggregate_trade(const Message& message);
  void on_book_ticker(const Message& message);
  void on_depth_event(const Message& message);
  void on_partial_depth(const Message& message);
  void on_depth_answer(const Message& message);
  void on_trade_answer(const Message& message);
  void on_aggregate_trade_answer(const Message& message);
  void on_old_trade(TradeUpdate update);
  void on_kline(const Message& message);
  void on_ticker(const Message& message);
  void on_mini_ticker(const Message& message);
  void on_control(const Message&) { ++decoded_.control; }
  void on_ignored(const Message&) { ++decoded_.ignored; }

  Market market_;
  common::TimeUnit unit_;
  FrameReader reader_;
  std::string symbol_;                    // of a message that names none itself: from its stream or its request
  RestKind answering_ = RestKind::Other;  // what the frame answers, if it is an answer of REST

  UpdateSink* sink_ = nullptr;  // during `decode`
  Decoded decoded_;
};

}  // namespace tidegate::binance
