#include "tools/sim/common/command.hpp"

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

void add_address(CLI::App& command, ListenAddress& address) {
  command.add_option("--host", address.host, "address to listen on")->capture_default_str();
  command.add_option("--port", address.port, "port to listen on; 0 takes a free one")->required();
}

void add_duration(CLI::App& command, const std::string& name, std::function<void(Duration)> set, const std::string& help) {
  command
      .add_option_function<std::string>(
          name,
          [set = std::move(set), name](const std::string& text) {
            Duration duration{};
            if (!read_duration(text, duration)) throw CLI::ValidationError(name, "a duration such as 250ms, 30s, 5m or 24h is needed, not " + text);
            set(duration);
          },
          help)
      ->type_name("DURATION");
}

void add_faults(CLI::App& command, std::vector<std::string>& faults, std::function<std::string(const std::string&)> check, const std::string& help) {
  command.add_option("--fault", faults, "NAME[=ARG]@SECONDS after the first connection; may be repeated")
      ->allow_extra_args(false)
      ->check(std::move(check));
  command.footer("Faults:\n" + help);
}

}  // namespace tidegate::sim
