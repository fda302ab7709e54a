// A second decoder, as straightforward as can be: a RapidJSON DOM and the facts of docs/protocols/binance.md. The differential tests hold the real
// one against it.
#pragma once

#include <optional>

#include "brokers/binance/messages.hpp"
#include "tests/binance/update_text.hpp"

namespace tidegate::test {

/// None: the frame is no JSON, or of a kind that the comparison leaves out (an envelope key sent twice, brackets too deep).
[[nodiscard]] std::optional<Outcome> reference_decode(const RawFrame& frame, binance::Market market, bool microseconds);

}  // namespace tidegate::test
