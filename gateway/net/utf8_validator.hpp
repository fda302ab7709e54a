// UTF-8 checking in the place of websocketpp's, which goes byte by byte and costs more than decoding a frame. Include this before anything of
// websocketpp: it defines websocketpp's include guard and offers the same names.
#pragma once

#ifdef UTF8_VALIDATOR_HPP
#error "include gateway/net/utf8_validator.hpp before any header of websocketpp"
#endif
#define UTF8_VALIDATOR_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <string>

namespace websocketpp {
namespace utf8_validator {

/// Checks a text that comes in pieces of any size.
class validator {
 public:
  bool consume(std::uint8_t byte) { return check(&byte, 1); }

  /// Iterators over contiguous characters.
  template <typename Iterator>
  bool decode(Iterator begin, Iterator end) {
    return begin == end || check(reinterpret_cast<const std::uint8_t*>(&*begin), static_cast<std::size_t>(std::distance(begin, end)));
  }

  /// Whether what came so far ends with a whole character.
  bool complete() const { return missing_ == 0; }

  void reset() { *this = validator(); }

 private:
  static constexpr std::uint64_t kHighBits = 0x8080808080808080U;

  bool check(const std::uint8_t* at, std::size_t size) {
    const std::uint8_t* const end = at + size;
    while (at != end) {
      if (missing_ == 0) {
        at = skip_ascii(at, end);
        if (at == end) return true;
        if (!lead(*at++)) return false;
      } else if (!continuation(*at++)) {
        return false;
      }
    }
    return true;
  }

  static const std::uint8_t* skip_ascii(const std::uint8_t* at, const std::uint8_t* end) {
    while (end - at >= 16) {
      std::uint64_t words[2];
      std::memcpy(words, at, sizeof(words));
      if (((words[0] | words[1]) & kHighBits) != 0) break;
      at += sizeof(words);
    }
    while (at != end && *at < 0x80U) ++at;
    return at;
  }

  // The table of RFC 3629, section 4: a lead byte says how many follow, and narrows the first of them where a shorter form, a surrogate
  // or a value past U+10FFFF would fit otherwise.
  bool lead(std::uint8_t byte) {
    low_ = 0x80;
    high_ = 0xBF;
    if (byte >= 0xC2 && byte <= 0xDF) {
      missing_ = 1;
    } else if (byte >= 0xE0 && byte <= 0xEF) {
      missing_ = 2;
      if (byte == 0xE0) low_ = 0xA0;
      if (byte == 0xED) high_ = 0x9F;
    } else if (byte >= 0xF0 && byte <= 0xF4) {
      missing_ = 3;
      if (byte == 0xF0) low_ = 0x90;
      if (byte == 0xF4) high_ = 0x8F;
    } else {
      return false;
    }
    return true;
  }

  bool continuation(std::uint8_t byte) {
    if (byte < low_ || byte > high_) return false;
    low_ = 0x80;
    high_ = 0xBF;
    --missing_;
    return true;
  }

  std::uint8_t missing_ = 0;  // bytes of the current character still to come
  std::uint8_t low_ = 0x80;   // bounds of the next of them
  std::uint8_t high_ = 0xBF;
};

inline bool validate(const std::string& text) {
  validator check;
  return check.decode(text.begin(), text.end()) && check.complete();
}

}  // namespace utf8_validator
}  // namespace websocketpp
