#include "tools/sim/zerodha/command.hpp"

#include <CLI/CLI.hpp>
#include <memory>

#include "tools/sim/common/command.hpp"
#include "tools/sim/zerodha/faults.hpp"
#include "tools/sim/zerodha/server.hpp"

namespace tidegate::sim::zerodha {
namespace {

struct Arguments {
  ZerodhaOptions options;
  ListenAddress address;
};

void add_market_options(CLI::App& command, ZerodhaOptions& options) {
  command.add_option("--frames", options.frames_path, "play this frames file (.jsonl, .jsonl.gz) instead of a generated market")
      ->check(CLI::ExistingFile);
  command.add_option("--rate", options.rate, "speed; 0: everything in each flush, or a recording as fast as the sockets take it")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command.add_option("--updates", options.updates_per_second, "updates a second of each generated instrument, times the rate")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command.add_option("--seed", options.seed, "of the generated market: the same seed moves the same way")->capture_default_str();
  command.add_option("--symbols", options.symbols, "how many instruments to generate")->check(CLI::Range(1, 50'000))->capture_default_str();
  command.add_flag("--loop", options.loop, "play the frames file again when it has ended");
  add_duration(
      command, "--start-after", [&options](Duration d) { options.start_after = d; }, "play once no new subscription has come for so long (1s)");
}

void add_broker_options(CLI::App& command, ZerodhaOptions& options) {
  command.add_option("--credentials", options.credentials, "KEY:TOKEN that may connect; may be repeated; none: any pair")->allow_extra_args(false);
  command.add_option("--credentials-file", options.credentials_file, "the same, one a line; read again at each connection")->check(CLI::ExistingFile);
  command.add_option("--api-secret", options.api_secret, "for the checksum of POST /session/token")->capture_default_str();
  command.add_option("--redirect-url", options.redirect_url, "where GET /connect/login leads; without it, a page");
  command.add_option("--connections-max", options.connections_max, "connections of one key; one more is refused with 429")->capture_default_str();
  command.add_option("--instruments-max", options.instruments_max, "instruments of one connection")->capture_default_str();
  add_duration(
      command, "--heartbeat-interval", [&options](Duration d) { options.heartbeat_interval = d; }, "between two heartbeats (3s)");
  add_duration(
      command, "--flush-interval", [&options](Duration d) { options.flush_interval = d; }, "between two messages of data (250ms)");
  command.add_flag("--app-code", options.app_code, "greet with app_code too");
  command.add_option("--meta-count", options.meta_count, "count in instruments_meta; below zero: the length of the list")->capture_default_str();
  command.add_flag("!--no-snapshots", options.snapshots, "no packet at once when something is subscribed");
  command.add_flag("--subscribe-resets-mode", options.subscribe_resets_mode, "a repeated subscribe goes back to quote mode");
  command.add_flag("--unknown-token-error", options.unknown_token_error, "an error text for tokens that nobody knows");
  add_faults(command, options.faults, fault_table());
}

}  // namespace

std::function<int()> add_command(CLI::App& app) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App& command = *app.add_subcommand("zerodha", "Zerodha Kite Connect: the ticker WebSocket, instruments and login over REST");
  add_address(command, arguments->address);
  add_market_options(command, arguments->options);
  add_broker_options(command, arguments->options);
  return [arguments, &command] { return command.parsed() ? run_server<ZerodhaServer>("zerodha", arguments->options, arguments->address) : 0; };
}

}  // namespace tidegate::sim::zerodha
