// The baseline of decoding and of the line: what a scanner written by hand for exactly these frames costs.
#pragma once

#include <memory>

#include "brokers/adapter.hpp"

namespace tidegate::bench {

/// Reads bookTicker, trade and depth frames of Binance spot, combined streams, to the updates that the gateway's own decoder makes of them. It trusts
/// the layout: between two values it steps over as many bytes as the venue writes there, looks at none of them, and takes what comes for digits.
/// Never for bytes from outside. Other frames, such as books by REST, go to `others`.
[[nodiscard]] std::unique_ptr<Decoder> make_scanner(std::unique_ptr<Decoder> others);

}  // namespace tidegate::bench
