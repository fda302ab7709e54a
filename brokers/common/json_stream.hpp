// A RapidJSON input stream over a text that stays untouched: strings are handed on as views into it. Meant for `Reader::Parse<kParseInsituFlag>`,
// whose in-place protocol (PutBegin, Put, PutEnd) is answered without writing into the text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <rapidjson/reader.h>

#include "brokers/common/string_end.hpp"
#include "brokers/common/unescape_buffer.hpp"

namespace tidegate::common {

class JsonStream {
 public:
  using Ch = char;

  /// `text` is a std::string because RapidJSON looks for the zero behind the end. Both outlive the stream and the views.
  JsonStream(const std::string& text, UnescapeBuffer& unescape)
      : next_(text.data()), begin_(text.data()), end_(text.data() + text.size()), unescape_(&unescape) {}

  Ch Peek() const { return *next_; }
  Ch Take() { return *next_++; }
  void skip_whitespace() {
    while (*next_ == ' ' || *next_ == '\n' || *next_ == '\r' || *next_ == '\t') ++next_;
  }
  std::size_t Tell() const { return reinterpret_cast<std::uintptr_t>(next_); }  // differences alone mean something

  /// RapidJSON stands behind an opening quote. Jumps to the closing one, so that its own loop over the characters finds nothing to do.
  Ch* PutBegin() {
    const char* const begin = next_;
    const bool one_letter = *begin >= 'A' && *begin != '\\' && begin[1] == '"';  // most keys: not worth a vector
    const char* const stop = one_letter ? begin + 1 : find_string_end(begin, end_, begin_);
    if (*stop != '\\') {
      next_ = stop;
      return const_cast<Ch*>(begin);  // never written through: Put() only writes to the unescape buffer
    }
    return written_ = unescape_->begin_string();
  }
  void Put(Ch c) {
    if (written_ != nullptr) *written_++ = c;
  }
  /// Length with the terminator that RapidJSON puts: the closing quote stands for it in a string that was not copied.
  std::size_t PutEnd(const Ch* begin) {
    if (written_ == nullptr) return static_cast<std::size_t>(next_ - begin);
    const auto length = static_cast<std::size_t>(written_ - begin);
    unescape_->end_string(length);
    written_ = nullptr;
    return length;
  }
  void Flush() {}

  /// Everything was read. RapidJSON takes a zero byte in the text for its end.
  [[nodiscard]] bool at_end() const { return next_ == end_; }

 private:
  const char* next_;
  const char* begin_;
  const char* end_;
  char* written_ = nullptr;  // end of the string being unescaped; null while strings are views
  UnescapeBuffer* unescape_;
};

}  // namespace tidegate::common

namespace rapidjson {
/// Four times for each member of an object, and in vain: markets send no spaces.
template <>
inline void SkipWhitespace(tidegate::common::JsonStream& stream) {
  if (static_cast<unsigned char>(stream.Peek()) <= ' ') stream.skip_whitespace();
}
}  // namespace rapidjson
