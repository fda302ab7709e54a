// Instructions as the processor counts them, where the kernel lets a program ask.
#pragma once

#include <cstdint>
#include <optional>

namespace tidegate::bench {

/// Counts the calling thread's instructions outside of the kernel. Many virtual machines have no such counter, and many kernels forbid it.
class InstructionCounter {
 public:
  InstructionCounter();
  ~InstructionCounter();
  InstructionCounter(const InstructionCounter&) = delete;
  InstructionCounter& operator=(const InstructionCounter&) = delete;

  /// Since the counter was made; nothing where it is not permitted.
  [[nodiscard]] std::optional<std::uint64_t> read() const;

 private:
  int counter_;  // -1: not permitted
};

}  // namespace tidegate::bench
