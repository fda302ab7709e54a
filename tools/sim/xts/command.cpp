#include "tools/sim/xts/command.hpp"

#include <CLI/CLI.hpp>
#include <memory>

#include "tools/sim/common/command.hpp"
#include "tools/sim/xts/faults.hpp"
#include "tools/sim/xts/server.hpp"

namespace tidegate::sim::xts {
namespace {

struct Arguments {
  XtsOptions options;
  ListenAddress address;
};

void add_market_options(CLI::App& command, XtsOptions& options) {
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
  add_duration(
      command, "--flush-interval", [&options](Duration d) { options.flush_interval = d; }, "between two moves of the market (250ms)");
  add_duration(
      command, "--bar-interval", [&options](Duration d) { options.bar_interval = d; }, "length of the bars of 1505 (1m)");
  add_duration(
      command, "--property-interval", [&options](Duration d) { options.property_interval = d; }, "between two bursts of 1105 (1m); 0s: none");
}

void add_rest_options(CLI::App& command, XtsOptions& options) {
  command.add_option("--root", options.roots, "root path; may be repeated (/apimarketdata)")->allow_extra_args(false);
  command.add_option("--binary-root", options.binary_roots, "root path that sends packed packets; may be repeated (/apibinarymarketdata)")
      ->allow_extra_args(false);
  command.add_option("--credentials", options.credentials, "KEY:SECRET that may log in; may be repeated; none: any pair")->allow_extra_args(false);
  command.add_option("--credentials-file", options.credentials_file, "the same, one a line; read again at each login")->check(CLI::ExistingFile);
  add_duration(
      command, "--token-lifetime", [&options](Duration d) { options.token_lifetime = d; }, "of a login (24h)");
  command.add_option("--application-expiry", options.application_expiry_date, "DD-MM-YYYY, as a login tells it")->capture_default_str();
  command.add_option("--subscriptions-max", options.subscriptions_max, "subscriptions of one session, over all codes")->capture_default_str();
  command.add_option("--batch-max", options.batch_max, "instruments of one request")->capture_default_str();
  command.add_option("--subscribe-rate", options.subscribe_per_second, "subscription requests a second; 0: any number")->capture_default_str();
  command.add_option("--quotes-rate", options.quotes_per_second, "quotes requests a second; 0: any number")->capture_default_str();
  command.add_option("--invalid-token-status", options.invalid_token_status, "400 or 401")->capture_default_str();
  command.add_flag("!--no-remaining-count", options.remaining_count, "answers without Remaining_Subscription_Count, as older servers give");
  command.add_flag("--bound-to-root", options.bound_to_root, "a token is good under the root of its login only");
  command.add_flag("--master-needs-token", options.master_needs_token, "no instrument master without a login");
}

void add_socket_options(CLI::App& command, XtsOptions& options) {
  add_duration(
      command, "--ping-interval", [&options](Duration d) { options.ping_interval = d; }, "told to clients, who ping (25s)");
  add_duration(
      command, "--ping-timeout", [&options](Duration d) { options.ping_timeout = d; }, "how long a client may be late with it (60s)");
  command.add_flag("!--no-polling", options.polling, "WebSocket only");
  command.add_option("--refusal", options.refusal, "what a socket with a wrong token gets")
      ->check(CLI::IsMember({"http", "middleware", "after-connect"}))
      ->capture_default_str();
  command.add_option("--refusal-status", options.refusal_status, "of the refusal http")->check(CLI::Range(300, 599))->capture_default_str();
  command.add_flag("!--silent-logout", options.close_replaced, "sockets whose session another login took stay open and silent");
  command.add_flag("--flat", options.flat, "1501 without its Touchline object");
  command.add_flag("--narrow", options.narrow, "packed packets with 32-bit quantities");
  command.add_flag("--deflate", options.deflate, "packed packets with compressed bodies");
  command.add_option("--packets-per-event", options.packets_per_event, "packed packets of one event, at most")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command.add_flag("!--no-market-status", options.market_status, "no 1507 at the start");
  add_faults(command, options.faults, fault_table());
}

}  // namespace

std::function<int()> add_command(CLI::App& app) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App& command = *app.add_subcommand("xts", "XTS market data: Socket.IO 2 over WebSocket and polling, login, subscriptions and lists over REST");
  add_address(command, arguments->address);
  add_market_options(command, arguments->options);
  add_rest_options(command, arguments->options);
  add_socket_options(command, arguments->options);
  return [arguments, &command] { return command.parsed() ? run_server<XtsServer>("xts", arguments->options, arguments->address) : 0; };
}

}  // namespace tidegate::sim::xts
