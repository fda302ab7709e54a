#include "tools/sim/ibkr/command.hpp"

#include <CLI/CLI.hpp>
#include <memory>

#include "tools/sim/common/command.hpp"
#include "tools/sim/ibkr/faults.hpp"
#include "tools/sim/ibkr/server.hpp"

namespace tidegate::sim::ibkr {
namespace {

struct Arguments {
  IbkrOptions options;
  ListenAddress address;
};

void add_market_options(CLI::App& command, IbkrOptions& options) {
  command.add_option("--frames", options.frames_path, "play this frames file (.jsonl, .jsonl.gz) instead of a generated market")
      ->check(CLI::ExistingFile);
  command.add_option("--rate", options.rate, "speed; 0: everything on every grid, or a recording as fast as the sockets take it")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command.add_option("--updates", options.updates_per_second, "updates a second of each generated instrument, times the rate")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command.add_option("--seed", options.seed, "of the generated market: the same seed moves the same way")->capture_default_str();
  command.add_option("--symbols", options.symbols, "how many contracts to generate; the well-known ones are always there")
      ->check(CLI::Range(1, 50'000))
      ->capture_default_str();
  command.add_flag("--loop", options.loop, "play the frames file again when it has ended");
  add_duration(
      command, "--start-after", [&options](Duration d) { options.start_after = d; }, "play once no new subscription has come for so long (1s)");
}

void add_login_options(CLI::App& command, IbkrOptions& options) {
  command.add_flag("!--logged-out", options.logged_in, "nobody is logged in at the start");
  add_duration(
      command, "--login-after", [&options](Duration d) { options.login_after = d; }, "of --logged-out: somebody logs in so much later");
  command.add_flag("--needs-init", options.needs_init, "the brokerage session waits for iserver/auth/ssodh/init");
  add_duration(
      command, "--init-delay", [&options](Duration d) { options.init_delay = d; }, "from ssodh/init to an open brokerage session (0s)");
  add_duration(
      command, "--session-timeout", [&options](Duration d) { options.session_timeout = d; }, "the brokerage session ends without requests (6m)");
  command.add_flag("--no-session-401", options.no_session_401, "tickle answers 401 when nobody is logged in, instead of an error in a 200");
  command.add_flag("--refuse-bad-session", options.refuse_bad_session,
                   "a wrong session refuses the socket with 401, instead of closing it with 1000");
  command.add_option("--account", options.account, "of the user")->capture_default_str();
  command.add_option("--rest-rate", options.rest_rate, "requests a second; more are answered 429; 0: no limit")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
}

void add_security_options(CLI::App& command, IbkrOptions& options) {
  command.add_flag("--tls", options.tls, "speak https and wss");
  command.add_option("--certificate", options.certificate_file, "PEM; without it, one is made at the start for localhost and 127.0.0.1")
      ->check(CLI::ExistingFile);
  command.add_option("--private-key", options.private_key_file, "PEM, of the certificate")->check(CLI::ExistingFile);
  command.add_option("--write-certificate", options.write_certificate, "write the certificate here, for clients to trust");
  command.add_option("--oauth-consumer-key", options.oauth.consumer_key, "demand OAuth 1.0a of this consumer");
  command.add_option("--oauth-access-token", options.oauth.access_token, "of the consumer");
  command.add_option("--oauth-access-token-secret", options.oauth.access_token_secret, "decrypted, in hexadecimal");
  command.add_option("--oauth-signature-key", options.oauth.signature_key_file, "public RSA key of the consumer, PEM")->check(CLI::ExistingFile);
  command.add_option("--oauth-dh-param", options.oauth.dh_param_file, "Diffie-Hellman parameters of the consumer, PEM")->check(CLI::ExistingFile);
  command.add_option("--oauth-live-session-token", options.oauth.live_session_token, "base64; valid from the start on");
  command.add_option("--oauth-realm", options.oauth.realm, "of the header")->capture_default_str();
}

void add_socket_options(CLI::App& command, IbkrOptions& options) {
  add_duration(
      command, "--greeting-delay", [&options](Duration d) { options.greeting_delay = d; }, "from the socket's session to system, act, sts (200ms)");
  add_duration(
      command, "--heartbeat-interval", [&options](Duration d) { options.heartbeat_interval = d; }, "between two heartbeats (10s)");
  add_duration(
      command, "--grid", [&options](Duration d) { options.grid = d; }, "between two updates of a stream (500ms)");
  add_duration(
      command, "--snapshot-delay", [&options](Duration d) { options.snapshot_delay = d; }, "from smd to the full set (150ms)");
  add_duration(
      command, "--stream-life", [&options](Duration d) { options.stream_life = d; }, "a stream ends silently so long after its last smd (15m)");
  command.add_option("--lines", options.lines_max, "market data lines; streams above stay silent")->capture_default_str();
  auto* const text = command.add_flag_callback(
      "--text", [&options] { options.frames = Frames::Text; }, "frames leave as text, not binary");
  command
      .add_flag_callback(
          "--mixed", [&options] { options.frames = Frames::Mixed; }, "text and binary in turn")
      ->excludes(text);
  command.add_flag("!--ordered-keys", options.shuffle_keys, "keys always in the same order");
  command.add_flag("!--one-snapshot", options.snapshot_twice, "the full set once, not twice");
  command.add_flag("--bare-first", options.bare_first, "the first frame of a stream holds 6509 only");
  command.add_flag("!--no-renewal-snapshots", options.renewal_snapshots, "a repeated smd brings no full set");
  command.add_flag("!--no-extras", options.extras, "neither 6508 nor empty frames now and then");
  command.add_flag("--numbers", options.numbers, "bid and ask as JSON numbers");
  command.add_option("--tic-answers", options.tic_answers, "copies of the answer to tic")->check(CLI::Range(0, 16))->capture_default_str();
  add_faults(command, options.faults, fault_table());
}

}  // namespace

std::function<int()> add_command(CLI::App& app) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App& command = *app.add_subcommand("ibkr", "Interactive Brokers, Web API: session, contracts and the socket of market data");
  add_address(command, arguments->address);
  add_market_options(command, arguments->options);
  add_login_options(command, arguments->options);
  add_security_options(command, arguments->options);
  add_socket_options(command, arguments->options);
  return [arguments, &command] { return command.parsed() ? run_server<IbkrServer>("ibkr", arguments->options, arguments->address) : 0; };
}

}  // namespace tidegate::sim::ibkr
