// Exchange segments by number and name, and the venues that the gateway knows them by. docs/protocols/xts.md#segments
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "gateway/core/update.hpp"

namespace tidegate::xts {

struct Segment {
  std::uint32_t number;
  std::string_view name;   // in the instrument master
  std::string_view venue;  // of the gateway's symbols; the same as other brokers' adapters use
  bool cash;               // shares and indices; otherwise derivatives
};

inline constexpr std::array<Segment, 15> kSegments = {{
    {1, "NSECM", "NSE", true},
    {2, "NSEFO", "NFO", false},
    {3, "NSECD", "CDS", false},
    {4, "NSECO", "NCO", false},
    {5, "SLBM", "SLB", false},
    {7, "NIFSC", "NSEIX", false},
    {11, "BSECM", "BSE", true},
    {12, "BSEFO", "BFO", false},
    {13, "BSECD", "BCD", false},
    {14, "BSECO", "BCO", false},
    {21, "NCDEX", "NCDEX", false},
    {41, "MSECM", "MSE", true},
    {42, "MSEFO", "MFO", false},
    {43, "MSECD", "MCD", false},
    {51, "MCXFO", "MCX", false},
}};

/// Null: unknown.
constexpr const Segment* find_segment(std::uint32_t number) {
  for (const Segment& segment : kSegments) {
    if (segment.number == number) return &segment;
  }
  return nullptr;
}
constexpr const Segment* find_segment(std::string_view name) {
  for (const Segment& segment : kSegments) {
    if (segment.name == name) return &segment;
  }
  return nullptr;
}

/// The gateway's key for an instrument: ids are unique within their segment only.
constexpr NativeRef native_ref(std::uint32_t segment, std::uint64_t instrument) { return {.segment = segment, .token = instrument}; }

}  // namespace tidegate::xts
