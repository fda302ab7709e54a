#include "tools/sim/common/faults.hpp"

#include <charconv>

namespace tidegate::sim {
namespace {

constexpr std::size_t kHelpColumn = 36;

/// A whole number from 0 to 1,000,000,000.
bool read_number(std::string_view text, std::int64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size() && out >= 0 && out <= 1'000'000'000;
}

bool is_status(std::int64_t number) { return number >= 300 && number <= 599; }

/// STATUS, and behind the separator, where that is there, a second number.
bool read_status(std::string_view text, char separator, std::int64_t& status, std::int64_t& second) {
  const std::size_t at = text.find(separator);
  return read_number(text.substr(0, at), status) && is_status(status) && (at == std::string_view::npos || read_number(text.substr(at + 1), second));
}

/// Seconds with an optional fraction, to nanoseconds.
bool read_seconds(std::string_view text, std::int64_t& ns) {
  const std::size_t point = text.find('.');
  std::int64_t whole = 0;
  if (!read_number(text.substr(0, point), whole)) return false;
  ns = whole * kSecondNs;
  if (point == std::string_view::npos) return true;
  std::int64_t unit = kSecondNs / 10;
  for (const char c : text.substr(point + 1)) {
    if (c < '0' || c > '9') return false;
    ns += (c - '0') * unit;
    unit /= 10;
  }
  return true;
}

}  // namespace

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

std::string read_fault_values(const FaultForm& form, const FaultText& given, FaultValues& out) {
  using enum FaultArgument;
  out.name = form.name;
  out.at_ns = given.at_ns;
  out.timed = given.timed;
  const std::string name{form.name};
  const std::string wrong = name + "=" + std::string{form.argument_name} + ": ";
  switch (form.argument) {
    case None:
      return given.has_argument ? name + " takes no argument" : "";
    case Text:
      out.text = given.argument;
      return {};
    case Number:
    case NeededNumber:
    case Status:
      out.number = form.fallback;
      if (!given.has_argument && form.argument != NeededNumber) return {};
      if (!read_number(given.argument, out.number)) return wrong + "not a whole number";
      return form.argument != Status || is_status(out.number) ? "" : wrong + "a status from 300 to 599 is needed";
    case StatusForSeconds:
      out.seconds = form.fallback;
      return read_status(given.argument, ':', out.number, out.seconds)
                 ? ""
                 : name + " needs =" + std::string{form.argument_name} + ", a status from 300 to 599";
    case StatusForCount:
      out.count = form.fallback;
      return read_status(given.argument, ',', out.number, out.count) ? "" : wrong + "a status from 300 to 599 is needed";
  }
  return {};
}

std::string fault_help_line(const FaultForm& form) {
  using enum FaultArgument;
  const bool needed = form.argument == NeededNumber || form.argument == StatusForSeconds || form.argument == StatusForCount;
  std::string text = "  " + std::string{form.name};
  if (form.argument != None) text += (needed ? "=" : "[=") + std::string{form.argument_name} + (needed ? "" : "]");
  text.resize(text.size() < kHelpColumn ? kHelpColumn : text.size() + 1, ' ');
  return text + std::string{form.help} + "\n";
}

}  // namespace tidegate::sim
