#include "tools/sim/common/command_options.hpp"

#include <CLI/CLI.hpp>
#include <charconv>
#include <utility>

namespace tidegate::sim {
namespace {

/// 250ms, 30s, 5m, 24h.
bool read_duration(const std::string& text, Duration& out) {
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || count < 0 || count > 1'000'000'000) return false;
  const std::string unit{end, text.data() + text.size()};
  if (unit == "ms") {
    out = std::chrono::milliseconds{count};
  } else if (unit == "s") {
    out = std::chrono::seconds{count};
  } else if (unit == "m") {
    out = std::chrono::minutes{count};
  } else if (unit == "h") {
    out = std::chrono::hours{count};
  } else {
    return false;
  }
  return true;
}

}  // namespace

void add_duration(CLI::App& app, const std::string& name, std::function<void(Duration)> set, const std::string& help) {
  app.add_option_function<std::string>(
         name,
         [set = std::move(set), name](const std::string& text) {
           Duration duration{};
           if (!read_duration(text, duration)) throw CLI::ValidationError(name, "a duration such as 250ms, 30s, 5m or 24h is needed, not " + text);
           set(duration);
         },
         help)
      ->type_name("DURATION");
}

}  // namespace tidegate::sim
