// A YAML file as a plain tree in which each value knows where it stands. The only door to yaml-cpp, and the place where what YAML allows but a
// configuration should not hold (a key twice, several documents, floods of aliases) is refused.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/config_error.hpp"

namespace tidegate {

enum class YamlKind : std::uint8_t { Null, Scalar, List, Map };

struct YamlEntry;

struct YamlValue {
  YamlKind kind = YamlKind::Null;
  Place place;
  std::string text;                // Scalar
  std::vector<YamlValue> items;    // List
  std::vector<YamlEntry> entries;  // Map, in the file's order, each key once

  [[nodiscard]] const YamlEntry* find(std::string_view key) const;
};

struct YamlEntry {
  std::string key;
  Place place;  // of the key
  YamlValue value;
};

/// The largest configuration file, in bytes.
inline constexpr std::size_t kConfigBytesMax = std::size_t{4} << 20U;

/// Reads a whole file. Returns an empty text, or what went wrong ("No such file or directory").
[[nodiscard]] std::string read_whole_file(const std::filesystem::path& path, std::string& content);

/// Parses one document. `file` names it in complaints, `path` is the dotted path of its root ("" for the main file). Throws ConfigError.
[[nodiscard]] YamlValue parse_yaml(const std::string& content, const std::string& file, std::string_view path);

/// "a" and "b" give "a.b".
[[nodiscard]] std::string join_path(std::string_view path, std::string_view key);

/// The key of complaints about a file as a whole.
inline constexpr std::string_view kWholeFile = "config";

}  // namespace tidegate
