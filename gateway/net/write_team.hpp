// Threads that share the writes of one loop. Internal to gateway/net.
//
// Fork and join: what there is to write is spread over the threads when the loop's turn ends, and the turn ends when all of it is written. In between
// they sleep, so that everything else in the gateway stays with one thread and needs no lock. docs/decisions/writing-to-many-sockets.md has the
// reasons.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace tidegate::net {

class WriteTeam {
 public:
  /// Does a share: those from the first to before the second.
  using Work = std::function<void(std::size_t, std::size_t)>;

  explicit WriteTeam(std::size_t helpers);
  ~WriteTeam();
  WriteTeam(const WriteTeam&) = delete;
  WriteTeam& operator=(const WriteTeam&) = delete;

  /// Threads, the one that calls run() included.
  [[nodiscard]] std::size_t size() const { return helpers_.size() + 1; }
  /// Has each number below `count` done once, in shares, here and on as many helpers as are worth waking; returns when all is done, and shows what
  /// they did. `work` throws nothing.
  void run(std::size_t count, const Work& work);

 private:
  void help();
  void take_shares(const Work& work);

  std::mutex mutex_;
  std::condition_variable wake_, left_;
  // Under the mutex.
  const Work* work_ = nullptr;  // null: nothing is shared out
  std::size_t invited_ = 0;     // helpers who may still join
  std::size_t busy_ = 0;        // helpers who have joined and not left
  bool ending_ = false;
  // Of the work at hand.
  std::size_t count_ = 0;
  std::size_t share_ = 1;
  std::atomic<std::size_t> next_{0};
  std::vector<std::thread> helpers_;
};

}  // namespace tidegate::net
