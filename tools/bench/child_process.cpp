#include "tools/bench/child_process.hpp"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <utility>

namespace tidegate::bench {

ChildProcess::ChildProcess(const std::function<void(const Socket& parent)>& work) {
  std::array<int, 2> ends{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return;
  Socket ours{ends[0]};
  Socket theirs{ends[1]};
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::close(ends[0]);
    work(theirs);
    ::_exit(0);
  }
  socket_ = std::move(ours);
}

ChildProcess::~ChildProcess() {
  socket_.shut_down();
  if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
}

bool read_exactly(const Socket& socket, void* to, std::size_t size) {
  return size == 0 || ::recv(socket.fd(), to, size, MSG_WAITALL) == static_cast<ssize_t>(size);
}

}  // namespace tidegate::bench
