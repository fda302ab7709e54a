// A plain decoder of one Full JSON message by way of a document tree, to hold the real one against.
#pragma once

#include <cstdint>
#include <string>

#include "tests/xts/update_text.hpp"

namespace tidegate::test::xts {

struct Reference {
  Lines lines;
  std::uint32_t ignored = 0, bad = 0;
};

/// `json` as one message; no receive time, all options at their defaults.
Reference reference_decode(const std::string& json);

}  // namespace tidegate::test::xts
