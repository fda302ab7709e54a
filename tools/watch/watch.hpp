// `tidegate watch`: a client of the gateway. A live table on a terminal, one JSON message a line when piped.
#pragma once

#include <string>
#include <vector>

namespace tidegate {

struct WatchOptions {
  std::string url = "ws://127.0.0.1:7410/ws";  // a bare HOST:PORT will do
  std::string token;                           // empty: none
  std::vector<std::string> channels;           // empty: of ticker, quote and trade those that the symbol has
  std::vector<std::string> symbols;
  bool allow_delayed = false;  // data that a broker delays deliberately is shown, too
  std::string ca_file{};       // authorities for wss://; empty: the system's
};

/// Watches until SIGINT or SIGTERM, reconnecting by itself. Returns the exit code: 0 when told to stop, 1 when the gateway refuses for good,
/// 2 for options that cannot work.
[[nodiscard]] int run_watch(const WatchOptions& options);

}  // namespace tidegate
