#pragma once

#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <string>

namespace tidegate::tools {

/// Kilobytes of this process in memory; 0 where the system does not say.
[[nodiscard]] inline std::size_t resident_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::strtoull(line.c_str() + 6, nullptr, 10);
  }
  return 0;
}

}  // namespace tidegate::tools
