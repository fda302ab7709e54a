#include "tools/bench/svg_plot.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <string_view>

namespace tidegate::bench {
namespace {

constexpr double kLeft = 70, kTop = 50, kWidth = 480, kHeight = 320, kLegend = 230, kBelow = 60;
constexpr std::array<std::string_view, 8> kColours = {"#7f7f7f", "#17202a", "#d62728", "#1f77b4", "#2ca02c", "#ff7f0e", "#9467bd", "#8c564b"};

/// One logarithmic axis: whole powers of ten around all values.
struct Axis {
  double low = 1e300, high = -1e300;  // exponents

  void take(double value) {
    low = std::min(low, std::floor(std::log10(value)));
    high = std::max(high, std::ceil(std::log10(value)));
  }
  /// 0 to 1.
  [[nodiscard]] double place(double value) const { return (std::log10(value) - low) / std::max(high - low, 1.0); }
};

std::string number(double exponent) { return fmt::format("{:g}", std::pow(10.0, exponent)); }

}  // namespace

void SvgPlot::add(const std::string& line, double x, double y) {
  auto found = std::find_if(lines_.begin(), lines_.end(), [&](const Line& each) { return each.name == line; });
  if (found == lines_.end()) found = lines_.insert(lines_.end(), {line, {}});
  found->points.emplace_back(x, y);
}

bool SvgPlot::write(const std::string& file) const {
  Axis across, up;
  for (const Line& line : lines_) {
    for (const auto& [x, y] : line.points) {
      across.take(x);
      up.take(y);
    }
  }
  const auto x_of = [&](double value) { return kLeft + kWidth * across.place(value); };
  const auto y_of = [&](double value) { return kTop + kHeight * (1 - up.place(value)); };
  const double right = kLeft + kWidth;
  const double bottom = kTop + kHeight;

  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" font-family=\"sans-serif\" font-size=\"12\">\n"
      "<rect width=\"{0}\" height=\"{1}\" fill=\"#ffffff\"/>\n<text x=\"{2}\" y=\"28\" font-size=\"15\">{3}</text>\n",
      right + kLegend, bottom + kBelow, kLeft, title_);
  for (double exponent = across.low; exponent <= across.high; ++exponent) {
    const double x = x_of(std::pow(10.0, exponent));
    svg += fmt::format("<path d=\"M{0:.1f} {1}V{2}\" stroke=\"#dddddd\"/><text x=\"{0:.1f}\" y=\"{3}\" text-anchor=\"middle\">{4}</text>\n", x, kTop,
                       bottom, bottom + 18, number(exponent));
  }
  for (double exponent = up.low; exponent <= up.high; ++exponent) {
    const double y = y_of(std::pow(10.0, exponent));
    svg += fmt::format("<path d=\"M{0} {1:.1f}H{2}\" stroke=\"#dddddd\"/><text x=\"{3}\" y=\"{4:.1f}\" text-anchor=\"end\">{5}</text>\n", kLeft, y,
                       right, kLeft - 8, y + 4, number(exponent));
  }
  svg += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n", kLeft + kWidth / 2, bottom + 42, x_label_);
  svg += fmt::format("<text transform=\"translate(18 {}) rotate(-90)\" text-anchor=\"middle\">{}</text>\n", kTop + kHeight / 2, y_label_);
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    const std::string_view colour = kColours[i % kColours.size()];
    std::string points;
    for (const auto& [x, y] : lines_[i].points) {
      points += fmt::format("{:.1f},{:.1f} ", x_of(x), y_of(y));
      svg += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\" fill=\"{}\"/>\n", x_of(x), y_of(y), colour);
    }
    svg += fmt::format("<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"/>\n", points, colour);
    const double y = kTop + 20 * static_cast<double>(i) + 10;
    svg += fmt::format("<path d=\"M{0} {1}h18\" stroke=\"{2}\" stroke-width=\"2\"/><text x=\"{3}\" y=\"{4}\">{5}</text>\n", right + 15, y, colour,
                       right + 40, y + 4, lines_[i].name);
  }
  std::ofstream out(file);
  out << svg << "</svg>\n";
  return out.good();
}

}  // namespace tidegate::bench
