// A part of the bench in a process of its own: with descriptors of its own, and CPU that is nobody else's.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <string_view>

#include "tools/bench/sockets.hpp"

namespace tidegate::bench {

/// Begins as a copy of the caller's, which must have no other threads that hold locks: before gateways and loops are made.
class ChildProcess {
 public:
  /// `work` gets its end of a stream socket to the parent; the process ends when it returns. It should return when that socket ends.
  explicit ChildProcess(const std::function<void(const Socket& parent)>& work);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// The parent's end.
  [[nodiscard]] const Socket& socket() const { return socket_; }

 private:
  Socket socket_;
  pid_t pid_ = -1;
};

/// Fills `size` bytes; false when the other end closed.
[[nodiscard]] bool read_exactly(const Socket& socket, void* to, std::size_t size);

template <class Value>
[[nodiscard]] bool read_value(const Socket& socket, Value& value) {
  return read_exactly(socket, &value, sizeof value);
}
template <class Value>
bool write_value(const Socket& socket, const Value& value) {
  return write_all(socket, std::string_view(reinterpret_cast<const char*>(&value), sizeof value));
}

}  // namespace tidegate::bench
