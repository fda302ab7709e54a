// REST's answers about instruments: the text of a master, or the entries of an index list, or what is wrong. docs/protocols/xts.md#instruments
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/core/result.hpp"

namespace tidegate::xts {

/// Views into the body.
struct InstrumentAnswer {
  bool success = false;
  std::string_view description;                 // the broker's words
  std::string_view rows;                        // of a master: tens of megabytes
  std::vector<std::string_view> index_entries;  // "NIFTY 50_26000"
};

/// Reads {"type","description","result"}, where `result` is a master's text or an object with an `indexList`; the whole may stand in an array. Texts
/// are unescaped where they stand, so that nothing is copied: afterwards `body` is no JSON any more. Errors: BadJson; MissingField where there is no
/// `type`.
[[nodiscard]] Result<InstrumentAnswer> read_instrument_answer(std::string& body);

}  // namespace tidegate::xts
