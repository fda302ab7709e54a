// A file of certificate authorities, looked at before anything connects.
#pragma once

#include <string>
#include <string_view>

namespace tidegate {

/// What is wrong with the text of one ("holds no certificate"), which must be certificates in PEM; empty: nothing.
[[nodiscard]] std::string authorities_problem(std::string_view text);

}  // namespace tidegate
