// The BookTrader ladder of one instrument: rows by their index, from the highest price down. How rows change is not documented: those of a message
// replace the rows of the same index, the others stay. docs/protocols/ibkr.md#depth
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "brokers/ibkr/messages.hpp"
#include "gateway/core/decimal.hpp"
#include "gateway/core/result.hpp"
#include "gateway/core/update.hpp"

namespace tidegate::ibkr {

/// Row indexes are below it. A ladder is what fits a screen; this is a hundred times that.
inline constexpr std::size_t kLadderRowsMax = 1'000;

class DepthLadder {
 public:
  struct Applied {
    bool changed = false;
    std::optional<Error> fault;  // the first row that could not be read: it is empty now where its index is known
  };
  /// Errors: MissingField, BadInteger, TooManyLevels (an index beyond the bound), BadDecimal, Overflow.
  Applied apply(std::span<const LadderRow> rows);

  /// The rows that hold something, best first. Overwrites both.
  void read_levels(std::vector<LevelUpdate>& bids, std::vector<LevelUpdate>& asks) const;

 private:
  /// Price absent: an empty row.
  struct Row {
    Decimal price, bid, ask;
    friend bool operator==(const Row&, const Row&) = default;
  };
  [[nodiscard]] static Result<Row> read_row(const LadderRow& row);

  std::vector<Row> rows_;  // by index
};

}  // namespace tidegate::ibkr
