// Texts of Engine.IO 3 and Socket.IO 2, taken apart.
#include <doctest/doctest.h>

#include <string>

#include "brokers/xts/socket_io.hpp"

using namespace tidegate;
using namespace tidegate::xts;

namespace {

/// "type namespace attachments payload", or the reason.
std::string parsed(std::string_view text) {
  const auto packet = parse_packet(text);
  if (!packet.ok()) return std::string{to_text(packet.error().reason)};
  constexpr std::string_view kNames[] = {"open", "close", "ping",         "pong",       "connect", "disconnect", "event",
                                         "ack",  "error", "binary event", "binary ack", "upgrade", "noop"};
  std::string out{kNames[static_cast<std::size_t>(packet->type)]};
  if (packet->name_space != "/") out += " in " + std::string{packet->name_space};
  if (packet->attachments != 0) out += " with " + std::to_string(packet->attachments);
  return packet->payload.empty() ? out : out + ": " + std::string{packet->payload};
}

}  // namespace

TEST_CASE("xts socket: every type is told by its digits, whoever sends it") {
  CHECK(parsed(R"(0{"sid":"a"})") == R"(open: {"sid":"a"})");
  CHECK(parsed("1") == "close");
  CHECK(parsed("2") == "ping");
  CHECK(parsed("2probe") == "ping: probe");
  CHECK(parsed("3") == "pong");
  CHECK(parsed("3probe") == "pong: probe");
  CHECK(parsed("40") == "connect");
  CHECK(parsed("41") == "disconnect");
  CHECK(parsed(R"(42["joined","x"])") == R"(event: ["joined","x"])");
  CHECK(parsed(R"(43["x"])") == R"(ack: ["x"])");
  CHECK(parsed(R"(44"Invalid Token")") == R"(error: "Invalid Token")");
  CHECK(parsed(R"(44{"message":"x"})") == R"(error: {"message":"x"})");
  CHECK(parsed(R"(451-["p",{"_placeholder":true,"num":0}])") == R"(binary event with 1: ["p",{"_placeholder":true,"num":0}])");
  CHECK(parsed(R"(462-["x"])") == R"(binary ack with 2: ["x"])");
  CHECK(parsed("5") == "upgrade");
  CHECK(parsed("6") == "noop");
}

TEST_CASE("xts socket: a namespace stands before a comma, which may be missing where nothing follows") {
  CHECK(parsed("40/") == "connect");
  CHECK(parsed("40/,") == "connect");
  CHECK(parsed("40/foo") == "connect in /foo");
  CHECK(parsed("40/foo?token=1,") == "connect in /foo?token=1");
  CHECK(parsed("41/foo,") == "disconnect in /foo");
  CHECK(parsed(R"(42/foo,["a",1])") == R"(event in /foo: ["a",1])");
  CHECK(parsed(R"(44/foo,"Invalid namespace")") == R"(error in /foo: "Invalid namespace")");
  CHECK(parsed(R"(451-/foo,["a"])") == R"(binary event in /foo with 1: ["a"])");
  CHECK(parsed("42/foo") == "event in /foo");
}

TEST_CASE("xts socket: ids of acknowledgements are skipped") {
  CHECK(parsed(R"(4212["a"])") == R"(event: ["a"])");
  CHECK(parsed(R"(42/foo,0["a"])") == R"(event in /foo: ["a"])");
  CHECK(parsed(R"(431[])") == "ack: []");
  CHECK(parsed(R"(451-/foo,99999999999999999999999["a"])") == R"(binary event in /foo with 1: ["a"])");
  CHECK(parsed("4217") == "event");
}

TEST_CASE("xts socket: attachment counts are digits before a dash, and bounded") {
  CHECK(parsed("450-[]") == "binary event: []");
  CHECK(parsed("45256-[]") == "binary event with 256: []");
  for (const char* text :
       {"45", "45-", "45-[]", "451", "451[]", "45257-[]", "4599999999999999999999-[]", "45+1-[]", "45-1-[]", "45 1-[]", "451.0-[]", "46x-[]"}) {
    CAPTURE(text);
    CHECK(parsed(text) == "bad_integer");
  }
}

TEST_CASE("xts socket: what is no packet is refused") {
  for (const std::string& text :
       {std::string{}, std::string{"4"}, std::string{"47"}, std::string{"4x"}, std::string{"7"}, std::string{"9"}, std::string{"x"},
        std::string{" 42[]"}, std::string{"-1"}, std::string{"b4AAAA"}, std::string{"\0", 1}, std::string{"\xFF"}}) {
    CAPTURE(text);
    CHECK(parsed(text) == "bad_shape");
  }
}

TEST_CASE("xts socket: every text of up to three bytes is refused or taken apart, and what is left lies within it") {
  std::size_t refused = 0;
  for (std::uint32_t i = 0; i < 1U << 24U; i += i < 1U << 16U ? 1 : 251) {  // all of two bytes, some of three
    const char bytes[3] = {static_cast<char>(i), static_cast<char>(i >> 8U), static_cast<char>(i >> 16U)};
    const std::string_view text{bytes, i < 1U << 16U ? 2U : 3U};
    const auto packet = parse_packet(text);
    if (!packet.ok()) {
      ++refused;
      continue;
    }
    REQUIRE(packet->payload.data() >= text.data());
    REQUIRE(packet->payload.data() + packet->payload.size() == text.data() + text.size());
  }
  CHECK(refused > 0);
}
