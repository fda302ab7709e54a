#include "tools/bench/comparison.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace tidegate::bench {

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

std::size_t Comparison::add(Measure measure) {
  contenders_.push_back({std::move(measure), {}});
  return contenders_.size() - 1;
}

void Comparison::run(int rounds) {
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < contenders_.size(); ++i) {
      Contender& contender = contenders_[(i + static_cast<std::size_t>(round)) % contenders_.size()];
      contender.rounds.push_back(contender.measure());
    }
  }
}

double Comparison::median_of(std::size_t contender, std::size_t value) const {
  std::vector<double> values;
  for (const auto& round : contenders_[contender].rounds) values.push_back(round[value]);
  return median(std::move(values));
}

double Comparison::total_of(std::size_t contender, std::size_t value) const {
  double total = 0;
  for (const auto& round : contenders_[contender].rounds) total += round[value];
  return total;
}

double Comparison::ratio(std::size_t contender, std::size_t base, std::size_t value) const {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < contenders_[contender].rounds.size(); ++i) {
    ratios.push_back(contenders_[contender].rounds[i][value] / contenders_[base].rounds[i][value]);
  }
  return median(std::move(ratios));
}

void Table::print() const {
  std::vector<std::size_t> widths;
  for (const auto& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()), 3);
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    for (std::size_t i = 0; i < rows_[r].size(); ++i) fmt::print("| {:<{}} ", rows_[r][i], widths[i]);
    fmt::print("|\n");
    if (r != 0) continue;
    for (const std::size_t width : widths) fmt::print("| {:-<{}} ", "", width);
    fmt::print("|\n");
  }
  fmt::print("\n");
  std::fflush(stdout);
}

}  // namespace tidegate::bench
