// Raw DEFLATE, one body at a time, into a buffer that stays.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string_view>

#include "gateway/core/result.hpp"

struct z_stream_s;

namespace tidegate::xts {

/// Inflated bodies are at most this large.
inline constexpr std::size_t kInflatedBytesMax = 16 * 1024;

class Inflater {
 public:
  Inflater();
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  /// The `size` bytes that `compressed` holds, valid until the next call. No more than one byte beyond `size` is ever written.
  /// Errors: BadShape (`size` beyond the limit, not DEFLATE, cut short, or of another size than both lengths say).
  [[nodiscard]] Result<std::string_view> inflate(std::string_view compressed, std::size_t size);

 private:
  std::unique_ptr<z_stream_s> stream_;  // null: zlib had no memory for it
  std::array<char, kInflatedBytesMax + 1> inflated_;
};

}  // namespace tidegate::xts
