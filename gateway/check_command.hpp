// `tidegate check`: is the configuration right, and do the brokers take its credentials?
#pragma once

#include <filesystem>
#include <iosfwd>
#include <span>

#include "brokers/adapter.hpp"
#include "gateway/core/time.hpp"

namespace tidegate {

struct CheckOptions {
  std::filesystem::path config{};
  bool offline = false;               // ask no broker
  Duration deadline{15'000'000'000};  // for all answers together
};

/// The effective configuration goes to `out`, secrets masked; one line for each broker that has credentials to `complaints`. Returns the exit code:
/// 0; 1 when a broker refused its credentials; 2 when the configuration is wrong. A broker that could not be asked is no mistake.
int run_check(const CheckOptions& options, std::span<const Adapter* const> adapters, std::ostream& out, std::ostream& complaints);

}  // namespace tidegate
