// Comma-separated values as brokers' instrument lists have them: RFC 4180 quoting, except that no field holds a line break. So a stray quote costs
// its own line, not the rest of the list.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tidegate::common {

class CsvReader {
 public:
  /// `text` outlives the reader. A byte order mark in front of it is not data.
  explicit CsvReader(std::string_view text);

  /// Moves to the next line that is not empty; false at the end. Lines end with LF or CRLF, the last one may lack its end.
  [[nodiscard]] bool next();

  /// Of the current line, without quotes and with `""` as one quote; valid until the next call of next(). What came before a fault, if there is one.
  [[nodiscard]] std::span<const std::string_view> fields() const { return fields_; }
  /// False: a quote is not closed, or something stands behind a closing one.
  [[nodiscard]] bool well_formed() const { return well_formed_; }
  /// Of the current line, from 1.
  [[nodiscard]] std::uint64_t line_number() const { return line_number_; }

 private:
  [[nodiscard]] bool split(std::string_view line);
  [[nodiscard]] bool take_quoted(std::string_view& rest);

  std::string_view rest_;
  std::vector<std::string_view> fields_;
  std::deque<std::string> unescaped_;  // fields with doubled quotes; a deque, because views into it stay
  bool well_formed_ = true;
  std::uint64_t line_number_ = 0;
};

inline CsvReader::CsvReader(std::string_view text) : rest_(text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (rest_.starts_with(kByteOrderMark)) rest_.remove_prefix(kByteOrderMark.size());
}

inline bool CsvReader::next() {
  while (!rest_.empty()) {
    const std::size_t length = std::min(rest_.find('\n'), rest_.size());
    std::string_view line = rest_.substr(0, length);
    rest_.remove_prefix(std::min(length + 1, rest_.size()));
    ++line_number_;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    fields_.clear();
    if (!unescaped_.empty()) unescaped_.clear();
    well_formed_ = split(line);
    return true;
  }
  return false;
}

inline bool CsvReader::split(std::string_view line) {
  while (true) {
    if (line.starts_with('"')) {
      if (!take_quoted(line)) return false;
      if (line.empty()) return true;
      if (line.front() != ',') return false;
    } else {
      const std::size_t length = std::min(line.find(','), line.size());
      fields_.push_back(line.substr(0, length));  // a quote inside is a character like any other
      line.remove_prefix(length);
      if (line.empty()) return true;
    }
    line.remove_prefix(1);
  }
}

/// `rest` begins with a quote; moves behind the closing one.
inline bool CsvReader::take_quoted(std::string_view& rest) {
  std::size_t end = rest.find('"', 1);
  if (end == std::string_view::npos) return false;
  if (end + 1 == rest.size() || rest[end + 1] != '"') {
    fields_.push_back(rest.substr(1, end - 1));
    rest.remove_prefix(end + 1);
    return true;
  }
  std::string text;
  std::size_t begin = 1;
  while (end + 1 < rest.size() && rest[end + 1] == '"') {
    text.append(rest, begin, end + 1 - begin);
    begin = end + 2;
    end = rest.find('"', begin);
    if (end == std::string_view::npos) return false;
  }
  text.append(rest, begin, end - begin);
  fields_.push_back(unescaped_.emplace_back(std::move(text)));
  rest.remove_prefix(end + 1);
  return true;
}

}  // namespace tidegate::common
