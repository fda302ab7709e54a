// The command line: subcommands, wiring, exit codes. 0: done; 1: failed while running; 2: wrong configuration or usage.
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <iostream>

#include "brokers/registry.hpp"
#include "gateway/check_command.hpp"
#include "gateway/config/config.hpp"
#include "gateway/decode_command.hpp"
#include "gateway/log.hpp"
#include "gateway/login_command.hpp"
#include "gateway/pipeline.hpp"
#include "gateway/token_command.hpp"
#include "gateway/version.hpp"
#include "tools/watch/watch.hpp"

namespace tidegate {
namespace {

constexpr int kUsage = 2;

/// The name of a broker that cannot be connected to; empty: none.
std::string broker_without_session(const Config& config) {
  for (const BrokerConfig& broker : config.brokers) {
    if (adapter_of(config, broker.id).make_session == nullptr) return broker.name;
  }
  return {};
}

int run(const std::string& path) {
  Config config = load_config(path, all_adapters());
  if (const std::string name = broker_without_session(config); !name.empty()) {
    std::cerr << path << ": brokers." << name
              << ": its adapter reads recordings only and cannot connect; take this broker out to run the gateway, or use `tidegate decode`\n";
    return kUsage;
  }
  set_up_log(config.log);
  const std::string host = config.server.listen.host;
  for (const std::string& warning : config.warnings) spdlog::warn("{}", warning);
  const SystemClock clock;
  Pipeline pipeline{std::move(config), clock};
  if (const std::string problem = pipeline.start(); !problem.empty()) {
    std::cerr << problem << '\n';
    return 1;
  }
  pipeline.loop().on_signals({SIGTERM, SIGINT}, [&](int signal) { pipeline.stop(signal == SIGTERM ? "stopped by SIGTERM" : "stopped by SIGINT"); });
  pipeline.read_configuration = [path] {
    LoadOptions options;
    options.ask_sources = false;  // brokers ask them when they connect, and nobody may wait for them here
    return load_config(path, all_adapters(), options);
  };
  pipeline.loop().on_signals({SIGHUP}, [&](int) { static_cast<void>(pipeline.reload()); });
  const bool bare_ipv6 = host.find(':') != std::string::npos;
  std::cerr << "listening on " << (bare_ipv6 ? "[" + host + "]" : host) << ':' << pipeline.port() << std::endl;
  pipeline.run();
  return 0;
}

/// "full", or levels a side.
std::uint16_t parse_depth(const std::string& text) {
  if (text == "full") return kFullDepth;
  std::uint16_t depth = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), depth);
  if (error != std::errc{} || end != text.data() + text.size() || depth == 0 || depth > 10'000) {
    throw CLI::ValidationError{"--depth", "must be a number of levels from 1 to 10000, or full"};
  }
  return depth;
}

int main_of(int argc, char** argv) {
  CLI::App app{"Tidegate, a market-data gateway: many brokers in, one feed out."};
  app.set_version_flag("--version", "tidegate " + std::string{kVersion});
  app.require_subcommand(1);

  std::string config;
  CLI::App* const run_command = app.add_subcommand("run", "run the gateway");
  run_command->add_option("--config", config, "configuration (YAML)")->required();
  CLI::App* const check_command =
      app.add_subcommand("check", "validate a configuration, print what it comes to, secrets masked, and try its credentials");
  CheckOptions check;
  check_command->add_option("--config", config, "configuration (YAML)")->required();
  check_command->add_flag("--offline", check.offline, "ask no broker whether it takes the credentials");

  LoginOptions login;
  CLI::App* const login_command = app.add_subcommand("login", "log in at a broker where a person has to, and store the access token");
  login_command->add_option("broker", login.broker, "its name in the configuration")->required();
  login_command->add_option("--config", config, "configuration (YAML)")->required();
  login_command->add_option("--request-token", login.request_token, "what the login page ended at, instead of pasting it");
  login_command->add_option("--output", login.output, "file for the access token, instead of the one that the configuration names");

  TokenOptions token;
  CLI::App* const token_command = app.add_subcommand("token", "make a login token and its entry for the tokens file");
  token_command->add_option("--user", token.user, "whose it is");
  token_command->add_option("--role", token.roles, "a role of the user with this token; may be repeated")->allow_extra_args(false);
  token_command->add_option("--plan", token.plan, "a plan under server.plans");
  token_command->add_option("--expires", token.expires, "90d, 12h, or a time in UTC such as 2027-01-31T18:00:00Z; default: never");
  token_command->add_flag("--hash", token.hash, "read a token from standard input and print its SHA-256; makes none");

  WatchOptions watch;
  CLI::App* const watch_command = app.add_subcommand("watch", "show live prices: a table on a terminal, JSON lines when piped");
  watch_command->add_option("--url", watch.url, "the gateway's WebSocket")->capture_default_str();
  watch_command->add_option("--token", watch.token, "login token");
  watch_command->add_option("--ca-file", watch.ca_file, "authorities to trust at a wss:// address instead of the system's (PEM)");
  watch_command->add_option("--channel", watch.channels, "trade, quote, orderbook, ticker, candle_1m, ...; may be repeated")->allow_extra_args(false);
  watch_command->add_flag("--allow-delayed", watch.allow_delayed, "show data that the broker delays deliberately, too");
  watch_command->add_option("symbols", watch.symbols, "VENUE:SYMBOL, such as BINANCE:BTCUSDT")->required();

  DecodeOptions decode;
  std::string depth = std::to_string(kDefaultDepth);
  CLI::App* const decode_command = app.add_subcommand("decode", "turn a recording into data messages, offline");
  decode_command->add_option("broker", decode.broker, "adapter, or a broker of the configuration")->required();
  decode_command->add_option("frames", decode.frames, "frames file, .jsonl or .jsonl.gz")->required();
  decode_command->add_option("--config", config, "configuration (YAML)");
  decode_command->add_option("--depth", depth, "order book levels a side, or full")->capture_default_str();

  try {
    app.parse(argc, argv);
    check.config = login.config = decode.config = config;
    decode.depth = parse_depth(depth);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }

  try {
    if (run_command->parsed()) return run(config);
    if (check_command->parsed()) return run_check(check, all_adapters(), std::cout, std::cerr);
    if (login_command->parsed()) return run_login(login, all_adapters(), std::cin, std::cout, std::cerr);
    if (token_command->parsed()) return run_token(token, SystemClock{}.utc(), std::cin, std::cout, std::cerr);
    if (watch_command->parsed()) return run_watch(watch);
    return run_decode(decode, std::cout, std::cerr);
  } catch (const ConfigError& error) {
    std::cerr << error.what() << '\n';
    return kUsage;
  }
}

}  // namespace
}  // namespace tidegate

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  return tidegate::main_of(argc, argv);
}
