#include "tools/sim/common/fault_text.hpp"

#include <charconv>

namespace tidegate::sim {
namespace {

constexpr std::size_t kHelpColumn = 36;

/// Seconds with an optional fraction, to nanoseconds.
bool read_seconds(std::string_view text, std::int64_t& ns) {
  const std::size_t point = text.find('.');
  std::int64_t whole = 0;
  if (!read_number(text.substr(0, point), whole)) return false;
  ns = whole * 1'000'000'000;
  if (point == std::string_view::npos) return true;
  std::int64_t unit = 100'000'000;
  for (const char c : text.substr(point + 1)) {
    if (c < '0' || c > '9') return false;
    ns += (c - '0') * unit;
    unit /= 10;
  }
  return true;
}

}  // namespace

bool read_number(std::string_view text, std::int64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size() && out >= 0 && out <= 1'000'000'000;
}

FaultText split_fault(std::string_view text) {
  FaultText out;
  const std::size_t at = text.rfind('@');
  if (at != std::string_view::npos && read_seconds(text.substr(at + 1), out.at_ns)) {
    out.timed = true;
    text = text.substr(0, at);
  }
  const std::size_t equals = text.find('=');
  out.name = text.substr(0, equals);
  out.has_argument = equals != std::string_view::npos;
  if (out.has_argument) out.argument = text.substr(equals + 1);
  return out;
}

std::string fault_help_line(std::string_view name, std::string_view argument_form, std::string_view help) {
  std::string text = "  " + std::string{name} + std::string{argument_form};
  text.resize(text.size() < kHelpColumn ? kHelpColumn : text.size() + 1, ' ');
  return text + std::string{help} + "\n";
}

}  // namespace tidegate::sim
