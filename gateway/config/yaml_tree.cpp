#include "gateway/config/yaml_tree.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>

namespace tidegate {
namespace {

constexpr int kDepthMax = 16;
// Aliases let a short file describe a huge tree.
constexpr std::size_t kValuesMax = 200'000;

class TreeBuilder {
 public:
  explicit TreeBuilder(std::shared_ptr<const std::string> file) : file_(std::move(file)) {}

  [[nodiscard]] Place place(const YAML::Mark& mark) const {
    if (mark.is_null()) return {file_, 1, 1};
    return {file_, mark.line + 1, mark.column + 1};
  }

  YamlValue build(const YAML::Node& node, const std::string& path, int depth) {
    YamlValue value;
    value.place = place(node.Mark());
    if (depth > kDepthMax) throw ConfigError(value.place, shown(path), "is nested too deeply", "at most 16 levels are read");
    if (++count_ > kValuesMax) throw ConfigError(value.place, shown(path), "holds too many values", "write out what aliases repeat, and only once");
    switch (node.Type()) {
      case YAML::NodeType::Undefined:
      case YAML::NodeType::Null:
        break;
      case YAML::NodeType::Scalar:
        value.kind = YamlKind::Scalar;
        value.text = node.Scalar();
        break;
      case YAML::NodeType::Sequence:
        value.kind = YamlKind::List;
        for (const YAML::Node& item : node) {
          value.items.push_back(build(item, path + "[" + std::to_string(value.items.size()) + "]", depth + 1));
        }
        break;
      case YAML::NodeType::Map:
        value.kind = YamlKind::Map;
        build_entries(node, path, depth, value);
        break;
    }
    return value;
  }

 private:
  static std::string_view shown(const std::string& path) { return path.empty() ? kWholeFile : std::string_view(path); }

  void build_entries(const YAML::Node& node, const std::string& path, int depth, YamlValue& value) {
    for (const auto& pair : node) {
      const Place key_place = place(pair.first.Mark());
      if (!pair.first.IsScalar()) throw ConfigError(key_place, shown(path), "has a key that is not plain text", "write a name, a colon and a value");
      const std::string& key = pair.first.Scalar();
      const std::string key_path = join_path(path, key);
      if (const YamlEntry* earlier = value.find(key)) {
        throw ConfigError(key_place, key_path, "stands here a second time, first on line " + std::to_string(earlier->place.line),
                          "keep one of the two");
      }
      YamlEntry& entry = value.entries.emplace_back(YamlEntry{key, key_place, build(pair.second, key_path, depth + 1)});
      if (entry.value.kind == YamlKind::Null) entry.value.place = key_place;  // a missing value has no place of its own
    }
  }

  std::shared_ptr<const std::string> file_;
  std::size_t count_ = 0;
};

/// Tabs in front of text make YAML parsers complain in ways that never say "tab".
void refuse_tabs(const std::string& content, const std::shared_ptr<const std::string>& file, std::string_view key) {
  int line = 1;
  for (std::size_t begin = 0; begin < content.size(); ++line) {
    const std::size_t end = std::min(content.find('\n', begin), content.size());
    const std::size_t text = std::min(content.find_first_not_of(" \t\r", begin), end);
    const std::size_t tab = content.find('\t', begin);
    if (tab < text && text < end && content[text] != '#') {
      throw ConfigError({file, line, static_cast<int>(tab - begin) + 1}, key, "the line is indented with a tab", "use spaces");
    }
    begin = end + 1;
  }
}

}  // namespace

const YamlEntry* YamlValue::find(std::string_view key) const {
  const auto found = std::find_if(entries.begin(), entries.end(), [key](const YamlEntry& entry) { return entry.key == key; });
  return found == entries.end() ? nullptr : &*found;
}

std::string join_path(std::string_view path, std::string_view key) {
  if (path.empty()) return std::string(key);
  std::string joined(path);
  joined.append(".").append(key);
  return joined;
}

std::string read_whole_file(const std::filesystem::path& path, std::string& content) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return "Is a directory";
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) return errno != 0 ? std::strerror(errno) : "it does not open";
  content.clear();
  char block[65536];
  while (in.read(block, sizeof block) || in.gcount() > 0) {
    content.append(block, static_cast<std::size_t>(in.gcount()));
    if (content.size() > kConfigBytesMax) return "it is larger than 4MiB";
  }
  return in.bad() ? "reading it failed" : "";
}

YamlValue parse_yaml(const std::string& content, const std::string& file, std::string_view path) {
  const auto name = std::make_shared<const std::string>(file);
  const std::string_view key = path.empty() ? kWholeFile : path;
  refuse_tabs(content, name, key);
  TreeBuilder builder(name);
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(content);
    if (documents.size() > 1) {
      throw ConfigError(builder.place(documents[1].Mark()), key, "a second YAML document begins here", "keep one document in a file");
    }
    if (documents.empty() || documents[0].IsNull()) {
      throw ConfigError({name, 1, 1}, key, "the file holds nothing", "start from configs/example.yaml");
    }
    return builder.build(documents[0], std::string(path), 0);
  } catch (const YAML::Exception& error) {
    throw ConfigError(builder.place(error.mark), key, "this is not YAML: " + error.msg,
                      "look at the indentation, colons, quotes and brackets here and on the line above");
  }
}

}  // namespace tidegate
