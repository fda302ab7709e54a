// Binary messages in network byte order. Lengths that are only known while reading are checked at run time, by ByteReader; fields of a body whose
// length is settled are checked by the compiler, by FixedBytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tidegate::common {

/// Big-endian integers at `bytes`; compilers make one load and one swap of each.
inline std::uint16_t load_big_endian_16(const char* bytes) {
  const auto byte = [bytes](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(bytes[i])); };
  return static_cast<std::uint16_t>(byte(0) << 8U | byte(1));
}
inline std::uint32_t load_big_endian_32(const char* bytes) {
  const auto byte = [bytes](std::size_t i) { return std::uint32_t{static_cast<unsigned char>(bytes[i])}; };
  return byte(0) << 24U | byte(1) << 16U | byte(2) << 8U | byte(3);
}

/// Takes pieces from the front of a message, whatever its byte order. A read that does not fit takes nothing.
class ByteCursor {
 public:
  explicit ByteCursor(std::string_view bytes) : rest_(bytes) {}

  [[nodiscard]] std::size_t remaining() const { return rest_.size(); }
  /// The next `size` bytes, as a view.
  [[nodiscard]] bool bytes(std::size_t size, std::string_view& value) {
    if (rest_.size() < size) return false;
    value = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }

 private:
  std::string_view rest_;
};

class ByteReader : public ByteCursor {
 public:
  using ByteCursor::ByteCursor;

  [[nodiscard]] bool u16(std::uint16_t& value) {
    std::string_view field;
    if (!bytes(sizeof value, field)) return false;
    value = load_big_endian_16(field.data());
    return true;
  }
};

/// A body of exactly `kSize` bytes; an offset outside of it does not compile.
template <std::size_t kSize>
class FixedBytes {
 public:
  /// `begin`: at least kSize bytes, which outlive this.
  explicit FixedBytes(const char* begin) : begin_(begin) {}

  static constexpr std::size_t size() { return kSize; }

  template <std::size_t kOffset>
  [[nodiscard]] std::uint16_t u16() const {
    static_assert(kOffset + 2 <= kSize);
    return load_big_endian_16(begin_ + kOffset);
  }
  template <std::size_t kOffset>
  [[nodiscard]] std::uint32_t u32() const {
    static_assert(kOffset + 4 <= kSize);
    return load_big_endian_32(begin_ + kOffset);
  }
  template <std::size_t kOffset>
  [[nodiscard]] std::int32_t i32() const {
    return static_cast<std::int32_t>(u32<kOffset>());
  }
  /// A part with offsets of its own.
  template <std::size_t kOffset, std::size_t kPartSize>
  [[nodiscard]] FixedBytes<kPartSize> part() const {
    static_assert(kOffset + kPartSize <= kSize);
    return FixedBytes<kPartSize>{begin_ + kOffset};
  }

 private:
  const char* begin_;
};

}  // namespace tidegate::common
