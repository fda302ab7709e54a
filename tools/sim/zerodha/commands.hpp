// What clients send: {"a": action, "v": value}, read as JSON, since clients differ in spaces and in the order of keys.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "tools/sim/zerodha/packets.hpp"

namespace tidegate::sim::zerodha {

enum class Action : std::uint8_t {
  Nothing,  // what cannot be read, or means nothing to the broker: ignored without a word
  Subscribe,
  Unsubscribe,
  SetMode,
};

struct Command {
  Action action = Action::Nothing;
  Mode mode = Mode::Quote;            // SetMode
  std::vector<std::uint32_t> tokens;  // those sent as numbers; others are left out
};

[[nodiscard]] Command read_command(std::string_view text);

}  // namespace tidegate::sim::zerodha
