#include "tools/sim/binance/command.hpp"

#include <CLI/CLI.hpp>
#include <memory>

#include "tools/sim/binance/faults.hpp"
#include "tools/sim/binance/server.hpp"
#include "tools/sim/common/command.hpp"

namespace tidegate::sim::binance {
namespace {

struct Arguments {
  BinanceOptions options;
  ListenAddress address;
};

}  // namespace

std::function<int()> add_command(CLI::App& app) {
  auto arguments = std::make_shared<Arguments>();
  BinanceOptions& options = arguments->options;
  CLI::App& command = *app.add_subcommand("binance", "Binance spot and USD-M futures: market streams and public REST");
  add_address(command, arguments->address);
  command.add_option("--market", options.market, "spot, usdm or both; a frames file decides by itself")
      ->check(CLI::IsMember({"spot", "usdm", "both"}))
      ->capture_default_str();
  command.add_option("--frames", options.frames_path, "play this frames file (.jsonl, .jsonl.gz) instead of a generated market")
      ->check(CLI::ExistingFile);
  command.add_option("--rate", options.rate, "speed; 0: as fast as the sockets take it")->check(CLI::NonNegativeNumber)->capture_default_str();
  command.add_option("--seed", options.seed, "of the generated market: the same seed moves the same way")->capture_default_str();
  command.add_option("--symbols", options.symbols, "how many symbols to generate")->check(CLI::Range(1, 5000))->capture_default_str();
  command.add_flag("--loop", options.loop, "play the frames file again when it has ended (connections are closed in between)");
  add_duration(
      command, "--start-after", [&options](Duration d) { options.start_after = d; }, "play once no new subscription has come for so long (1s)");
  command.add_flag("--shuffle-keys", options.shuffle_keys, "members in random order, and members nobody knows");
  command.add_option("--time-scale", options.time_scale, "the venue's own times pass so many times faster")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  add_duration(
      command, "--ping-interval", [&options](Duration d) { options.ping_interval = d; }, "between two pings (20s spot, 3m USD-M)");
  add_duration(
      command, "--pong-timeout", [&options](Duration d) { options.pong_timeout = d; }, "close without a pong (60s, 10m)");
  add_duration(
      command, "--max-age", [&options](Duration d) { options.max_age = d; }, "close a connection so old (24h)");
  add_duration(
      command, "--rest-latency", [&options](Duration d) { options.rest_latency = d; }, "of every REST answer (20ms)");
  command.add_option("--connects-max", options.connects_max, "connections of one address in five minutes")->capture_default_str();
  add_faults(command, options.faults, fault_table());
  return [arguments, &command] { return command.parsed() ? run_server<BinanceServer>("binance", arguments->options, arguments->address) : 0; };
}

}  // namespace tidegate::sim::binance
