#include "distributor/raw_json.hpp"

#include <rapidjson/document.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <utility>

namespace tidegate::distributor {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

/// Bytes of the string at the start of `text`, quotes included; 0: it does not end, or is none.
std::size_t string_length(std::string_view text) {
  if (text.empty() || text[0] != '"') return 0;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i + 1;
    }
  }
  return 0;
}

/// Bytes of the object or array at the start of `text`; 0: it does not end.
std::size_t nested_length(std::string_view text) {
  std::size_t nesting = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    switch (text[i]) {
      case '"': {
        const std::size_t length = string_length(text.substr(i));
        if (length == 0) return 0;
        i += length - 1;
        break;
      }
      case '{':
      case '[':
        ++nesting;
        break;
      case '}':
      case ']':
        if (--nesting == 0) return i + 1;
        break;
      default:
        break;
    }
  }
  return 0;
}

std::size_t value_length(std::string_view text) {
  if (text.empty()) return 0;
  if (text[0] == '"') return string_length(text);
  if (text[0] == '{' || text[0] == '[') return nested_length(text);
  const std::size_t end = text.find_first_of(",]} \t\r\n");
  return end == std::string_view::npos ? text.size() : end;
}

/// Counts how deep a value goes, and nothing else.
class DepthGuard : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, DepthGuard> {
 public:
  explicit DepthGuard(std::size_t nesting_max) : nesting_max_(nesting_max) {}
  bool StartObject() { return ++nesting_ <= nesting_max_; }
  bool StartArray() { return ++nesting_ <= nesting_max_; }
  bool EndObject(rapidjson::SizeType) {
    --nesting_;
    return true;
  }
  bool EndArray(rapidjson::SizeType) {
    --nesting_;
    return true;
  }

 private:
  std::size_t nesting_max_, nesting_ = 0;
};

}  // namespace

RawJson::RawJson(std::string_view json) : rest_(json) {
  skip_space();
  if (take('{')) {
    closing_ = '}';
  } else if (take('[')) {
    closing_ = ']';
  }
}

void RawJson::skip_space() {
  const std::size_t begin = rest_.find_first_not_of(kSpace);
  rest_.remove_prefix(begin == std::string_view::npos ? rest_.size() : begin);
}

bool RawJson::take(char expected) {
  if (rest_.empty() || rest_[0] != expected) return false;
  rest_.remove_prefix(1);
  return true;
}

bool RawJson::next(RawMember& member) {
  if (closing_ == 0) return false;
  const char closing = std::exchange(closing_, char{0});  // until this member turns out to be whole
  member = {};
  skip_space();
  if (take(closing)) {
    complete_ = true;
    return false;
  }
  if (!std::exchange(first_, false)) {
    if (!take(',')) return false;
    skip_space();
  }
  if (closing == '}') {
    const std::size_t length = string_length(rest_);
    if (length == 0) return false;
    member.key = rest_.substr(1, length - 2);
    rest_.remove_prefix(length);
    skip_space();
    if (!take(':')) return false;
    skip_space();
  }
  const std::size_t length = value_length(rest_);
  if (length == 0) return false;
  member.value = rest_.substr(0, length);
  rest_.remove_prefix(length);
  closing_ = closing;
  return true;
}

bool is_key(std::string_view key, std::string_view name) {
  if (key.find('\\') == std::string_view::npos) return key == name;
  // The key is followed by its closing quote, since it was cut out of a text between two of them.
  const auto plain = text_of_raw({key.data() - 1, key.size() + 2});
  return plain && *plain == name;
}

std::string_view raw_value(std::string_view object, std::string_view name) {
  RawJson json(object);
  RawMember member;
  while (json.next(member)) {
    if (is_key(member.key, name)) return member.value;
  }
  return {};
}

std::optional<std::string> text_of_raw(std::string_view json) {
  if (string_length(json) != json.size() || json.empty()) return std::nullopt;
  if (json.find('\\') == std::string_view::npos) return std::string(json.substr(1, json.size() - 2));
  rapidjson::MemoryStream stream(json.data(), json.size());
  rapidjson::Document text;
  text.ParseStream<rapidjson::kParseValidateEncodingFlag>(stream);
  if (text.HasParseError() || !text.IsString()) return std::nullopt;
  return std::string(text.GetString(), text.GetStringLength());
}

bool is_json(std::string_view text, std::size_t nesting_max) {
  rapidjson::MemoryStream stream(text.data(), text.size());
  rapidjson::Reader reader;
  DepthGuard guard(nesting_max);
  const auto result =
      reader.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag | rapidjson::kParseNumbersAsStringsFlag>(stream, guard);
  return !result.IsError() && stream.Tell() == text.size();  // the reader takes a zero byte for the end
}

}  // namespace tidegate::distributor
