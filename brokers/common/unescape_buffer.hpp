// Where strings with escapes go, so that all other strings can stay views into the text they were read from.
#pragma once

#include <cstddef>
#include <string>

namespace tidegate::common {

/// Room for strings that hold escapes. Views into it live until the next `begin_text`; it grows to the largest such text and stays there.
class UnescapeBuffer {
 public:
  /// Before a text of `size` bytes is parsed `passes` times.
  void begin_text(std::size_t size, std::size_t passes) {
    needed_ = size * passes;
    used_ = 0;
  }
  /// A string never grows by being unescaped, so the size of the text bounds all of them together.
  char* begin_string() {
    if (bytes_.size() < needed_) bytes_.resize(needed_);
    return bytes_.data() + used_;
  }
  void end_string(std::size_t length) { used_ += length; }

 private:
  std::string bytes_;
  std::size_t needed_ = 0;
  std::size_t used_ = 0;
};

}  // namespace tidegate::common
