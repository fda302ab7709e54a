// Holes in a broker's consecutive numbers that may yet be filled, and which number of the stream each missing one was told as. No clock of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "gateway/core/time.hpp"

namespace tidegate {

/// Of one stream. Holes do not overlap; they come in ascending order of their sequence numbers and of their deadlines.
class OpenHoles {
 public:
  struct Ids {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
  };
  struct Ended {
    std::uint64_t size = 0;
    std::uint64_t missing = 0;
  };
  struct Filled {
    std::uint64_t seq = 0;
    bool whole = false;  // it was the last that the hole missed, which is closed
  };

  /// `count` of the broker's numbers from `first_id` on are missing; they were told as `first_seq` and so on.
  void open(std::uint64_t first_id, std::uint64_t count, std::uint64_t first_seq, MonoTime deadline);
  /// Nothing: no hole misses it, or it has come already.
  [[nodiscard]] std::optional<Filled> fill(std::uint64_t id);
  /// The first missing number from `from` on, and the last missing one that is less than `span` further.
  [[nodiscard]] std::optional<Ids> missing(std::uint64_t from, std::uint64_t span) const;
  /// Closes the oldest; there must be one.
  Ended close_oldest();

  [[nodiscard]] bool empty() const { return holes_.empty(); }
  [[nodiscard]] std::size_t size() const { return holes_.size(); }
  [[nodiscard]] MonoTime first_deadline() const { return holes_.front().deadline; }

 private:
  struct Hole {
    std::uint64_t first_id;
    std::uint64_t first_seq;
    MonoTime deadline;
    std::uint64_t missing;
    std::vector<bool> come;  // by place from first_id on
  };
  std::deque<Hole> holes_;
};

}  // namespace tidegate
