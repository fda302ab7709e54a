#include "tools/bench/plot.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <string_view>

namespace tidegate::bench {
namespace {

constexpr double kWidth = 720, kHeight = 420;
constexpr double kLeft = 70, kRight = 190, kTop = 40, kBottom = 50;  // margins; names stand in the right one
constexpr std::array<std::string_view, 6> kColours = {"#444444", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00"};

/// A logarithmic axis from one power of ten to another, and where a value stands on it.
struct Axis {
  int first = 0, last = 1;  // powers of ten
  double begin = 0, end = 1;

  void hold(double value) {
    first = std::min(first, static_cast<int>(std::floor(std::log10(value))));
    last = std::max(last, static_cast<int>(std::ceil(std::log10(value))));
  }
  [[nodiscard]] double at(double value) const { return begin + (std::log10(value) - first) / (last - first) * (end - begin); }
};

std::string text(double x, double y, std::string_view anchor, std::string_view words) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y, anchor, words);
}

std::string grid_line(double x1, double y1, double x2, double y2) {
  return fmt::format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"#cccccc\"/>\n", x1, y1, x2, y2);
}

}  // namespace

std::string Plot::svg() const {
  Axis x{.first = 99, .last = -99, .begin = kLeft, .end = kWidth - kRight};
  Axis y{.first = 99, .last = -99, .begin = kHeight - kBottom, .end = kTop};
  for (const PlotLine& line : lines) {
    for (const auto& [load, value] : line.points) {
      x.hold(load);
      y.hold(value);
    }
  }
  for (Axis* axis : {&x, &y}) axis->last = std::max(axis->last, axis->first + 1);
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" font-family=\"sans-serif\" font-size=\"12\">\n"
      "<rect width=\"{0}\" height=\"{1}\" fill=\"white\"/>\n",
      kWidth, kHeight);
  for (int power = x.first; power <= x.last; ++power) {
    const double at = x.at(std::pow(10.0, power));
    out += grid_line(at, y.begin, at, y.end) + text(at, y.begin + 18, "middle", fmt::format("{:g}", std::pow(10.0, power)));
  }
  for (int power = y.first; power <= y.last; ++power) {
    const double at = y.at(std::pow(10.0, power));
    out += grid_line(x.begin, at, x.end, at) + text(x.begin - 8, at + 4, "end", fmt::format("{:g}", std::pow(10.0, power)));
  }
  out += text(kLeft, 22, "start", title) + text((x.begin + x.end) / 2, kHeight - 12, "middle", x_label) + text(8, kTop - 6, "start", y_label);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string_view colour = kColours[i % kColours.size()];
    out += fmt::format("<polyline fill=\"none\" stroke=\"{}\" stroke-width=\"2\" points=\"", colour);
    for (const auto& [load, value] : lines[i].points) out += fmt::format("{:.1f},{:.1f} ", x.at(load), y.at(value));
    out += "\"/>\n";
    const double row = kTop + 10 + 20 * static_cast<double>(i);
    out += fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"14\" height=\"4\" fill=\"{}\"/>\n", x.end + 14, row - 6, colour);
    out += text(x.end + 34, row, "start", lines[i].name);
  }
  return out + "</svg>\n";
}

bool Plot::save(const std::string& path) const {
  std::ofstream file{path};
  if (file << svg() << std::flush) return true;
  fmt::print(stderr, "{}: cannot be written\n", path);
  return false;
}

}  // namespace tidegate::bench
