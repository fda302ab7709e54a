// Steps through JSON that is written as plainly as markets write it: no white space, no escapes, integers without a sign, decimals in quotes. All
// that is otherwise is refused, be it right or wrong: such texts are for a whole parser.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "brokers/common/decimal_reader.hpp"
#include "brokers/common/string_end.hpp"

namespace tidegate::common {

/// A bit for each of sixteen bytes that is no digit, the lowest for the first. Little-endian processors only.
inline unsigned not_digits_by_words(const char* text) {
  constexpr std::uint64_t kEach = 0x0101'0101'0101'0101;
  const auto half = [](const char* bytes) {
    const std::uint64_t digits = load_characters(bytes, 8) ^ kEach * '0';
    const std::uint64_t others = (((digits & kEach * 0x7F) + kEach * 0x76) | digits) & kEach * 0x80;
    return static_cast<unsigned>((others >> 7U) * 0x0102'0408'1020'4080 >> 56U);  // a bit of each byte, side by side
  };
  return half(text) | half(text + 8) << 8U;
}

/// The same, at once where the processor can.
inline unsigned not_digits(const char* text) {
#if defined(__SSE2__)
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text));
  const __m128i digits = _mm_sub_epi8(bytes, _mm_set1_epi8('0' - 0x80));  // those that are, are the ten lowest signed numbers now
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpgt_epi8(digits, _mm_set1_epi8(9 - 0x80))));
#else
  return not_digits_by_words(text);
#endif
}

/// Each step takes what it is asked for, or says false: then it may have taken a part of it, and the whole text is to be given up.
class PlainJson {
 public:
  /// `text` is a std::string because a zero stands behind its end, which no step takes. It outlives this and the views.
  explicit PlainJson(const std::string& text) : at_(text.data()), begin_(text.data()), end_(text.data() + text.size()) {}

  [[nodiscard]] bool at_end() const { return at_ == end_; }
  [[nodiscard]] char peek() const { return *at_; }  // zero at the end
  [[nodiscard]] bool skip(char expected) {
    if (*at_ != expected) return false;
    ++at_;
    return true;
  }
  [[nodiscard]] bool skip(std::string_view expected) {
    if (remaining() < expected.size() || std::memcmp(at_, expected.data(), expected.size()) != 0) return false;
    at_ += expected.size();
    return true;
  }

  /// A text in quotes; a view without them.
  [[nodiscard]] bool text(std::string_view& value) { return skip('"') && text_behind_quote(value); }

  /// A key and its colon, as its slot in a table of names.
  template <class Names>
  [[nodiscard]] bool key(std::uint8_t& slot) {
    if (remaining() >= 4 && at_[0] == '"' && at_[2] == '"' && at_[3] == ':') {  // one letter, as most are
      const char letter = at_[1];
      if (letter > '"' && letter != '\\') {
        slot = Names::find({&letter, 1});
        at_ += 4;
        return true;
      }
    }
    std::string_view name;
    if (!text(name) || !skip(':')) return false;
    slot = Names::find(name);
    return true;
  }

  /// Up to eighteen digits, of which the first is zero in the number zero alone.
  [[nodiscard]] bool integer(std::int64_t& value) {
    if (*at_ == '0') {
      value = 0;
      ++at_;
      return !is_digit(*at_);
    }
    if (std::endian::native == std::endian::little && remaining() >= 16) {
      if (const unsigned ends = not_digits(at_); ends != 0) {
        const auto size = static_cast<std::size_t>(std::countr_zero(ends));
        if (size == 0) return false;
        const std::uint64_t front = join_digits(last_digits(at_, size <= 8 ? size : size - 8));
        value = static_cast<std::int64_t>(size <= 8 ? front : front * 100'000'000 + join_digits(last_digits(at_ + size - 8, 8)));
        at_ += size;
        return true;
      }
    }
    return long_integer(value);
  }

  /// A text in quotes that holds a decimal of zero or more.
  [[nodiscard]] bool amount(Decimal& value) {
    if (!skip('"')) return false;
    if (std::endian::native == std::endian::little && remaining() >= 24 && short_amount(value)) return true;
    std::string_view text;
    if (!text_behind_quote(text)) return false;
    if (read_short_decimal(text, value)) return true;
    const Result<Decimal> read = parse_decimal(text);
    if (!read || read->mantissa < 0) return false;
    value = *read;
    return true;
  }

 private:
  [[nodiscard]] std::size_t remaining() const { return static_cast<std::size_t>(end_ - at_); }
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }

  [[nodiscard]] bool text_behind_quote(std::string_view& value) {
    const char* const stop = find_string_end(at_, end_, begin_);
    value = {at_, static_cast<std::size_t>(stop - at_)};
    if (*stop != '"') return false;
    at_ = stop + 1;
    return true;
  }

  /// `size` digits, 1 to 8, as numbers in the highest bytes, zeros below them, as join_digits wants them. Reads eight bytes.
  static std::uint64_t last_digits(const char* text, std::size_t size) {
    return (load_characters(text, 8) ^ 0x3030'3030'3030'3030) << (64 - 8 * size);
  }

  [[nodiscard]] bool long_integer(std::int64_t& value) {
    constexpr std::ptrdiff_t kDigitsMax = 18;
    const char* const first = at_;
    for (value = 0; is_digit(*at_); ++at_) {
      if (at_ - first == kDigitsMax) return false;
      value = value * 10 + (*at_ - '0');
    }
    return at_ != first;
  }

  /// Behind the opening quote: one to eight digits, a point, one to eight digits, a quote, all within sixteen bytes. Takes nothing otherwise. Reads
  /// 24 bytes.
  [[nodiscard]] bool short_amount(Decimal& value) {
    const unsigned others = not_digits(at_);
    const unsigned behind_point = others & (others - 1);
    if (behind_point == 0) return false;
    const auto point = static_cast<std::size_t>(std::countr_zero(others));
    const auto size = static_cast<std::size_t>(std::countr_zero(behind_point));
    const std::size_t fraction_size = size - point - 1;
    if (at_[point] != '.' || at_[size] != '"' || point - 1 > 7 || fraction_size - 1 > 7) return false;
    value = join_decimal(join_digits(last_digits(at_, point)), last_digits(at_ + point + 1, fraction_size), fraction_size);
    at_ += size + 1;
    return true;
  }

  const char* at_;
  const char* begin_;
  const char* end_;
};

}  // namespace tidegate::common
