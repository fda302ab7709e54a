#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tidegate {

inline constexpr std::size_t kSampleBytes = 160;

/// The beginning of hostile bytes, fit for a log line.
inline std::string sample_of(std::string_view bytes) {
  std::string sample;
  for (const char c : bytes.substr(0, kSampleBytes)) sample += c >= ' ' && c <= '~' ? c : '.';
  return sample;
}

}  // namespace tidegate
