// Recordings: bytes as recorded, for those who subscribed their tokens.
#include "tests/sim/zerodha_support.hpp"

using namespace tidegate;
using namespace tidegate::test;

namespace {

std::string binary_line(std::string_view bytes, std::string_view rx_ns = "null") {
  return "{\"rx_ns\":" + std::string{rx_ns} + R"(,"kind":"ws","hex":")" + to_hex(bytes) + "\"}\n";
}
std::string text_line(std::string_view json) { return R"({"rx_ns":null,"kind":"ws","frame":)" + std::string{json} + "}\n"; }

sim::ZerodhaOptions play(const TemporaryFile& file) {
  auto options = still_options();
  options.frames_path = file.path();
  options.rate = 0;
  return options;
}

constexpr std::uint32_t kUnnamed = 42 * 256 + 5;

}  // namespace

TEST_CASE("kite recording: a message goes whole to who has all of it, and re-framed to who has some, whatever the mode") {
  const std::string quote = body_of(kReliance, 44), full = body_of(kInfy, 184), index = body_of(kNifty, 32), ltp = body_of(kUnnamed, 8);
  const TemporaryFile file{binary_line(message_of({quote, full, index, ltp})) + binary_line(message_of({full}))};
  KiteFixture sim{play(file)};
  CHECK(sim.server.recording_summary() == "4 instruments, 2 frames");
  KiteClient all{sim.loop, sim.url()}, some{sim.loop, sim.url()}, none{sim.loop, sim.url()};
  sim.until_open(all);
  sim.until_open(some);
  sim.until_open(none);
  all.send(R"({"a":"mode","v":["ltp",[738561,408065,256265,10757]]})");
  some.send(R"({"a":"subscribe","v":[256265]})");
  some.send(R"({"a":"subscribe","v":[738561]})");
  sim.until([&] { return sim.server.counters().replay_ended && all.data.size() == 2 && some.data.size() == 1; });
  CHECK(all.data[0] == message_of({quote, full, index, ltp}));
  CHECK(all.data[1] == message_of({full}));
  CHECK(some.data[0] == message_of({quote, index}));
  sim.settle(none);
  CHECK(none.data.empty());
  CHECK(sim.server.counters().frames_played == 2);
}

TEST_CASE("kite recording: malformed messages go whole to every connection with a subscription") {
  const std::string good = message_of({body_of(kReliance, 44)});
  const std::vector<std::string> odd = {good.substr(0, 20),
                                        good + "x",
                                        message_of({body_of(kReliance, 164)}),
                                        message_of({body_of(kReliance, 60), body_of(kReliance, 44)}),
                                        std::string{"\0\5", 2} + good.substr(2),
                                        std::string(2, '\0')};
  std::string lines;
  for (const std::string& message : odd) lines += binary_line(message);
  const TemporaryFile file{lines + binary_line(good) + binary_line(message_of({body_of(kInfy, 8)}))};
  KiteFixture sim{play(file)};
  KiteClient infy{sim.loop, sim.url()}, idle{sim.loop, sim.url()};
  sim.until_open(infy);
  sim.until_open(idle);
  infy.send(R"({"a":"subscribe","v":[408065]})");
  sim.until([&] { return infy.data.size() == odd.size() + 1; });
  for (std::size_t i = 0; i < odd.size(); ++i) CHECK(infy.data[i] == odd[i]);
  CHECK(infy.data.back() == message_of({body_of(kInfy, 8)}));
  sim.settle(idle);
  CHECK(idle.data.empty());
}

TEST_CASE("kite recording: texts and recorded heartbeats go to all connections") {
  auto options = still_options();
  options.heartbeat_interval = std::chrono::hours{1};
  const TemporaryFile file{text_line(R"({"type":"order","data":{}})") + binary_line(std::string(1, '\0')) +
                           binary_line(message_of({body_of(kInfy, 8)}))};
  options.frames_path = file.path();
  options.rate = 0;
  KiteFixture sim{options};
  KiteClient infy{sim.loop, sim.url()}, idle{sim.loop, sim.url()};
  sim.until_open(infy);
  sim.until_open(idle);
  infy.send(R"({"a":"subscribe","v":[408065]})");
  sim.until([&] { return infy.data.size() == 1 && idle.heartbeats.size() == 1; });
  CHECK(idle.texts.at(1) == R"({"type":"order","data":{}})");
  CHECK(infy.texts.size() == 2);
}

TEST_CASE("kite recording: it waits for a subscription, and the last packet played is the snapshot of a later one") {
  const std::string first = body_of(kReliance, 44, 1), last = body_of(kReliance, 184, 500);
  const TemporaryFile file{binary_line(message_of({first})) + binary_line(message_of({last}))};
  KiteFixture sim{play(file)};
  KiteClient early{sim.loop, sim.url()};
  sim.until_open(early);
  sim.until([&] { return early.heartbeats.size() >= 4; });
  CHECK_FALSE(sim.server.counters().replay_started);
  early.send(R"({"a":"subscribe","v":[738561]})");
  early.send(R"({"a":"mode","v":["full",[738561]]})");
  sim.until([&] { return sim.server.counters().replay_ended && early.data.size() == 2; });
  CHECK(early.data[0] == message_of({first}));
  KiteClient late{sim.loop, sim.url()};
  sim.until_open(late);
  late.send(R"({"a":"subscribe","v":[738561]})");
  late.send(R"({"a":"mode","v":["full",[738561]]})");
  sim.until([&] { return sim.server.counters().mode_commands == 2; });
  sim.settle(late);
  REQUIRE(late.data.size() == 1);
  CHECK(late.data[0] == message_of({last}));
  CHECK(early.data.size() == 2);
}

