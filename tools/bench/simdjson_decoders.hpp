// Two decoders around simdjson, for comparison: the same frames, the same fields, the same updates.
#pragma once

#include <memory>

#include "brokers/adapter.hpp"

namespace tidegate::bench {

/// simdjson adds so many bytes to what it reads. Frames given to these decoders have room for them: std::string::reserve.
inline constexpr std::size_t kSimdjsonPadding = 64;

/// Each reads bookTicker, trade and depth frames of Binance spot, combined streams: fields checked and decimals made as the gateway's decoder does,
/// names looked up in the order in which the venue sends them. Null where the suite was built without simdjson, or
/// for another processor.
[[nodiscard]] std::unique_ptr<Decoder> make_simdjson_ondemand();
[[nodiscard]] std::unique_ptr<Decoder> make_simdjson_dom();
/// The DOM alone, of which nothing is read.
[[nodiscard]] std::unique_ptr<Decoder> make_simdjson_dom_unread();

}  // namespace tidegate::bench
