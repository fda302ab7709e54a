// Typed reading of one mapping of a configuration: each key is asked for once with its default, what nobody asked for is an error.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/values.hpp"
#include "gateway/config/yaml_tree.hpp"

namespace tidegate {

/// Dotted key to the text as written, for every value that refers to something outside. Shown instead of the value, which may be secret.
using WrittenTexts = std::map<std::string, std::string, std::less<>>;

/// One value that is plain text, its references resolved.
struct Scalar {
  std::string text;
  std::string shown;  // the text for complaints: quoted, or the reference as written when it has one
  std::string path;
  Place place;
  bool outside = false;  // has a reference: the text came from the environment or another file

  [[noreturn]] void refuse(std::string_view problem, std::string_view remedy) const { throw ConfigError(place, path, problem, remedy); }
};

/// The folder of the file in which something stands: relative paths count from there.
[[nodiscard]] std::filesystem::path folder_of(const Place& place);
/// Reads `value`, which must be plain text. Throws ConfigError.
[[nodiscard]] Scalar read_scalar(const YamlValue& value, const std::string& path, WrittenTexts& written);
/// `value` must be a list; null counts as an empty one.
void require_list(const YamlValue& value, const std::string& path);

[[nodiscard]] Duration to_duration(const Scalar& scalar, Duration minimum, Duration maximum);
[[nodiscard]] std::int64_t to_size(const Scalar& scalar, std::int64_t minimum, std::int64_t maximum);
[[nodiscard]] std::int64_t to_integer(const Scalar& scalar, std::int64_t minimum, std::int64_t maximum);
[[nodiscard]] bool to_boolean(const Scalar& scalar);
[[nodiscard]] const std::string& to_choice(const Scalar& scalar, const std::vector<std::string>& choices);

class Section {
 public:
  /// `value` must be a mapping; null counts as an empty one. Both references must outlive the section.
  Section(const YamlValue& value, std::string path, WrittenTexts& written);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string path_of(std::string_view key) const { return join_path(path_, key); }
  [[nodiscard]] const Place& place() const { return place_; }

  /// The value of a key, or null; the key is known from now on.
  const YamlValue* value(std::string_view key);
  /// Its plain text; nothing when the key is absent.
  std::optional<Scalar> scalar(std::string_view key);
  /// As scalar(), but `key: ~` counts as absent too.
  std::optional<Scalar> optional_scalar(std::string_view key);

  std::string text(std::string_view key, std::string_view otherwise);
  std::string choice(std::string_view key, std::string_view otherwise, const std::vector<std::string>& choices);
  Duration duration(std::string_view key, Duration otherwise, Duration minimum, Duration maximum);
  std::int64_t size(std::string_view key, std::int64_t otherwise, std::int64_t minimum, std::int64_t maximum);
  std::int64_t integer(std::string_view key, std::int64_t otherwise, std::int64_t minimum, std::int64_t maximum);
  bool boolean(std::string_view key, bool otherwise);
  /// A file that must be readable, as an absolute path; nothing when the key is absent, null or empty.
  std::optional<std::string> file(std::string_view key);
  /// Plain texts of a list; empty when absent.
  std::vector<Scalar> texts(std::string_view key);
  /// The section under a key, the same one at each call.
  Section& child(std::string_view key);

  [[noreturn]] void refuse(std::string_view key, std::string_view problem, std::string_view remedy) const;
  [[noreturn]] void missing(std::string_view key, std::string_view remedy) const;
  /// Throws for the first key that nobody asked for, here and in the children.
  void finish() const;

 private:
  const YamlValue* value_;
  std::string path_;
  WrittenTexts* written_;
  Place place_;
  std::vector<std::string> known_;
  std::map<std::string, std::unique_ptr<Section>, std::less<>> children_;
};

}  // namespace tidegate
