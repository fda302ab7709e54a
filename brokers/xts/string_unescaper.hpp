// Takes the escapes out of a JSON string.
#pragma once

#include <string>
#include <string_view>

#include "brokers/common/unescape_buffer.hpp"

namespace tidegate::xts {

/// Keeps its buffers, so that it allocates nothing once they have grown. One thread.
class StringUnescaper {
 public:
  /// `text` is what stands between the quotes. False: that is no JSON string.
  [[nodiscard]] bool unescape(std::string_view text, std::string& out);

 private:
  std::string quoted_;
  common::UnescapeBuffer buffer_;
};

}  // namespace tidegate::xts
