// Frames of the socket: events in each of their wrappings, transport, attachments.
#include <doctest/doctest.h>

#include "brokers/xts/decoder.hpp"
#include "tests/xts/messages.hpp"
#include "tests/xts/update_text.hpp"

using namespace tidegate;
using namespace tidegate::test::xts;
using tidegate::xts::FrameDecoder;

namespace {

Outcome once(const RawFrame& frame) {
  FrameDecoder decoder{{}};
  return decode(decoder, frame);
}
const std::string kTicker = "ticker 1_7001 at 1765513003s float price=812.4 last_quantity=3";

void append_little_endian(std::string& out, std::uint64_t value, int bytes) {
  for (; bytes > 0; --bytes, value >>= 8U) out += static_cast<char>(value);
}

/// A packed 1510 in the wide layout, without the Engine.IO byte.
std::string open_interest_packet() {
  std::string body;
  append_little_endian(body, 1510, 2);
  append_little_endian(body, 4, 2);   // version
  append_little_endian(body, 0, 22);  // application, token, sequence, skipped bytes
  append_little_endian(body, 2, 2);
  append_little_endian(body, 52001, 4);
  append_little_endian(body, 1450000002, 8);
  append_little_endian(body, 1, 2);  // market type
  append_little_endian(body, 880750, 8);
  append_little_endian(body, 0, 10);  // underlying
  append_little_endian(body, 0, 1);   // no name
  append_little_endian(body, 0, 8);
  std::string packet(1, '\0');
  append_little_endian(packet, 1510, 2);
  append_little_endian(packet, 2, 2);
  append_little_endian(packet, 52001, 4);
  append_little_endian(packet, 1, 2);
  append_little_endian(packet, 1, 2);
  append_little_endian(packet, body.size(), 2);
  return packet + body;
}
const std::string kPackedLine = "ticker 2_52001 at 1765513002s float interest=880750 change as sent";

}  // namespace

