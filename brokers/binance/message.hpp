// One message of a frame: its fields, and the lists of levels among them.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "brokers/binance/fields.hpp"
#include "gateway/core/result.hpp"
#include "gateway/core/update.hpp"

namespace tidegate::binance {

/// Levels a side that one message may hold; a hostile frame costs no more memory than this.
inline constexpr std::size_t kLevelsMax = 10'000;

/// One side of a book as one message has it. Means something only where the field is an array.
struct LevelList {
  std::vector<LevelUpdate> levels;
  std::optional<Reason> fault;  // why the levels cannot be used: some may be half read

  void clear() {
    levels.clear();
    fault.reset();
  }
};

/// One message. Texts view into its frame, or into the buffer of unescaped texts beside it.
struct Message {
  std::string_view stream;  // from the envelope; empty in a raw frame
  Fields fields;
  Fields kline;                // the fields under "k"; empty when there is none
  LevelList b, a, bids, asks;  // the arrays under these names

  /// Before its fields are read. Keeps the buffers, and the stream.
  void clear() {
    fields.clear();
    kline.clear();
  }
  /// The list of the field in this slot; null where it is none that is read.
  [[nodiscard]] LevelList* list(std::uint8_t slot) {
    switch (slot) {
      case slot_of("b"):
        return &b;
      case slot_of("a"):
        return &a;
      case slot_of("bids"):
        return &bids;
      case slot_of("asks"):
        return &asks;
      default:
        return nullptr;
    }
  }
};

}  // namespace tidegate::binance
