// `tidegate-sim ibkr`: options of the command line.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace tidegate::sim::ibkr {

/// Adds the subcommand; the returned function runs it once the command line was read, and returns the exit code.
[[nodiscard]] std::function<int()> add_command(CLI::App& app);

}  // namespace tidegate::sim::ibkr
