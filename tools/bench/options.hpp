#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace tidegate::bench {

struct Options {
  int rounds = 5;
  double seconds = 1;                                               // of each contender in each round
  std::string frames;                                               // decode: a frames file instead of made frames
  std::vector<std::size_t> subscribers{1, 10, 100, 1'000, 10'000};  // fanout: sizes
  std::vector<std::size_t> bursts{1, 32};                           // fanout: records a turn
  std::vector<std::size_t> symbol_subscribers{100, 1'000};          // fanout-symbols: sizes
  double turns_per_second = 1'000;                                  // fanout: at most
  bool others = true;                                               // fanout: other makers' servers too, where installed
  std::string plots;                                                // fanout: a folder for its plots; empty: none
  int resume_seconds = 300;
  int renewal_seconds = 60;
  double renewal_rate = 50'000;  // trades and quotes a second that the simulated venue aims at
  bool threads = false;          // renewal: the gateway in pipeline.mode threads instead of inline
  std::string plot;              // relay: where its picture goes, as SVG; empty: nowhere

  [[nodiscard]] std::chrono::nanoseconds shortest_turn() const {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>{1 / turns_per_second});
  }
  [[nodiscard]] std::chrono::nanoseconds round_time() const {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>{seconds});
  }
};

/// Each part prints its table; false when it could not measure, and it has said why.
bool run_decode(const Options& options);  // and decimals, Zerodha and XTS after it
bool run_decimals(const Options& options);
bool run_decode_kite(const Options& options);
bool run_decode_xts(const Options& options);
bool run_decode_packed(const Options& options);
bool run_decode_ibkr(const Options& options);
bool run_line(const Options& options);
bool run_relay(const Options& options);
bool run_fanout(const Options& options);
bool run_fanout_symbols(const Options& options);
bool run_fanout_tls(const Options& options);
bool run_fanout_writes(const Options& options);
bool run_fanout_deflate(const Options& options);
bool run_ticks(const Options& options);
bool run_memory(const Options& options);
bool run_storm(const Options& options);
bool run_slow_reader(const Options& options);
bool run_resume(const Options& options);
bool run_renewal(const Options& options);

}  // namespace tidegate::bench
