// `tidegate-sim BROKER`: the options that every simulator has, and its run.
#pragma once

#include <csignal>
#include <cstdint>
#include <functional>
#include <iostream>
#include <span>
#include <string>
#include <vector>

#include "gateway/core/time.hpp"
#include "gateway/net/event_loop.hpp"
#include "tools/sim/common/faults.hpp"

namespace CLI {
class App;
}

namespace tidegate::sim {

struct ListenAddress {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
};

/// --host and --port.
void add_address(CLI::App& command, ListenAddress& address);
/// An option that takes 250ms, 30s, 5m or 24h; `set` receives the duration.
void add_duration(CLI::App& command, const std::string& name, std::function<void(Duration)> set, const std::string& help);
/// --fault; `check` returns an empty text, or what is wrong with one; `help` stands at the end of --help.
void add_faults(CLI::App& command, std::vector<std::string>& faults, std::function<std::string(const std::string&)> check, const std::string& help);
template <class Kind>
void add_faults(CLI::App& command, std::vector<std::string>& faults, std::span<const FaultSpec<Kind>> table) {
  const auto check = [table](const std::string& text) {
    Fault<Kind> fault;
    return parse_fault(table, text, fault);
  };
  add_faults(command, faults, check, fault_help(table));
}

/// Serves until SIGINT or SIGTERM, and returns the exit code. `listening on HOST:PORT` tells that it is ready, and the port that 0 became.
template <class Server, class Options>
int run_server(const std::string& broker, const Options& options, const ListenAddress& address) {
  net::EventLoop loop;
  Server server{loop, options};
  if (const std::string problem = server.listen(address.host, address.port); !problem.empty()) {
    std::cerr << "tidegate-sim " << broker << ": " << problem << '\n';
    return 2;
  }
  if (const std::string summary = server.recording_summary(); !summary.empty()) std::cerr << options.frames_path << ": " << summary << '\n';
  std::cerr << "listening on " << address.host << ':' << server.port() << std::endl;
  loop.on_signals({SIGINT, SIGTERM}, [&loop](int) { loop.stop(); });
  loop.run();
  return 0;
}

}  // namespace tidegate::sim
