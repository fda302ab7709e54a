// tidegate-sim BROKER: the server side of a broker's protocol. Each broker is a subcommand in its own folder.
#include <CLI/CLI.hpp>
#include <functional>
#include <vector>

#include "tools/sim/binance/command.hpp"
#include "tools/sim/ibkr/command.hpp"
#include "tools/sim/xts/command.hpp"
#include "tools/sim/zerodha/command.hpp"

int main(int argc, char** argv) {
  CLI::App app{"Simulates the server side of a broker: recorded frames played again, or a generated market, and faults on demand", "tidegate-sim"};
  app.require_subcommand(1);
  const std::vector<std::function<int()>> commands = {tidegate::sim::binance::add_command(app), tidegate::sim::ibkr::add_command(app),
                                                      tidegate::sim::xts::add_command(app), tidegate::sim::zerodha::add_command(app)};
  CLI11_PARSE(app, argc, argv);
  for (const auto& run : commands) {
    if (const int code = run(); code != 0) return code;
  }
  return 0;
}
