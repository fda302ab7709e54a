// The other side of permessage-deflate, by zlib: upgrades with an offer, and messages as a client writes and reads them.
#pragma once

#include <doctest/doctest.h>
#include <zlib.h>

#include <string>
#include <string_view>

#include "tests/net/support.hpp"

namespace tidegate::net::test {

inline constexpr std::string_view kDeflateTail("\x00\x00\xFF\xFF", 4);

inline Bytef* zlib_bytes(const char* bytes) { return reinterpret_cast<Bytef*>(const_cast<char*>(bytes)); }

/// The payload of a compressed message. `before`: text that the peer is taken to remember, to which this may refer.
inline std::string deflated(std::string_view text, std::string_view before = {}) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  if (!before.empty()) REQUIRE(deflateSetDictionary(&stream, zlib_bytes(before.data()), static_cast<uInt>(before.size())) == Z_OK);
  std::string bytes(deflateBound(&stream, static_cast<uLong>(text.size())) + 16, '\0');
  stream.next_in = zlib_bytes(text.data());
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = zlib_bytes(bytes.data());
  stream.avail_out = static_cast<uInt>(bytes.size());
  REQUIRE(deflate(&stream, Z_SYNC_FLUSH) == Z_OK);
  REQUIRE(stream.avail_out > 0);
  bytes.resize(bytes.size() - stream.avail_out);
  deflateEnd(&stream);
  REQUIRE(bytes.ends_with(kDeflateTail));
  bytes.resize(bytes.size() - kDeflateTail.size());
  return bytes;
}

/// The text of a compressed message that refers to none before it, read with a window of 2 to so many bytes.
inline std::string inflated(const std::string& payload, int window_bits = 15) {
  z_stream stream{};
  REQUIRE(inflateInit2(&stream, -window_bits) == Z_OK);
  const std::string bytes = payload + std::string(kDeflateTail);
  std::string text(1U << 20U, '\0');
  stream.next_in = zlib_bytes(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = zlib_bytes(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  CHECK(inflate(&stream, Z_SYNC_FLUSH) == Z_OK);
  CHECK(stream.avail_in == 0);
  text.resize(text.size() - stream.avail_out);
  inflateEnd(&stream);
  return text;
}

/// An upgrade that offers `extensions`; none: without the header.
inline std::string upgrade_request(std::string_view extensions, std::string_view target = "/") {
  std::string request = "GET " + std::string(target) +
                        " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n";
  if (!extensions.empty()) request += "Sec-WebSocket-Extensions: " + std::string(extensions) + "\r\n";
  return request + "\r\n";
}

/// Upgrades, and returns the extensions that the answer names; what follows the answer stays in `received`.
inline std::string upgrade(EventLoop& loop, RawPeer& peer, std::string_view extensions, std::string_view target = "/") {
  peer.send(upgrade_request(extensions, target));
  std::size_t end = std::string::npos;
  REQUIRE(run_until(loop, [&] {
    peer.read();
    end = peer.received.find("\r\n\r\n");
    return end != std::string::npos;
  }));
  const std::string head = peer.received.substr(0, end + 2);
  peer.received.erase(0, end + 4);
  REQUIRE(head.substr(0, 12) == "HTTP/1.1 101");
  constexpr std::string_view kName = "\r\nSec-WebSocket-Extensions: ";
  const std::size_t at = head.find(kName);
  if (at == std::string::npos) return {};
  const std::size_t begin = at + kName.size();
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

}  // namespace tidegate::net::test
