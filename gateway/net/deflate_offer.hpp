// How a client and the server agree on permessage-deflate (RFC 7692, 5 and 7.1). Internal to gateway/net.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tidegate::net {

struct DeflateAgreement {
  bool malformed = false;  // no list of extensions at all (RFC 6455, 9.1)
  /// 8 to 15: the client reads compressed messages that refer back no further than 2 to that many bytes. 0: no compression.
  std::uint8_t window_bits = 0;
  std::string answer{};  // for Sec-WebSocket-Extensions; empty: no such header
};

/// The answer to a Sec-WebSocket-Extensions header, which may be empty: of its offers of permessage-deflate the first with known parameters, each
/// once and with a value that it may have. Neither side keeps its window between messages, so that one compressed message suits every client, and
/// one inflater reads them all.
[[nodiscard]] DeflateAgreement agree_on_deflate(std::string_view header);

}  // namespace tidegate::net