TEST_CASE("kite recording: receive times set the pace, times the rate") {
  const std::string body = body_of(kReliance, 8);
  std::string lines;
  for (int i = 0; i < 4; ++i) lines += binary_line(message_of({body}), std::to_string(1'790'000'000'000'000'000 + i * 600'000'000'000));
  const TemporaryFile file{lines};
  auto options = play(file);
  options.rate = 1e9;
  KiteFixture sim{options};
  KiteClient client{sim.loop, sim.url()};
  sim.until_open(client);
  client.send(R"({"a":"subscribe","v":[738561]})");
  sim.until([&] { return client.data.size() == 4; });

  options.rate = 1;
  KiteFixture slow{options};
  KiteClient waiting{slow.loop, slow.url()};
  slow.until_open(waiting);
  waiting.send(R"({"a":"subscribe","v":[738561]})");
  slow.until([&] { return waiting.data.size() == 1; });
  const std::size_t heartbeats = waiting.heartbeats.size();
  slow.until([&] { return waiting.heartbeats.size() > heartbeats + 3; });
  CHECK(waiting.data.size() == 1);  // the next one is ten minutes away
}

TEST_CASE("kite recording: with loop it begins again") {
  const TemporaryFile file{binary_line(message_of({body_of(kReliance, 8, 1)})) + binary_line(message_of({body_of(kReliance, 8, 2)}))};
  auto options = play(file);
  options.rate = 1;
  options.loop = true;
  KiteFixture sim{options};
  KiteClient client{sim.loop, sim.url()};
  sim.until_open(client);
  client.send(R"({"a":"subscribe","v":[738561]})");
  sim.until([&] { return client.data.size() >= 5; });
  CHECK(client.data[0] == client.data[2]);
  CHECK(client.data[1] == client.data[3]);
  CHECK_FALSE(sim.server.counters().replay_ended);
}

TEST_CASE("kite recording: the list has a row for every token, with its known name or one made of it") {
  const std::uint32_t currency = 7 * 256 + 3, commodity = 8 * 256 + 7, index = 9 * 256 + 9;
  const TemporaryFile file{binary_line(message_of(
      {body_of(kReliance, 44), body_of(kUnnamed, 8), body_of(currency, 8), body_of(commodity, 8), body_of(index, 8), body_of(119445255, 8)}))};
  KiteFixture sim{play(file)};
  const std::string list = sim.get("/instruments").body;
  CHECK(list.find("\n738561,2885,RELIANCE,") != std::string::npos);
  CHECK(list.find("\n10757,42,T10757,,0,,0,0.05,1,EQ,BFO,BFO\n") != std::string::npos);
  CHECK(list.find("\n1795,7,T1795,,0,,0,0.0025,1,EQ,CDS,CDS\n") != std::string::npos);
  CHECK(list.find("\n2055,8,T2055,,0,,0,0.05,1,EQ,MCX,MCX\n") != std::string::npos);
  CHECK(list.find("\n2313,9,T2313,,0,,0,0,1,EQ,INDICES,NSE\n") != std::string::npos);
  CHECK(list.find("\n119445255,466583,GOLD26AUGFUT,GOLD,0,2026-08-05,0,1,1,FUT,MCX-FUT,MCX\n") != std::string::npos);
  CHECK(std::count(list.begin(), list.end(), '\n') == 7);
}

TEST_CASE("kite recording: a recorded instrument list is served as it was") {
  const std::string csv = "instrument_token,exchange_token,tradingsymbol\\n738561,2885,\\\"REL\\\"\\n5,0,OTHER\\n";
  const TemporaryFile file{R"({"rx_ns":null,"kind":"rest","req":"GET /instruments","status":200,"text":")" + csv + "\"}\n" +
                           binary_line(message_of({body_of(kReliance, 44)}))};
  KiteFixture sim{play(file)};
  CHECK(sim.get("/instruments").body == "instrument_token,exchange_token,tradingsymbol\n738561,2885,\"REL\"\n5,0,OTHER\n");
  CHECK(sim.server.tokens() == std::vector<std::uint32_t>{738561, 5});
}

TEST_CASE("kite recording: bad lines are counted and named, a file without frames is refused") {
  const TemporaryFile file{"nonsense\n" + binary_line(message_of({body_of(kReliance, 44)})) + binary_line("abc")};
  KiteFixture sim{play(file)};
  CHECK(sim.server.recording_summary() == "1 instruments, 2 frames, 1 of them malformed, 1 bad lines, the first: line 1: not one JSON object");
  const TemporaryFile empty{"\n"};
  net::EventLoop loop;
  sim::ZerodhaServer server{loop, play(empty)};
  CHECK(server.listen("127.0.0.1", 0) == "the frames file holds no frame of a socket");
}

TEST_CASE("kite recording: messages at rate 0 all arrive, and heartbeats come between them") {
  std::string lines;
  std::vector<std::string> bodies;
  for (std::uint32_t i = 0; i < 400; ++i) bodies.push_back(body_of(kReliance, 184, i));
  const std::string message = message_of(bodies);
  for (int i = 0; i < 50; ++i) lines += binary_line(message);
  const TemporaryFile file{lines};
  KiteFixture sim{play(file)};
  KiteClient client{sim.loop, sim.url()};
  sim.until_open(client);
  client.send(R"({"a":"subscribe","v":[738561]})");
  sim.until([&] { return client.data.size() == 50; });
  CHECK(client.data.back() == message);
  CHECK(sim.server.counters().packets_sent == 20'000);
}
