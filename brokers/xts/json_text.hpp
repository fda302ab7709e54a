// RapidJSON input streams over JSON that stands in a frame: as it is, or inside a string of other JSON, where each quote has a backslash before it.
// Strings and numbers are handed on as views into the text, which stays untouched. Meant for Reader::Parse with kParseInsituFlag, whose in-place
// protocol (PutBegin, Put, PutEnd) is answered without writing into the text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <rapidjson/reader.h>

#include "brokers/common/json_stream.hpp"
#include "brokers/common/unescape_buffer.hpp"

namespace tidegate::xts {

/// JSON as it is, with a zero behind its end (a std::string's). Strings with escapes go to the buffer.
class PlainJson {
 public:
  using Ch = char;
  PlainJson(const std::string& text, common::UnescapeBuffer& unescape) : next_(text.data()), end_(text.data() + text.size()), unescape_(&unescape) {}

  Ch Peek() const { return *next_; }
  Ch Take() { return *next_++; }
  std::size_t Tell() const { return reinterpret_cast<std::uintptr_t>(next_); }  // differences alone mean something
  Ch* PutBegin() {
    const char* const begin = next_;
    const char* const stop = common::find_string_end(begin, end_);
    if (stop == end_ || *stop != '\\') {
      written_ = nullptr;
      next_ = stop;
      return const_cast<Ch*>(begin);  // never written through: Put() only writes to the buffer
    }
    return written_ = unescape_->begin_string();
  }
  void Put(Ch c) {
    if (written_ != nullptr) *written_++ = c;
  }
  /// Length with the terminator that RapidJSON puts.
  std::size_t PutEnd(const Ch* begin) {
    if (written_ == nullptr) return static_cast<std::size_t>(next_ - begin);
    const auto length = static_cast<std::size_t>(written_ - begin);
    unescape_->end_string(length);
    return length;
  }
  void Flush() {}
  [[nodiscard]] bool at_end() const { return next_ == end_; }

 private:
  const char* next_;
  const char* end_;
  char* written_ = nullptr;  // end of the string being unescaped; null while strings are views
  common::UnescapeBuffer* unescape_;
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
    next_ = common::find_string_end(begin, end_);
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
struct StreamTraits<tidegate::xts::QuotedJson> {
  enum { copyOptimization = 1 };  // NOLINT(readability-identifier-naming): RapidJSON's name
};
}  // namespace rapidjson
