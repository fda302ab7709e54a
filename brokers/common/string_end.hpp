// Where a JSON string ends: sixteen bytes at a time where the processor can.
#pragma once

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

}  // namespace tidegate::common
