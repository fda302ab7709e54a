// A second reading of the protocol, made to be compared with and not to be fast: offsets from a table, fields by name, one byte at a time. It shares
// no code with the decoder.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tests/zerodha/update_text.hpp"

namespace tidegate::test::zerodha {

/// A packet's integers by name: "last_price", "buy0_qty"; those of the fixtures' expected values.
using RawPacket = std::map<std::string, std::int64_t>;

struct RawMessage {
  std::vector<RawPacket> packets;  // of the known lengths
  std::uint32_t unknown = 0;       // packets of other lengths
  bool heartbeat = false;
  bool cut_short = false;
  bool trailing = false;
};
RawMessage read_raw(std::string_view message);

/// The lines that DescribingSink should have for a packet.
Lines expected_lines(const RawPacket& packet);

}  // namespace tidegate::test::zerodha