TEST_CASE("xts decoder: an argument may be a string, an object, or an array of either") {
  CHECK(once(text_frame(event("1512-json-full", as_json_text(last_price())))).lines == Lines{kTicker});
  CHECK(once(text_frame(event("1512-json-full", last_price()))).lines == Lines{kTicker});
  CHECK(once(text_frame(event("1512-json-full", "[" + as_json_text(last_price()) + "]"))).lines == Lines{kTicker});
  CHECK(once(text_frame(event("1512-json-full", "[" + last_price() + " , " + as_json_text(last_price()) + " ]"))).lines == Lines{kTicker, kTicker});
}
TEST_CASE("xts decoder: a message alone in its frame is read") { CHECK(once(text_frame(last_price())).lines == Lines{kTicker}); }
TEST_CASE("xts decoder: spaces and further arguments do no harm") {
  CHECK(once(text_frame("42 [ \"1512-json-full\" , " + as_json_text(last_price()) + " ] ")).lines == Lines{kTicker});
  CHECK(once(text_frame("42[\"1512-json-full\"," + as_json_text(last_price()) + ",\"more\"]")).lines == Lines{kTicker});
}
TEST_CASE("xts decoder: what was good before a fault in the same frame is kept") {
  const Outcome outcome = once(text_frame(event("1512-json-full", "[" + last_price() + R"(,"{",{},17])")));
  CHECK(outcome.lines == Lines{kTicker});
  CHECK(outcome.decoded.bad == 3);
  CHECK(outcome.decoded.error.reason == Reason::BadJson);
}
TEST_CASE("xts decoder: an empty array and an unknown event are ignored, an event without argument is bad") {
  CHECK(once(text_frame(event("1512-json-full", "[]"))).decoded.ignored == 1);
  CHECK(once(text_frame(event("1512-binary-full", "\"x\""))).decoded.ignored == 1);
  CHECK(once(text_frame(event("5018-json-full", R"("{\"MessageCode\":5018}")"))).decoded.ignored == 1);
  CHECK(once(text_frame("42/other," + event("1512-json-full", as_json_text(last_price())).substr(2))).decoded.ignored == 1);
  CHECK(once(text_frame(R"(42["1512-json-full"])")).decoded.bad == 1);
}
TEST_CASE("xts decoder: transport is control") {
  for (const std::string_view text : {R"(0{"sid":"abc","pingInterval":25000})", "40", "41", R"(44"Invalid Token")", "1", "2", "3", "3probe", "6",
                                      R"(42["joined","welcome"])", R"(42["logout","by another user"])"}) {
    CAPTURE(std::string{text});
    const Outcome outcome = once(text_frame(std::string{text}));
    CHECK(outcome.decoded.control == 1);
    CHECK(outcome.decoded.bad + outcome.decoded.ignored + outcome.decoded.updates == 0);
  }
}
TEST_CASE("xts decoder: texts that are no packet are bad") {
  for (const std::string_view text : {"", "x", "9", "4", "42", "42[", "42[]", R"(42["])", R"(42[""])", R"(42["","])", R"(42["a","])",
                                      R"(42["1512-json-full",)", R"(42["1512-json-full","{"])", "<html>"}) {
    CAPTURE(std::string{text});
    CHECK(once(text_frame(std::string{text})).decoded.bad == 1);
  }
}

TEST_CASE("xts decoder: an attachment is read behind its announcement, without one, and without the Engine.IO byte") {
  FrameDecoder decoder{{}};
  CHECK(decode(decoder, text_frame(R"(451-["xts-binary-packet",{"_placeholder":true,"num":0}])")).decoded.control == 1);
  CHECK(decode(decoder, binary_frame("\x04" + open_interest_packet())).lines == Lines{kPackedLine});
  CHECK(decode(decoder, binary_frame("\x04" + open_interest_packet())).lines == Lines{kPackedLine});
  CHECK(decode(decoder, binary_frame(open_interest_packet())).lines == Lines{kPackedLine});
}
TEST_CASE("xts decoder: attachments of another event are ignored, and only they") {
  FrameDecoder decoder{{}};
  decode(decoder, text_frame(R"(452-["other",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])"));
  CHECK(decode(decoder, binary_frame("\x04" + open_interest_packet())).decoded.ignored == 1);
  CHECK(decode(decoder, binary_frame("\x04" + open_interest_packet())).decoded.ignored == 1);
  CHECK(decode(decoder, binary_frame("\x04" + open_interest_packet())).lines == Lines{kPackedLine});
}
TEST_CASE("xts decoder: announced attachments that did not come are forgotten with the next text, and with the session") {
  FrameDecoder decoder{{}};
  decode(decoder, text_frame(R"(451-["other",{"_placeholder":true,"num":0}])"));
  decode(decoder, text_frame("3"));
  CHECK(decode(decoder, binary_frame("\x04" + open_interest_packet())).lines == Lines{kPackedLine});
  decode(decoder, text_frame(R"(451-["other",{"_placeholder":true,"num":0}])"));
  RawFrame next = binary_frame("\x04" + open_interest_packet());
  next.session = 1;
  CHECK(decode(decoder, next).lines == Lines{kPackedLine});
}
TEST_CASE("xts decoder: attachments belong to the connection that announced them") {
  FrameDecoder decoder{{}};
  decode(decoder, text_frame(R"(451-["other",{"_placeholder":true,"num":0}])"));
  RawFrame other = binary_frame("\x04" + open_interest_packet());
  other.connection = ConnectionId{1};
  CHECK(decode(decoder, other).lines == Lines{kPackedLine});
}
TEST_CASE("xts decoder: binary frames that hold no packet are bad") {
  for (const std::string& bytes :
       {std::string{}, std::string{"\x04"}, std::string{"\x05zzz"}, std::string{"\x04\x04"} + open_interest_packet(), std::string{"\xFFzz"}}) {
    CHECK(once(binary_frame(bytes)).decoded.bad == 1);
    CHECK(once(binary_frame(bytes)).lines.empty());
  }
}
