// Binary messages with the least significant byte first: the counterpart of byte_reader.hpp.
#pragma once

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <type_traits>

#include "brokers/common/byte_reader.hpp"

namespace tidegate::common {

/// What a field may be. A double keeps its bits, whatever number they mean.
template <class T>
concept BinaryField = std::integral<T> ||(std::same_as<T, double> && sizeof(double) == 8);

/// The field at `bytes`, which needs no alignment.
template <BinaryField T>
T load_little_endian(const char* bytes) {
  char copy[sizeof(T)];
  std::memcpy(copy, bytes, sizeof(T));
  if constexpr (std::endian::native == std::endian::big) std::reverse(copy, copy + sizeof(T));
  T value;
  std::memcpy(&value, copy, sizeof(T));
  return value;
}

class LittleEndianReader : public ByteCursor {
 public:
  using ByteCursor::ByteCursor;

  template <BinaryField T>
  [[nodiscard]] bool read(T& value) {
    std::string_view field;
    if (!bytes(sizeof(T), field)) return false;
    value = load_little_endian<T>(field.data());
    return true;
  }
};

/// A body of exactly `kSize` bytes; an offset outside of it does not compile.
template <std::size_t kSize>
class LittleEndianBytes {
 public:
  /// `begin`: at least kSize bytes, which outlive this.
  explicit LittleEndianBytes(const char* begin) : begin_(begin) {}

  template <BinaryField T, std::size_t kOffset>
  [[nodiscard]] T get() const {
    static_assert(kOffset + sizeof(T) <= kSize);
    return load_little_endian<T>(begin_ + kOffset);
  }
  /// A part with offsets of its own.
  template <std::size_t kOffset, std::size_t kPartSize>
  [[nodiscard]] LittleEndianBytes<kPartSize> part() const {
    static_assert(kOffset + kPartSize <= kSize);
    return LittleEndianBytes<kPartSize>{begin_ + kOffset};
  }

 private:
  const char* begin_;
};

}  // namespace tidegate::common
