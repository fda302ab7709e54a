#pragma once

#include <string_view>

namespace tidegate {

/// Set by the build from the project's version.
inline constexpr std::string_view kVersion = TIDEGATE_VERSION;

}  // namespace tidegate
