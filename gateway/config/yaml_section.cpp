#include "gateway/config/yaml_section.hpp"

#include <algorithm>

#include "gateway/config/credentials.hpp"

namespace tidegate {
namespace {

std::string_view kind_name(const YamlValue& value) {
  switch (value.kind) {
    case YamlKind::Null:
      return "has no value";
    case YamlKind::Scalar:
      return "is plain text";
    case YamlKind::List:
      return "is a list";
    case YamlKind::Map:
      return "is a mapping";
  }
  return "";
}

std::string range_text(const std::string& minimum, const std::string& maximum, bool unbounded) {
  return unbounded ? "at least " + minimum : minimum + " to " + maximum;
}

}  // namespace

std::filesystem::path folder_of(const Place& place) {
  return place.file ? std::filesystem::path(*place.file).parent_path() : std::filesystem::path();
}

Scalar read_scalar(const YamlValue& value, const std::string& path, WrittenTexts& written) {
  if (value.kind != YamlKind::Scalar) {
    throw ConfigError(value.place, path, std::string(kind_name(value)) + ", one plain value is expected",
                      value.kind == YamlKind::Null ? "write a value behind the colon, or remove the key" : "write one value");
  }
  if (!has_reference(value.text)) return {value.text, in_quotes(value.text), path, value.place, false};
  const std::filesystem::path folder = folder_of(value.place);
  ResolvedText resolved = resolve_text(value.text, folder);
  if (!resolved.ok()) throw ConfigError(value.place, path, resolved.problem, resolved.remedy);
  written[path] = with_absolute_paths(value.text, folder);
  return {std::move(resolved.text), "the value of " + in_quotes(value.text), path, value.place, true};
}

void require_list(const YamlValue& value, const std::string& path) {
  if (value.kind == YamlKind::List || value.kind == YamlKind::Null) return;
  throw ConfigError(value.place, path, std::string(kind_name(value)) + ", a list is expected", "write [a, b], or one \"- item\" a line");
}

Duration to_duration(const Scalar& scalar, Duration minimum, Duration maximum) {
  const auto value = parse_duration(scalar.text);
  if (!value) scalar.refuse(scalar.shown + " is not a duration", "write a whole number and a unit, such as 250ms, 30s, 5m or 24h");
  if (*value < minimum || *value > maximum) {
    scalar.refuse(scalar.shown + " is out of range",
                  "write " + range_text(duration_text(minimum), duration_text(maximum), maximum.count() == INT64_MAX));
  }
  return *value;
}

std::int64_t to_size(const Scalar& scalar, std::int64_t minimum, std::int64_t maximum) {
  const auto value = parse_size(scalar.text);
  if (!value) scalar.refuse(scalar.shown + " is not a size", "write a whole number and a unit, such as 512B, 64KiB or 1MiB");
  if (*value < minimum || *value > maximum) {
    scalar.refuse(scalar.shown + " is out of range", "write " + range_text(size_text(minimum), size_text(maximum), maximum == INT64_MAX));
  }
  return *value;
}

std::int64_t to_integer(const Scalar& scalar, std::int64_t minimum, std::int64_t maximum) {
  const auto value = parse_integer(scalar.text);
  if (!value)
    scalar.refuse(scalar.shown + " is not a whole number", "write digits only, such as " + std::to_string(std::max<std::int64_t>(minimum, 1)));
  if (*value < minimum || *value > maximum) {
    scalar.refuse(scalar.shown + " is out of range", "write " + range_text(std::to_string(minimum), std::to_string(maximum), maximum == INT64_MAX));
  }
  return *value;
}

bool to_boolean(const Scalar& scalar) {
  if (scalar.text == "true") return true;
  if (scalar.text != "false") scalar.refuse(scalar.shown + " is neither true nor false", "write true or false");
  return false;
}

const std::string& to_choice(const Scalar& scalar, const std::vector<std::string>& choices) {
  if (std::find(choices.begin(), choices.end(), scalar.text) == choices.end()) {
    scalar.refuse(scalar.shown + " is not one of the choices", suggest(scalar.text, choices, "the choices"));
  }
  return scalar.text;
}

Section::Section(const YamlValue& value, std::string path, WrittenTexts& written)
    : value_(&value), path_(std::move(path)), written_(&written), place_(value.place) {
  if (value.kind == YamlKind::Map || value.kind == YamlKind::Null) return;
  throw ConfigError(value.place, path_.empty() ? kWholeFile : std::string_view(path_), std::string(kind_name(value)) + ", a mapping is expected",
                    "write \"key: value\" lines, indented below it");
}

const YamlValue* Section::value(std::string_view key) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.emplace_back(key);
  const YamlEntry* entry = value_->find(key);
  return entry == nullptr ? nullptr : &entry->value;
}

