// What clients asked for, in order, for tests and diagnosis.
#pragma once

#include <deque>
#include <string>
#include <utility>

namespace tidegate::sim {

class RequestLog {
 public:
  static constexpr std::size_t kKept = 10'000;  // the latest

  void note(std::string text) {
    texts_.push_back(std::move(text));
    if (texts_.size() > kKept) texts_.pop_front();
  }
  [[nodiscard]] const std::deque<std::string>& texts() const { return texts_; }

 private:
  std::deque<std::string> texts_;
};

}  // namespace tidegate::sim
