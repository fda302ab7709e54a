#pragma once

#include <string>

namespace tidegate::test {

/// A decimal as the gateway writes it: no zeros at the end of a fraction.
[[nodiscard]] inline std::string canonical_decimal(std::string value) {
  if (value.find('.') == std::string::npos) return value;
  while (value.back() == '0') value.pop_back();
  if (value.back() == '.') value.pop_back();
  return value;
}

}  // namespace tidegate::test
