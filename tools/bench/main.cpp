// tidegate-bench: what the gateway costs, as ratios to plain programs that do the same work in the same run. docs/performance.md reads the tables.
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <utility>

#include "tools/bench/options.hpp"

int main(int argc, char** argv) {
  using tidegate::bench::Options;
  spdlog::set_level(spdlog::level::err);
  Options options;
  CLI::App app{"Measures Tidegate beside plain baselines, in interleaved rounds; prints medians as Markdown tables."};
  app.require_subcommand(1);
  int status = 0;
  const auto part = [&](const char* name, const char* help, std::function<bool()> run) {
    CLI::App* const command = app.add_subcommand(name, help);
    command->add_option("--rounds", options.rounds, "rounds of every contender, interleaved")->check(CLI::Range(1, 1'000))->capture_default_str();
    command->add_option("--seconds", options.seconds, "of one contender in one round")->check(CLI::Range(0.01, 600.0))->capture_default_str();
    command->callback([&status, run = std::move(run)] { status = run() ? 0 : 1; });
    return command;
  };
  const auto all = [&options] {
    bool good = tidegate::bench::run_decode(options);
    good = tidegate::bench::run_decode_packed(options) && good;
    good = tidegate::bench::run_decode_ibkr(options) && good;
    good = tidegate::bench::run_line(options) && good;
    good = tidegate::bench::run_relay(options) && good;
    good = tidegate::bench::run_fanout(options) && good;
    good = tidegate::bench::run_fanout_symbols(options) && good;
    good = tidegate::bench::run_fanout_tls(options) && good;
    good = tidegate::bench::run_fanout_writes(options) && good;
    good = tidegate::bench::run_fanout_deflate(options) && good;
    good = tidegate::bench::run_memory(options) && good;
    good = tidegate::bench::run_storm(options) && good;
    return tidegate::bench::run_ticks(options) && good;
  };
  CLI::App* const decode = part("decode", "reading frames, beside a hand-made scanner, simdjson and RapidJSON",
                                [&] { return run_decode(options) && run_decode_packed(options) && run_decode_ibkr(options); });
  decode->add_option("--frames", options.frames, "a frames file to read instead of made frames")->check(CLI::ExistingFile);
  part("line", "frame to message in an outbox, beside the same around a hand-made scanner", [&] { return run_line(options); });
  CLI::App* const relay =
      part("relay", "latency from broker socket to subscriber socket, beside a bare TCP relay", [&] { return run_relay(options); });
  CLI::App* const fanout = part("fanout", "server CPU per delivery, beside raw servers", [&] { return run_fanout(options); });
  fanout->add_option("--subscribers", options.subscribers, "how many, one size after the other")->check(CLI::Range(1, 1'000'000))->delimiter(',');
  fanout->add_option("--bursts", options.bursts, "records a turn, one after the other")->check(CLI::Range(1, 1'000))->delimiter(',');
  fanout->add_option("--turns-per-second", options.turns_per_second, "at most so many")->check(CLI::Range(1.0, 1e6))->capture_default_str();
  fanout->add_option("--plots", options.plots, "a folder for plots of what it measured")->check(CLI::ExistingDirectory);
  CLI::App* const symbols =
      part("fanout-symbols", "server CPU per delivery of 100 symbols to subscribers of all", [&] { return run_fanout_symbols(options); });
  symbols->add_option("--subscribers", options.symbol_subscribers, "how many, one size after the other")
      ->check(CLI::Range(1, 1'000'000))
      ->delimiter(',');
  part("memory", "resident memory with thousands of idle subscribers", [&] { return run_memory(options); });
  part("storm", "1,000 clients that connect at once, log in and subscribe", [&] { return run_storm(options); });
  part("fanout-tls", "server CPU per delivery over TLS, beside the same server without it", [&] { return run_fanout_tls(options); });
  part("fanout-writes", "server CPU per delivery and latency, by threads that write and by how", [&] { return run_fanout_writes(options); });
  part("fanout-deflate", "server CPU and bytes per delivery compressed, beside the same server without it",
       [&] { return run_fanout_deflate(options); });
  part("ticks", "9,000 instruments of Zerodha in full mode, beside a bare receiver", [&] { return run_ticks(options); });
  part("slow-reader", "one reader of a byte a second among 500: the others' latency, and how it ends", [&] { return run_slow_reader(options); });
  CLI::App* const resume = app.add_subcommand("resume", "a client that drops every second and comes back where it was");
  resume->add_option("--seconds", options.resume_seconds, "of the run")->check(CLI::Range(2, 100'000))->capture_default_str();
  resume->callback([&] { status = run_resume(options) ? 0 : 1; });
  CLI::App* const renewal = app.add_subcommand("renewal", "connections that are renewed every two seconds under load; every trade must come once");
  renewal->add_option("--seconds", options.renewal_seconds, "of the run")->check(CLI::Range(3, 100'000))->capture_default_str();
  renewal->add_option("--rate", options.renewal_rate, "records a second")->check(CLI::Range(10.0, 1e7))->capture_default_str();
  renewal->add_flag("--threads", options.threads, "the gateway in pipeline.mode threads, not inline");
  renewal->callback([&] { status = run_renewal(options) ? 0 : 1; });
  CLI::App* const everything = part("all", "every part", all);
  for (CLI::App* const command : {relay, everything}) command->add_option("--plot", options.plot, "an SVG file for relay's latency against load");
  for (CLI::App* const command : {fanout, symbols, everything})
    command->add_flag("!--no-others", options.others, "leave other makers' servers out even where they are installed");
  CLI11_PARSE(app, argc, argv);
  return status;
}
