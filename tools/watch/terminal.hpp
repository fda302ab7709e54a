// The terminal as a screen that is painted over in place, and given back as it was.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/watch/table.hpp"

namespace tidegate::watch {

class Terminal {
 public:
  /// Takes over standard output, which must be a terminal.
  Terminal();
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  /// The size at this moment; colours unless NO_COLOR is set or the terminal is dumb.
  [[nodiscard]] View view() const;
  /// False: the terminal is gone.
  [[nodiscard]] bool paint(const std::vector<std::string>& lines);
  /// Takes the screen again, after the process was stopped and continued.
  void enter();
  /// Gives the screen back; idempotent.
  void leave();

 private:
  bool entered_ = false;
  bool echo_off_ = false;
  bool colour_;
};

/// Writes all of `bytes`; false when the reader is gone.
[[nodiscard]] bool write_all(int descriptor, std::string_view bytes);

}  // namespace tidegate::watch
