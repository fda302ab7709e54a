// Writes to many sockets by one system call: io_uring takes a list of them. Internal to gateway/net.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "gateway/net/socket_write.hpp"

namespace tidegate::net {

/// Of one thread, which makes it and uses it. Waits for everything that it hands to the kernel, so that nothing is under way in between.
class UringWriter {
 public:
  /// Null where the kernel has no io_uring for us: it is older than 6.1, or forbids it. The same one in each call.
  [[nodiscard]] static UringWriter* of_this_thread();
  /// Null, and `problem` says why.
  [[nodiscard]] static std::unique_ptr<UringWriter> make(std::string& problem);
  ~UringWriter();
  UringWriter(const UringWriter&) = delete;
  UringWriter& operator=(const UringWriter&) = delete;

  /// As write_waiting() for each of them.
  void write(WriteJob* jobs, std::size_t count);

 private:
  struct Ring;
  explicit UringWriter(std::unique_ptr<Ring> ring);
  /// Hands over jobs from the first one on, as many as there is room for; returns how many.
  std::size_t hand_over(WriteJob* jobs, std::size_t count);
  [[nodiscard]] bool collect(WriteJob* jobs);

  std::unique_ptr<Ring> ring_;
  bool broken_ = false;  // the kernel takes no more lists
};

}  // namespace tidegate::net
