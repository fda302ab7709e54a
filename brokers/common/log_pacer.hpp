// Keeps a broker's words from flooding the log.
#pragma once

#include <cstdint>
#include <optional>

#include "gateway/core/time.hpp"

namespace tidegate::common {

/// Lets one line through now and then: the broker's words must not flood the log. Pure.
class LogPacer {
 public:
  /// How many lines were kept back since the last one, when another may be written now.
  std::optional<std::uint64_t> take(MonoTime now);

 private:
  MonoTime last_{};
  bool used_ = false;
  std::uint64_t kept_back_ = 0;
};

}  // namespace tidegate::common
