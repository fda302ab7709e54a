// Kinds of command-line options that every simulator has.
#pragma once

#include <functional>
#include <string>

#include "gateway/core/time.hpp"

namespace CLI {
class App;
}

namespace tidegate::sim {

/// An option that takes 250ms, 30s, 5m or 24h; `set` receives the duration.
void add_duration(CLI::App& app, const std::string& name, std::function<void(Duration)> set, const std::string& help);

}  // namespace tidegate::sim
