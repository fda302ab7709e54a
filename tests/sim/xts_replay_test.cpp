// Recordings: messages as recorded, for those whose session subscribed their instruments.
#include "tests/sim/xts_support.hpp"
#include "tools/sim/xts/engine_io.hpp"
#include "tools/sim/xts/recording.hpp"

using namespace tidegate;
using namespace tidegate::test;
using namespace tidegate::sim::xts;

namespace {

std::string text_line(std::string_view text) {
  std::string json;
  append_json_text(json, text);
  return R"({"rx_ns":null,"kind":"ws","text":)" + json + "}\n";
}
std::string binary_line(std::string_view bytes) { return R"({"rx_ns":null,"kind":"ws","hex":")" + to_hex(bytes) + "\"}\n"; }

sim::XtsOptions play(const TemporaryFile& file) {
  auto options = xts_still_options();
  options.frames_path = file.path();
  options.rate = 0;
  return options;
}

const std::string kTouchlineOf2885 =
    event_text("1501-json-full", R"({"MessageCode":1501,"ExchangeSegment":1,"ExchangeInstrumentID":2885,"LastTradedPrice":12.5})");
const std::string kPartialOf1594 = event_text("1502-json-partial", "t:1_1594,ltp:1500.5,bi:0|1|2|3");

/// A plain packet of so many zero bytes of body.
std::string packet(std::uint32_t message_code, InstrumentKey key, std::size_t body = 20) {
  std::string out(1, '\0');
  const auto put = [&out](std::uint64_t value, int count) {
    for (; count > 0; --count, value >>= 8U) out += static_cast<char>(value & 0xFFU);
  };
  put(message_code, 2);
  put(key.first, 2);
  put(key.second, 4);
  put(1, 2);
  put(1, 2);
  put(body, 2);
  return out + std::string(body, '\0');
}

}  // namespace

TEST_CASE("xts recording: a text goes to who subscribed its instrument, byte for byte, transport is left out") {
  const TemporaryFile file{text_line("0{\"sid\":\"x\"}") + text_line("40") + text_line(R"(42["joined","Welcome"])") + text_line(kTouchlineOf2885) +
                           text_line("3") + text_line(kPartialOf1594) +
                           text_line(R"(42["1501-json-full",{"ExchangeSegment":1, "ExchangeInstrumentID":26000}])")};
  XtsFixture sim{play(file)};
  CHECK(sim.server.recording_summary() == "3 instruments, 3 frames");
  const auto one = sim.log_in("one"), two = sim.log_in("two");
  XtsClient first{sim.loop, sim.url(one)}, second{sim.loop, sim.url(two, "Partial")};
  sim.until_joined(first);
  sim.until_joined(second);
  CHECK(sim.subscribe(one, code::kTouchline, {kReliance, kNifty}).status == 200);
  CHECK(sim.subscribe(two, code::kTouchline, {kInfy}).status == 200);  // another code than the recorded one
  sim.until([&] { return sim.server.counters().replay_ended; });
  sim.settle(first);
  sim.settle(second);
  REQUIRE(first.messages.size() == 5);
  CHECK(first.messages[3].bytes == kTouchlineOf2885);
  CHECK(first.messages[4].bytes == R"(42["1501-json-full",{"ExchangeSegment":1, "ExchangeInstrumentID":26000}])");
  REQUIRE(second.messages.size() == 4);
  CHECK(second.messages[3].bytes == kPartialOf1594);
  CHECK(sim.server.snapshot({code::kTouchline, kReliance}).find("12.5") != std::string::npos);  // a later subscription's snapshot
}

TEST_CASE("xts recording: the text before an attachment goes with it; of several packets each gets its own") {
  const std::string mine = packet(1501, kReliance), yours = packet(1502, kInfy, 33);
  const std::string header{kPackedEvent};
  const TemporaryFile file{text_line(header) + binary_line("\x04" + mine + yours) + text_line(header) + binary_line("\x04" + yours)};
  XtsFixture sim{play(file)};
  CHECK(sim.server.recording_summary() == "2 instruments, 4 frames");
  const auto one = sim.log_in("one"), both = sim.log_in("both"), none = sim.log_in("none");
  XtsClient first{sim.loop, sim.url(one)}, second{sim.loop, sim.url(both)}, third{sim.loop, sim.url(none)};
  for (XtsClient* client : {&first, &second, &third}) sim.until_joined(*client);
  CHECK(sim.subscribe(one, code::kTouchline, {kReliance}).status == 200);
  CHECK(sim.subscribe(both, code::kDepth, {kReliance, kInfy}).status == 200);
  sim.until([&] { return sim.server.counters().replay_ended; });
  for (XtsClient* client : {&first, &second, &third}) sim.settle(*client);
  CHECK(first.binaries() == std::vector<std::string>{"\x04" + mine});
  CHECK(first.count(header) == 1);
  CHECK(second.binaries() == std::vector<std::string>{"\x04" + mine + yours, "\x04" + yours});
  CHECK(third.messages.size() == 3);
}

