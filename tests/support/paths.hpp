// Where test data lies. Recordings of the venues belong to others and are not part of this repository: where they are missing, a test says so.
#pragma once

#include <filesystem>
#include <iostream>
#include <string_view>

namespace tidegate::test {

inline std::filesystem::path source_dir() { return TIDEGATE_SOURCE_DIR; }
inline std::filesystem::path own_fixture(std::string_view name) { return source_dir() / "tests" / "fixtures" / name; }
inline std::filesystem::path shared_fixture(std::string_view name) { return source_dir() / ".." / "shared" / "brokers" / "fixtures" / name; }

/// True, and the test shows as skipped, when a shared fixture is not on this machine.
inline bool skipped_without(const std::filesystem::path& path) {
  if (std::filesystem::exists(path)) return false;
  std::cout << "skipped: " << path.filename().string() << " is not on this machine\n";
  return true;
}

}  // namespace tidegate::test
