#include "brokers/xts/event_argument.hpp"

namespace tidegate::xts {
namespace {

/// The position behind the string or object that `text` begins with; npos: it has no end.
std::size_t end_of_value(std::string_view text) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      in_string = c != '"';
      if (!in_string && depth == 0) return i + 1;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if ((c == '}' || c == ']') && (depth == 0 || --depth == 0)) {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

}  // namespace

std::optional<Event> guess_string_event(std::string_view payload) {
  constexpr std::string_view kOpening = "[\"", kBetween = "\",\"", kClosing = "\"]";
  if (!payload.starts_with(kOpening) || !payload.ends_with(kClosing)) return std::nullopt;
  payload.remove_prefix(kOpening.size());
  const std::size_t name_end = payload.find('"');
  if (name_end == std::string_view::npos) return std::nullopt;  // the closing quote was the opening one
  std::string_view argument = payload.substr(name_end);
  const std::string_view name = payload.substr(0, name_end);
  if (!argument.starts_with(kBetween) || argument.size() < kBetween.size() + kClosing.size()) return std::nullopt;
  if (name.empty() || name.find('\\') != std::string_view::npos) return std::nullopt;
  argument.remove_prefix(kBetween.size());
  argument.remove_suffix(kClosing.size());
  return Event{.name = name, .argument = argument};
}

ArgumentReader::ArgumentReader(std::string_view argument) : rest_(argument), array_(argument.starts_with('[')) {
  if (array_) rest_.remove_prefix(1);
}

bool ArgumentReader::next(Payload& payload) {
  if (done_ || error_) return false;
  skip_spaces();
  if (!array_) {
    done_ = true;
    if (!take(payload)) return false;
    return rest_.empty() || fail(Reason::BadJson);
  }
  if (rest_.starts_with(']')) {
    done_ = true;
    if (rest_.size() != 1) static_cast<void>(fail(Reason::BadJson));
    return false;
  }
  if (!first_) {
    if (!rest_.starts_with(',')) return fail(Reason::BadJson);
    rest_.remove_prefix(1);
    skip_spaces();
  }
  first_ = false;
  return take(payload);
}

bool ArgumentReader::take(Payload& payload) {
  if (rest_.empty()) return fail(Reason::BadJson);
  payload.quoted = rest_.front() == '"';
  if (!payload.quoted && rest_.front() != '{') return fail(Reason::BadShape);
  const std::size_t end = end_of_value(rest_);
  if (end == std::string_view::npos) return fail(Reason::BadJson);
  payload.text = payload.quoted ? rest_.substr(1, end - 2) : rest_.substr(0, end);
  rest_.remove_prefix(end);
  return true;
}

void ArgumentReader::skip_spaces() {
  while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t' || rest_.front() == '\n' || rest_.front() == '\r')) rest_.remove_prefix(1);
}

bool ArgumentReader::fail(Reason reason) {
  error_ = Error{reason};
  return false;
}

}  // namespace tidegate::xts
