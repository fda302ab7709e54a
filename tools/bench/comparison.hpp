// Contenders that do the same work, in interleaved rounds: on a machine shared with others the times of a run drift together, and ratios within a
// round stay.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace tidegate::bench {

[[nodiscard]] double median(std::vector<double> values);

class Comparison {
 public:
  /// One round of one contender; always the same number of values.
  using Measure = std::function<std::vector<double>()>;

  /// Returns the contender's number.
  std::size_t add(Measure measure);
  /// Each round runs every contender once, and begins with the next one.
  void run(int rounds);

  [[nodiscard]] double median_of(std::size_t contender, std::size_t value) const;
  [[nodiscard]] double total_of(std::size_t contender, std::size_t value) const;
  /// Median over the rounds of contender / base within one round.
  [[nodiscard]] double ratio(std::size_t contender, std::size_t base, std::size_t value) const;

 private:
  struct Contender {
    Measure measure;
    std::vector<std::vector<double>> rounds;
  };
  std::vector<Contender> contenders_;
};

/// A Markdown table on stdout, aligned.
class Table {
 public:
  explicit Table(std::vector<std::string> header) : rows_{std::move(header)} {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  void print() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace tidegate::bench
