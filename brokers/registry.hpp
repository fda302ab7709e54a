// The adapters this build knows.
#pragma once

#include <span>
#include <string_view>

#include "brokers/adapter.hpp"

namespace tidegate {

[[nodiscard]] std::span<const Adapter* const> all_adapters();
/// By its `adapter:` name; null when there is none.
[[nodiscard]] const Adapter* find_adapter(std::string_view name);

}  // namespace tidegate
