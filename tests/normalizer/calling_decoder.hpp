#pragma once

#include <functional>

#include "brokers/adapter.hpp"

namespace tidegate::test {

/// The test calls the sink itself.
class CallingDecoder final : public Decoder {
 public:
  std::function<void(UpdateSink&)> next;
  Decoded decode(const RawFrame&, UpdateSink& sink) override {
    next(sink);
    return {1, 0, 0, 0, {}};
  }
};

}  // namespace tidegate::test
