// What the configuration says of the subscribers' side, as the distributor takes it.
#pragma once

#include <string>

#include "distributor/options.hpp"
#include "gateway/config/access_files.hpp"
#include "gateway/config/config.hpp"

namespace tidegate {

/// Somebody could log in.
[[nodiscard]] bool logins_configured(const Config& config);

[[nodiscard]] distributor::DistributorOptions distributor_options(const Config& config, const Access& access, const std::string& epoch);

}  // namespace tidegate
