#pragma once

#include <cstdint>

namespace tidegate::bench {

/// How often the calling thread has called operator new, in any of its forms.
[[nodiscard]] std::uint64_t heap_calls();

}  // namespace tidegate::bench