std::optional<Scalar> Section::scalar(std::string_view key) {
  const YamlValue* found = value(key);
  if (found == nullptr) return std::nullopt;
  return read_scalar(*found, path_of(key), *written_);
}

std::optional<Scalar> Section::optional_scalar(std::string_view key) {
  const YamlValue* found = value(key);
  if (found == nullptr || found->kind == YamlKind::Null) return std::nullopt;
  return read_scalar(*found, path_of(key), *written_);
}

std::string Section::text(std::string_view key, std::string_view otherwise) {
  const auto found = scalar(key);
  return found ? found->text : std::string(otherwise);
}

std::string Section::choice(std::string_view key, std::string_view otherwise, const std::vector<std::string>& choices) {
  const auto found = scalar(key);
  return found ? to_choice(*found, choices) : std::string(otherwise);
}

Duration Section::duration(std::string_view key, Duration otherwise, Duration minimum, Duration maximum) {
  const auto found = scalar(key);
  return found ? to_duration(*found, minimum, maximum) : otherwise;
}

std::int64_t Section::size(std::string_view key, std::int64_t otherwise, std::int64_t minimum, std::int64_t maximum) {
  const auto found = scalar(key);
  return found ? to_size(*found, minimum, maximum) : otherwise;
}

std::int64_t Section::integer(std::string_view key, std::int64_t otherwise, std::int64_t minimum, std::int64_t maximum) {
  const auto found = scalar(key);
  return found ? to_integer(*found, minimum, maximum) : otherwise;
}

bool Section::boolean(std::string_view key, bool otherwise) {
  const auto found = scalar(key);
  return found ? to_boolean(*found) : otherwise;
}

std::optional<std::string> Section::file(std::string_view key) {
  const auto found = optional_scalar(key);
  if (!found || found->text.empty()) return std::nullopt;
  const std::filesystem::path path = seen_from(folder_of(found->place), found->text);
  std::string ignored;
  if (const std::string wrong = read_whole_file(path, ignored); !wrong.empty()) {
    found->refuse("the file " + found->shown + " cannot be read (" + wrong + ")", "correct the path or its permissions");
  }
  return path.string();
}

std::vector<Scalar> Section::texts(std::string_view key) {
  std::vector<Scalar> found;
  const YamlValue* list = value(key);
  if (list == nullptr) return found;
  require_list(*list, path_of(key));
  for (const YamlValue& item : list->items) {
    found.push_back(read_scalar(item, path_of(key) + "[" + std::to_string(found.size()) + "]", *written_));
  }
  return found;
}

Section& Section::child(std::string_view key) {
  if (const auto found = children_.find(key); found != children_.end()) return *found->second;
  static const YamlValue kEmpty;
  const YamlValue* below = value(key);
  auto section = std::make_unique<Section>(below != nullptr ? *below : kEmpty, path_of(key), *written_);
  if (below == nullptr) section->place_ = place_;
  return *children_.emplace(std::string(key), std::move(section)).first->second;
}

void Section::refuse(std::string_view key, std::string_view problem, std::string_view remedy) const {
  const YamlEntry* entry = value_->find(key);
  throw ConfigError(entry != nullptr ? entry->value.place : place_, path_of(key), problem, remedy);
}

void Section::missing(std::string_view key, std::string_view remedy) const { throw ConfigError(place_, path_of(key), "is missing", remedy); }

void Section::finish() const {
  for (const YamlEntry& entry : value_->entries) {
    if (std::find(known_.begin(), known_.end(), entry.key) == known_.end()) {
      throw ConfigError(entry.place, path_of(entry.key), "is not a key of this configuration", suggest(entry.key, known_, "the keys here"));
    }
    if (const auto below = children_.find(entry.key); below != children_.end()) below->second->finish();
  }
}

}  // namespace tidegate
