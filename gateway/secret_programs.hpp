// Runs the programs that one broker's keys name without holding anybody up, and keeps what they said.
#pragma once

#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "gateway/config/program.hpp"
#include "gateway/core/time.hpp"
#include "gateway/net/event_loop.hpp"

namespace tidegate {

/// The loop's thread; programs run one after the other on a thread that lives only meanwhile.
class SecretPrograms {
 public:
  /// `limit`: for each.
  SecretPrograms(net::EventLoop& loop, std::vector<ProgramCall> calls, Duration limit);
  /// Kills what runs; who waits is not called any more.
  ~SecretPrograms();
  SecretPrograms(const SecretPrograms&) = delete;
  SecretPrograms& operator=(const SecretPrograms&) = delete;

  /// Runs them all, then calls `done` on the loop; at once where there are none. Who asks while they run waits for the same run.
  void run(std::function<void()> done);
  /// Of the last run that ended.
  [[nodiscard]] const ProgramOutputs& outputs() const { return outputs_; }

 private:
  struct Run;
  void finish(ProgramOutputs&& outputs);

  net::EventLoop& loop_;
  const std::vector<ProgramCall> calls_;
  const Duration limit_;
  ProgramOutputs outputs_;
  std::vector<std::function<void()>> waiting_;
  std::shared_ptr<Run> run_;  // null: nothing runs
  std::thread thread_;
};

}  // namespace tidegate
