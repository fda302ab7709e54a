// The open packet, and answers of the long-polling transport.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "brokers/xts/socket_io.hpp"

using namespace tidegate;
using namespace tidegate::xts;

namespace {

/// "sid interval/timeout", or the reason and its field.
std::string opened(const std::string& payload) {
  const auto open = parse_open(payload);
  if (!open.ok()) return std::string{to_text(open.error().reason)} + " " + std::string{open.error().field};
  return open->sid + " " + std::to_string(open->ping_interval_ms) + "/" + std::to_string(open->ping_timeout_ms) +
         (open->can_upgrade ? " upgrade" : "");
}

struct Poll {
  std::vector<std::string> packets;
  bool failed = false;
  bool operator==(const Poll&) const = default;
};
Poll polled(std::string_view body) {
  Poll poll;
  PollingReader reader{body};
  for (std::string_view packet; reader.next(packet);) poll.packets.emplace_back(packet);
  poll.failed = reader.failed();
  std::string_view packet;
  CHECK_FALSE(reader.next(packet));
  return poll;
}
std::ostream& operator<<(std::ostream& out, const Poll& poll) {
  for (const std::string& packet : poll.packets) out << "<" << packet << ">";
  return out << (poll.failed ? " failed" : "");
}

}  // namespace

TEST_CASE("xts open packet: sid, intervals and the upgrade are read, whatever else there is and in whatever order") {
  CHECK(opened(R"({"sid":"SIDSIDSIDSIDSIDSIDAA","upgrades":[],"pingInterval":25000,"pingTimeout":60000})") == "SIDSIDSIDSIDSIDSIDAA 25000/60000");
  CHECK(opened(R"({"pingTimeout":1,"x":{"sid":3},"pingInterval":2,"upgrades":["polling",7,"websocket"],"sid":"a-_9"})") == "a-_9 2/1 upgrade");
  CHECK(opened(R"({"sid":"a"})") == "a 0/0");
  CHECK(opened(R"({"sid":"a","pingInterval":86400000,"pingTimeout":0})") == "a 86400000/0");
}

TEST_CASE("xts open packet: intervals of another type, negative or longer than a day are refused by name") {
  for (const char* value :
       {"-1", "86400001", "9223372036854775807", "9223372036854775808", "1e400", "25000.0", "1e3", "\"25000\"", "null", "true", "[25000]", "{}"}) {
    CAPTURE(value);
    const std::string wrong = opened(R"({"sid":"a","pingInterval":)" + std::string{value} + "}");
    CHECK((wrong == "bad_integer pingInterval" || wrong == "bad_json "));
    CHECK(opened(R"({"sid":"a","pingTimeout":)" + std::string{value} + "}") != "a 0/0");
  }
  CHECK(opened(R"({"sid":"a","pingTimeout":"60000"})") == "bad_integer pingTimeout");
}

TEST_CASE("xts open packet: a sid that is missing, or could not stand in a URL as it is, is refused") {
  CHECK(opened("{}") == "missing_field sid");
  for (const std::string& sid :
       {std::string{"7"}, std::string{"null"}, std::string{R"("")"}, std::string{R"("a b")"}, std::string{R"("a&b=c")"}, std::string{R"("a\u0000")"},
        std::string{R"("a\r\nHost: x")"}, "\"" + std::string(129, 'a') + "\"", std::string{"\"caf\xC3\xA9\""}}) {
    CAPTURE(sid);
    CHECK(opened(R"({"sid":)" + sid + "}") == "bad_text sid");
  }
}

TEST_CASE("xts open packet: what is no object, or no JSON, is refused") {
  CHECK(opened("[]") == "bad_shape ");
  CHECK(opened("\"sid\"") == "bad_shape ");
  CHECK(opened(R"({"sid":"a","upgrades":"websocket"})") == "bad_shape upgrades");
  CHECK(opened(R"({"sid":"a","upgrades":null})") == "bad_shape upgrades");
  for (const std::string& payload : {std::string{}, std::string{"{"}, std::string{R"({"sid":"a"} x)"}, std::string{R"({"sid":"a",})"},
                                     std::string{"{\"sid\":\"\xFF\"}"}, std::string(60'000, '['), std::string(60'000, '{')}) {
    CHECK(opened(payload) == "bad_json ");
  }
  CHECK(opened("{\"sid\":\"a\"}" + std::string(65'536, ' ')) == "bad_shape ");
}

TEST_CASE("xts open packet: every cut is refused") {
  const std::string payload = R"({"sid":"SIDSID","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":60000})";
  for (std::size_t size = 0; size < payload.size(); ++size) CHECK(opened(payload.substr(0, size)) == "bad_json ");
}

TEST_CASE("xts polling: packets come one behind the other") {
  CHECK(polled("") == Poll{});
  CHECK(polled("2:40") == Poll{{"40"}});
  CHECK(polled(R"(2:4020:42["joined","hello"]1:6)") == Poll{{"40", R"(42["joined","hello"])", "6"}});
  CHECK(polled("002:40") == Poll{{"40"}});
}

TEST_CASE("xts polling: lengths count characters as JavaScript does") {
  CHECK(polled("4:4\xC3\xA9xy1:6") == Poll{{"4\xC3\xA9xy", "6"}});                // two bytes, one unit
  CHECK(polled("3:4\xE2\x82\xB9x1:6") == Poll{{"4\xE2\x82\xB9x", "6"}});          // three bytes, one unit
  CHECK(polled("4:4\xF0\x9F\x98\x80x1:6") == Poll{{"4\xF0\x9F\x98\x80x", "6"}});  // four bytes, two units
  CHECK(polled("2:4\xF0\x9F\x98\x80x") == Poll{{}, true});                        // ends within a pair
}

TEST_CASE("xts polling: a length that is no number, zero, or more than there is ends the answer") {
  for (const char* body : {"x", ":40", "2", "2;40", "0:", "0:2:40", "3:40", "-1:4", "+2:40", " 2:40", "2 :40", "2.0:40", "0x2:40",
                           "99999999999999999999999:40", "18446744073709551617:4", "\xC3\xA9", "2:4\xC3", "2:4\xF0\x9F"}) {
    CAPTURE(body);
    CHECK(polled(body) == Poll{{}, true});
  }
  CHECK(polled("2:40x:41") == Poll{{"40"}, true});
  CHECK(polled("2:402:4") == Poll{{"40"}, true});
}

TEST_CASE("xts polling: every cut of an answer keeps its whole packets") {
  const std::string body = "2:4011:42[\"\xE2\x82\xB9 5\",1]1:6";
  for (std::size_t size = 1; size < body.size(); ++size) {
    CAPTURE(size);
    const Poll poll = polled(body.substr(0, size));
    CHECK(poll.failed == (size != 4 && size != body.size() - 3));
    CHECK(poll.packets.size() == (size < 4 ? 0U : size < body.size() - 3 ? 1U : 2U));
  }
}
