// Reads frames files, the recordings that the simulators play and `tidegate decode` reads: one JSON object a line, plain or compressed with gzip.
// Streams: holds one line.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/core/time.hpp"

namespace tidegate {

enum class RecordedKind : std::uint8_t {
  Text,     // bytes: one text frame of a socket, exactly as recorded
  Binary,   // bytes: one binary frame of a socket
  Rest,     // bytes: the body of a REST answer; request, status, headers
  Connect,  // bytes: the URL that was opened
};

struct RecordedFrame {
  RecordedKind kind = RecordedKind::Text;
  UtcTime received;  // kNoTime where the recording has none
  std::string bytes;
  std::string request;  // "GET /api/v3/depth?symbol=BTCUSDT&limit=1000"
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
};

/// Reads `line` (without its end). Returns an empty text, or what is wrong with it. `frame` is overwritten; its memory is reused.
[[nodiscard]] std::string parse_recorded_line(std::string_view line, RecordedFrame& frame);

class FramesFile {
 public:
  enum class Read : std::uint8_t {
    Frame,    // `frame` was filled
    BadLine,  // this line could not be read: problem() says why; the next call goes on behind it
    End,      // nothing more; a non-empty problem() says that the file itself broke off
  };

  /// problem() is not empty when the file cannot be opened.
  explicit FramesFile(const std::string& path);
  ~FramesFile();
  FramesFile(FramesFile&&) noexcept;
  FramesFile& operator=(FramesFile&&) noexcept;

  Read next(RecordedFrame& frame);
  [[nodiscard]] std::size_t line_number() const;     // of what next() returned last, from 1
  [[nodiscard]] const std::string& problem() const;  // "line 12: kind is missing"
  /// Back to the first line.
  void rewind();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidegate
