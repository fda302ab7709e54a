// A RapidJSON input stream over a text that stays untouched: strings are handed on as views into it. Meant for `Reader::Parse<kParseInsituFlag>`,
// whose in-place protocol (PutBegin, Put, PutEnd) is answered without writing into the text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <rapidjson/reader.h>

#include "brokers/common/unescape_buffer.hpp"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace tidegate::common {

/// The first byte in [text, end) that ends a plain run of a JSON string: a quote, a backslash or a control character; `end` if there is none.
inline const char* find_string_end(const char* text, const char* end) {
#if defined(__SSE2__)
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i backslash = _mm_set1_epi8('\\');
  const __m128i last_control = _mm_set1_epi8(0x1f);
  for (; end - text >= 16; text += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text));
    const __m128i control = _mm_cmpeq_epi8(_mm_max_epu8(bytes, last_control), last_control);
    const __m128i marks = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)), control);
    if (const int mask = _mm_movemask_epi8(marks); mask != 0) return text + __builtin_ctz(static_cast<unsigned>(mask));
  }
#endif
  while (text != end && *text != '"' && *text != '\\' && static_cast<unsigned char>(*text) >= 0x20) ++text;
  return text;
}

class JsonStream {
 public:
  using Ch = char;

  /// `text` is a std::string because RapidJSON looks for the zero behind the end. Both outlive the stream and the views.
  JsonStream(const std::string& text, UnescapeBuffer& unescape) : next_(text.data()), end_(text.data() + text.size()), unescape_(&unescape) {}

  Ch Peek() const { return *next_; }
  Ch Take() { return *next_++; }
  std::size_t Tell() const { return reinterpret_cast<std::uintptr_t>(next_); }  // differences alone mean something

  /// RapidJSON stands behind an opening quote. Jumps to the closing one, so that its own loop over the characters finds nothing to do.
  Ch* PutBegin() {
    const char* const begin = next_;
    const bool one_letter = *begin >= 'A' && *begin != '\\' && begin[1] == '"';  // most keys: not worth a vector
    const char* const stop = one_letter ? begin + 1 : find_string_end(begin, end_);
    if (*stop != '\\') {
      written_ = nullptr;
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
    return length;
  }
  void Flush() {}

  /// Everything was read. RapidJSON takes a zero byte in the text for its end.
  [[nodiscard]] bool at_end() const { return next_ == end_; }

 private:
  const char* next_;
  const char* end_;
  char* written_ = nullptr;  // end of the string being unescaped; null while strings are views
  UnescapeBuffer* unescape_;
};

}  // namespace tidegate::common
