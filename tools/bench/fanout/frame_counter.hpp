// A subscriber that counts frames by their headers, whatever is in them, compressed or not.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tools/bench/fanout/polled_audience.hpp"
#include "tools/bench/sockets.hpp"

namespace tidegate::bench {

/// The frames of one connection, which come in pieces of any size.
class FrameCounter {
 public:
  /// How many frames have come whole with these bytes.
  std::size_t take(std::string_view bytes);

 private:
  std::string header_;            // of the frame that comes, as far as it has come
  std::size_t payload_left_ = 0;  // of the frame whose header has come
};

/// Reads frames, and adds up their bytes, headers included.
class FrameReader final : public PolledAudience::Reader {
 public:
  /// Upgrades, offering `extensions` unless they are empty, and sends its greeting. `bytes` outlives it. Check ok().
  FrameReader(std::uint16_t port, const Greeting& greeting, std::string_view extensions, std::atomic<std::uint64_t>& bytes);

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] int fd() const override { return socket_.fd(); }
  std::size_t read() override;

 private:
  Socket socket_;
  bool ok_;
  std::atomic<std::uint64_t>& bytes_;
  FrameCounter frames_;
};

}  // namespace tidegate::bench
