// RapidJSON input streams over JSON that stands in a frame: as it is, or inside a string of other JSON, where each quote has a backslash before it.
// Strings and numbers are handed on as views into the text, which stays untouched. Meant for Reader::Parse with kParseInsituFlag, whose in-place
// protocol (PutBegin, Put, PutEnd) is answered without writing into the text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <rapidjson/reader.h>

#include "brokers/common/json_stream.hpp"

namespace tidegate::xts {

/// JSON as it is. A type of its own, since its numbers are handed on by their beginning (below), as those of QuotedJson must be.
class PlainJson : public common::JsonStream {
 public:
  using JsonStream::JsonStream;
};

/// The inside of a JSON string that holds JSON: `{\"MessageCode\":1501}`. A byte that may be read must stand behind the end, as the closing quote
/// does. Every other escape than that of a quote, and every character that JSON allows in no string, ends the text: who meets one must unescape
/// first.
class QuotedJson {
 public:
  using Ch = char;
  explicit QuotedJson(std::string_view text) : next_(text.data()), end_(text.data() + text.size()) {}

  Ch Peek() const {
    const Ch c = *next_;
    return c > '"' && c != '\\' ? c : peek_special(c);
  }
  Ch Take() {
    const Ch c = Peek();
    next_ += *next_ == '\\' ? 2 : 1;
    return c;
  }
  std::size_t Tell() const { return reinterpret_cast<std::uintptr_t>(next_); }
  Ch* PutBegin() {
    const char* const begin = next_;
    next_ = common::find_string_end(begin, end_, begin);
    return const_cast<Ch*>(begin);
  }
  void Put(Ch) {}
  /// The escaped quote that stands for the terminator is two characters long.
  std::size_t PutEnd(const Ch* begin) { return static_cast<std::size_t>(next_ - begin) - 1; }
  void Flush() {}
  [[nodiscard]] bool at_end() const { return next_ == end_; }

 private:
  Ch peek_special(Ch c) const {
    if (c == '\\') return end_ - next_ > 1 && next_[1] == '"' ? '"' : '\0';
    const bool allowed = c == ' ' || c == '!' || static_cast<unsigned char>(c) >= 0x80;
    return allowed ? c : '\0';
  }

  const char* next_;
  const char* end_;
};

}  // namespace tidegate::xts

namespace rapidjson {
// RapidJSON hands numbers over by their beginning: it must work on a copy of the stream while it reads one.
template <>
struct StreamTraits<tidegate::xts::PlainJson> {
  enum { copyOptimization = 1 };  // NOLINT(readability-identifier-naming): RapidJSON's name
};
template <>
inline void SkipWhitespace(tidegate::xts::PlainJson& stream) {
  stream.skip_whitespace();
}
template <>
struct StreamTraits<tidegate::xts::QuotedJson> {
  enum { copyOptimization = 1 };  // NOLINT(readability-identifier-naming): RapidJSON's name
};
}  // namespace rapidjson
