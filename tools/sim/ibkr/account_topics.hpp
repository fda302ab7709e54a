// Frames of the account's topics, in the shapes of docs/protocols/ibkr.md. What they say of an account means nothing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/sim/common/random.hpp"

namespace tidegate::sim::ibkr {

/// spl
[[nodiscard]] std::string profit_json(const std::string& account, Random& random);
/// ssd: all rows, or one that changed.
[[nodiscard]] std::string summary_json(const std::string& target, bool whole, std::int64_t time_s);
/// sld: whole rows, or rows with key and time alone, which say that nothing changed.
[[nodiscard]] std::string ledger_json(const std::string& target, const std::string& account, const std::vector<std::string>& keys, bool whole,
                                      std::int64_t time_s);
/// sor: an order that is placed, works and is cancelled: a full object, then what changes of it.
[[nodiscard]] std::vector<std::string> order_frames(const std::string& account);
/// str: the same execution twice, of which only the second copy has its commission.
[[nodiscard]] std::vector<std::string> execution_frames(const std::string& account, std::int64_t utc_ms);

}  // namespace tidegate::sim::ibkr
