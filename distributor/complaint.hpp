#pragma once

#include <cstdint>
#include <string>

namespace tidegate::distributor {

/// What a client is told went wrong. `code` 0: nothing.
struct Complaint {
  std::uint16_t code = 0;
  std::string message;
  std::string hint;                  // what to do about it; may be empty
  std::uint64_t retry_after_ms = 0;  // 0: waiting alone does not help, or nobody knows how long
};

}  // namespace tidegate::distributor
