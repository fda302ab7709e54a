#include "brokers/common/log_pacer.hpp"

#include <chrono>
#include <utility>

namespace tidegate::common {
namespace {

constexpr std::chrono::seconds kLogInterval{10};

}  // namespace

std::optional<std::uint64_t> LogPacer::take(MonoTime now) {
  if (used_ && now - last_ < kLogInterval) {
    ++kept_back_;
    return std::nullopt;
  }
  used_ = true;
  last_ = now;
  return std::exchange(kept_back_, 0);
}

}  // namespace tidegate::common
