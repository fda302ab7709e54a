// Binary messages with the least significant byte first: the counterpart of byte_reader.hpp.
#pragma once

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <type_traits>

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

/// Takes pieces from the front of a message. A read that does not fit takes nothing.
class LittleEndianReader {
 public:
  explicit LittleEndianReader(std::string_view bytes) : rest_(bytes) {}

  [[nodiscard]] std::size_t remaining() const { return rest_.size(); }

  template <BinaryField T>
  [[nodiscard]] bool read(T& value) {
    if (rest_.size() < sizeof(T)) return false;
    value = load_little_endian<T>(rest_.data());
    rest_.remove_prefix(sizeof(T));
    return true;
  }
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
