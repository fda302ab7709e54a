// Pictures of tables: lines over a load, as SVG.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace tidegate::bench {

/// One line of a plot: (x, y) in order of x, all above zero.
struct PlotLine {
  std::string name;
  std::vector<std::pair<double, double>> points;
};

/// Both axes are logarithmic. At most six lines can be told apart.
struct Plot {
  std::string title, x_label, y_label;
  std::vector<PlotLine> lines;

  [[nodiscard]] std::string svg() const;
  /// Writes the picture to `path`; false, and a sentence on stderr, when it cannot.
  [[nodiscard]] bool save(const std::string& path) const;
};

}  // namespace tidegate::bench
