// A plot as a file: lines over two logarithmic axes, in as much SVG as that takes.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace tidegate::bench {

class SvgPlot {
 public:
  SvgPlot(std::string title, std::string x_label, std::string y_label)
      : title_(std::move(title)), x_label_(std::move(x_label)), y_label_(std::move(y_label)) {}

  /// The next point of a line; both values greater than 0.
  void add(const std::string& line, double x, double y);
  /// False: the file cannot be written.
  [[nodiscard]] bool write(const std::string& file) const;

 private:
  struct Line {
    std::string name;
    std::vector<std::pair<double, double>> points;
  };
  std::string title_, x_label_, y_label_;
  std::vector<Line> lines_;
};

}  // namespace tidegate::bench
