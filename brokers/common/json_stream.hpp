// A RapidJSON input stream over a text that stays untouched: strings are handed on as views into it. Meant for `Reader::Parse<kParseInsituFlag>`,
// whose in-place protocol (PutBegin, Put, PutEnd) is answered without writing into the text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include <rapidjson/reader.h>

#include "brokers/common/unescape_buffer.hpp"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace tidegate::common {

#if defined(__SSE2__)
/// A bit for each of sixteen bytes that ends a plain run of a JSON string, the lowest for the first.
inline unsigned string_ends(const char* text) {
  const __m128i last_control = _mm_set1_epi8(0x1f);
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text));
  const __m128i control = _mm_cmpeq_epi8(_mm_max_epu8(bytes, last_control), last_control);
  const __m128i quotes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
  const __m128i backslashes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quotes, backslashes), control)));
}
#endif

/// The first byte in [text, end) that ends a plain run of a JSON string: a quote, a backslash or a control character; `end` if there is none. All
/// from `begin`, at or before `text`, may be read.
inline const char* find_string_end(const char* text, const char* end, const char* begin) {
#if defined(__SSE2__)
  for (; end - text >= 16; text += 16) {
    if (const unsigned ends = string_ends(text); ends != 0) return text + __builtin_ctz(ends);
  }
  if (end - begin >= 16) {  // the last sixteen bytes, without those before `text`
    const unsigned ends = string_ends(end - 16) >> (16 - (end - text));
    return ends != 0 ? text + __builtin_ctz(ends) : end;
  }
#endif
  while (text != end && *text != '"' && *text != '\\' && static_cast<unsigned char>(*text) >= 0x20) ++text;
  return text;
}

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
  /// Steps over what stands next if it is this; false, and nothing done, otherwise.
  [[nodiscard]] bool skip(std::string_view expected) {
    if (static_cast<std::size_t>(end_ - next_) < expected.size() || std::memcmp(next_, expected.data(), expected.size()) != 0) return false;
    next_ += expected.size();
    return true;
  }
  /// The plain text up to the next quote, of which it stops in front. A backslash or control character ends it too.
  [[nodiscard]] std::string_view plain_text() {
    const char* const text = next_;
    next_ = find_string_end(text, end_, begin_);
    return {text, static_cast<std::size_t>(next_ - text)};
  }

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
