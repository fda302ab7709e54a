// What the readers of texts give their messages to.
#pragma once

#include <cstdint>

#include "brokers/xts/messages.hpp"
#include "gateway/core/result.hpp"

namespace tidegate::xts {

/// Spans and views live during the call only.
class MessageSink {
 public:
  virtual ~MessageSink() = default;
  virtual void on_message(const TouchlineMessage& message) = 0;
  virtual void on_message(const DepthMessage& message) = 0;
  virtual void on_message(const CandleMessage& message) = 0;
  virtual void on_message(const MarketStatusMessage& message) = 0;
  virtual void on_message(const OpenInterestMessage& message) = 0;
  virtual void on_message(const LastPriceMessage& message) = 0;
  /// A whole message of a code that the gateway does not use.
  virtual void on_unused_message(std::uint32_t code) = 0;
  virtual void on_bad_message(Error error) = 0;
};

}  // namespace tidegate::xts