TEST_CASE("xts recording: what is malformed or about nothing in particular goes to everybody") {
  const std::string cut = packet(1501, kReliance).substr(0, 25);
  const std::vector<std::string> texts = {R"(42["1501-json-full","{\"ExchangeSeg)",
                                          R"(42["1501-json-partial","ltp:5"])",
                                          "nonsense",
                                          R"(42["1507-json-full","{\"ExchangeSegment\":1}"])",
                                          R"(42["1105-json-partial","t:12_1140025,110:1"])",
                                          R"(42["logout","bye"])"};
  std::string lines;
  for (const std::string& text : texts) lines += text_line(text);
  const TemporaryFile file{lines + text_line(kPackedEvent) + binary_line("\x04" + cut) + binary_line("no packet") + text_line(kTouchlineOf2885)};
  XtsFixture sim{play(file)};
  const auto login = sim.log_in("one"), idle = sim.log_in("idle");
  XtsClient subscribed{sim.loop, sim.url(login)}, other{sim.loop, sim.url(idle)};
  sim.until_joined(subscribed);
  sim.until_joined(other);
  CHECK(sim.subscribe(login, code::kTouchline, {kReliance}).status == 200);
  sim.until([&] { return sim.server.counters().replay_ended; });
  sim.settle(subscribed);
  sim.settle(other);
  for (const XtsClient* client : {&subscribed, &other}) {
    for (const std::string& text : texts) CHECK(client->count(text) == 1);
    CHECK(client->binaries() == std::vector<std::string>{"\x04" + cut, "no packet"});
  }
  CHECK(subscribed.has(kTouchlineOf2885));
  CHECK_FALSE(other.has(kTouchlineOf2885));
}

TEST_CASE("xts recording: every instrument has a row, known ones by name, and recorded answers give snapshots") {
  const std::string answer =
      R"({"type":"success","result":{"mdp":1502,"listQuotes":["{\"MessageCode\":1502,\"ExchangeSegment\":1,\"ExchangeInstrumentID\":1594,\"x\":1}"]}})";
  const TemporaryFile file{R"({"rx_ns":null,"kind":"rest","req":"POST /apimarketdata/instruments/subscription","status":200,"frame":)" + answer +
                           "}\n" + text_line(kTouchlineOf2885) + text_line(kPartialOf1594) +
                           text_line(event_text("1512-json-partial", "t:2_54321,ltp:5"))};
  XtsFixture sim{play(file)};
  CHECK(sim.server.snapshot({code::kDepth, kInfy}).find("\"x\":1") != std::string::npos);
  const auto shares = sim.post("/apimarketdata/instruments/master", R"({"exchangeSegmentList":["NSECM","NSEFO"]})");
  CHECK(shares.body.find("NSECM|2885|8|RELIANCE|") != std::string::npos);
  CHECK(shares.body.find("NSECM|1594|8|INFY|") != std::string::npos);
  CHECK(shares.body.find("NSEFO|54321|1|X54321|X5432130DECFUT|") != std::string::npos);
}

TEST_CASE("xts recording: played again and again with loop") {
  const TemporaryFile file{text_line(kTouchlineOf2885)};
  auto options = play(file);
  options.rate = 1;
  options.loop = true;
  XtsFixture sim{options};
  const auto login = sim.log_in();
  XtsClient client{sim.loop, sim.url(login)};
  sim.until_joined(client);
  CHECK(sim.subscribe(login, code::kTouchline, {kReliance}).status == 200);
  sim.until([&] { return client.count(kTouchlineOf2885) >= 3; });
}

TEST_CASE("xts recording: a file without an event of a socket is refused") {
  const TemporaryFile file{text_line("40") + "{}\n"};
  net::EventLoop loop;
  sim::XtsServer server{loop, play(file)};
  CHECK(server.listen("127.0.0.1", 0) == "the frames file holds no event of a socket");
}
