// The toy broker's lines to updates.
#pragma once

#include <memory>

#include "brokers/adapter.hpp"

namespace tidegate::toy {

[[nodiscard]] std::unique_ptr<Decoder> make_decoder(const BrokerConfig& config);

/// Text frames of one line each.
class LineDecoder final : public Decoder {
 public:
  Decoded decode(const RawFrame& frame, UpdateSink& sink) override;
};

}  // namespace tidegate::toy
