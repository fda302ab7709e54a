// A crowd that connects all at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace tidegate::bench {

struct StormScript {
  std::size_t clients = 0;
  std::uint16_t port = 0;
  std::function<std::string(std::size_t)> request;  // a client's upgrade
  std::string after_upgrade;                        // a frame; empty: the client has what it wants once it is upgraded
  std::string last_words;                           // in the answer to that frame
};

/// Microseconds from the first connect() to the last client's answer; 0: not all of them got it in 20 s. On the calling thread, all at once.
[[nodiscard]] double run_storm_clients(const StormScript& script);

}  // namespace tidegate::bench
