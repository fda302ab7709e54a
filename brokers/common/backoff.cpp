#include "brokers/common/backoff.hpp"

#include <algorithm>
#include <random>

namespace tidegate::common {

JitterSource::result_type JitterSource::operator()() {
  state_ += 0x9E37'79B9'7F4A'7C15U;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30U)) * 0xBF58'476D'1CE4'E5B9U;
  z = (z ^ (z >> 27U)) * 0x94D0'49BB'1331'11EBU;
  return z ^ (z >> 31U);
}

Backoff::Backoff(Duration initial, Duration maximum, std::uint64_t seed)
    : initial_(std::max(initial, Duration{1})), maximum_(std::max(maximum, initial_)), random_(seed) {}

Duration Backoff::ceiling() const {
  Duration ceiling = initial_;
  for (std::uint32_t i = 0; i < failures_ && ceiling < maximum_; ++i) {
    ceiling = ceiling > maximum_ / 2 ? maximum_ : ceiling * 2;
  }
  return std::min(ceiling, maximum_);
}

Duration Backoff::next() {
  const Duration wait = jitter(ceiling());
  ++failures_;
  return wait;
}

Duration Backoff::jitter(Duration range) {
  if (range <= Duration::zero()) return Duration::zero();
  return Duration{std::uniform_int_distribution<Duration::rep>{0, range.count()}(random_)};
}

}  // namespace tidegate::common
