#include "tests/toy_broker/options.hpp"

namespace tidegate::toy {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;

}  // namespace

// Sections are those of protocol.md.
constinit const OptionSpec kOptions[kOptionCount] = {
    {"names_per_command", OptionType::Integer, "20", "names in one command (section 1)", {}, 1, 20},
    {"commands_per_second", OptionType::Integer, "10", "commands in any second, pongs included (section 1)", {}, 1, 10},
    {"heartbeat_timeout", OptionType::Duration, "10s",
     "no heartbeat for so long: the connection is dead; they come every 3 s (section 2); 0s: not watched"},
    {"data_timeout", OptionType::Duration, "30s",
     "subscribed but nothing except heartbeats for so long: the list is asked for; doubles while the market is quiet; 0s: not watched"},
    {"probe_timeout", OptionType::Duration, "5s", "time for the answer to that; without one the connection is replaced", {}, kMillisecond},
};

Settings::Settings(const BrokerConfig& config)
    : names_per_command(static_cast<std::size_t>(config.integer("names_per_command"))),
      commands_per_second(static_cast<std::size_t>(config.integer("commands_per_second"))),
      heartbeat_timeout(config.duration("heartbeat_timeout")),
      data_timeout(config.duration("data_timeout")),
      probe_timeout(config.duration("probe_timeout")) {}

}  // namespace tidegate::toy
