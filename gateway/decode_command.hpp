// `tidegate decode`: recorded frames in, data messages out. The same decoders, normalizer and encoder as live, without network or clock.
#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <string>

#include "gateway/core/demand.hpp"

namespace tidegate {

struct DecodeOptions {
  std::string broker;            // an adapter's name, or with a configuration the name of one of its brokers
  std::filesystem::path frames;  // .jsonl or .jsonl.gz
  std::filesystem::path config;  // empty: the adapter's defaults, and what the recording gives away
  std::uint16_t depth = kDefaultDepth;
};

/// Messages go to `out`, one a line; a summary, and what could not be read, to `complaints`. Returns the exit code: 0, or 2 when the broker, the
/// configuration or the file cannot be used.
int run_decode(const DecodeOptions& options, std::ostream& out, std::ostream& complaints);

}  // namespace tidegate
