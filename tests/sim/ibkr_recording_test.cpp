// Recordings: frames as recorded, for sockets that subscribed their topic.
#include <fstream>

#include "tests/sim/ibkr_support.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace tidegate;
using namespace tidegate::test;

namespace {

/// A frames file that is gone with its test.
class FramesOnDisk {
 public:
  explicit FramesOnDisk(const std::vector<std::string>& frames) : path_((folder_.path() / "frames.jsonl").string()) {
    std::ofstream file{path_};
    for (const std::string& frame : frames) file << line(frame);
  }
  void append(const std::string& text) const { std::ofstream{path_, std::ios::app} << text; }
  [[nodiscard]] const std::string& path() const { return path_; }
  /// The frame's bytes in hexadecimal, as those of a binary message.
  static std::string line(std::string_view frame, const std::string& rx_ns = "null") {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string hex;
    for (const char c : frame) {
      hex += kDigits[static_cast<unsigned char>(c) >> 4U];
      hex += kDigits[static_cast<unsigned char>(c) & 0xFU];
    }
    return "{\"rx_ns\":" + rx_ns + R"(,"kind":"ws","hex":")" + hex + "\"}\n";
  }

 private:
  TemporaryFolder folder_;
  std::string path_;
};

std::string update(const std::string& target, const std::string& fields) { return R"({"topic":"smd+)" + target + R"(",)" + fields + "}"; }

sim::IbkrOptions play(const std::string& path) {
  auto options = still_ibkr();
  options.frames_path = path;
  options.rate = 0;
  return options;
}

}  // namespace

TEST_CASE("ibkr recording: a frame goes as it was to who subscribed its topic, and to nobody else") {
  const std::string aapl = update("265598", R"("conid":265598,"31":"271.70")"), arca = update("265598@ARCA", R"("84":"271.60")");
  const std::string combo = update("28812380;;;1/-1,2/2", R"("_updated":1)");
  const FramesOnDisk file{{aapl, arca, combo}};
  IbkrFixture sim{play(file.path())};
  CHECK(sim.server.recording_summary() == "3 streams, 3 frames");
  sim.prime();
  const auto one = sim.connect(), two = sim.connect(), none = sim.connect();
  one->subscribe("265598");
  two->subscribe("265598@ARCA");
  two->subscribe("28812380;;;1/-1,2/2");
  sim.until([&] { return sim.server.counters().replay_ended && one->count("smd+265598") == 1; });
  sim.settle(*two);
  sim.settle(*none);
  CHECK(one->of("smd+265598")[0].bytes == aapl);
  CHECK(one->frames.size() == 4);
  CHECK(two->of("smd+265598@ARCA")[0].bytes == arca);
  CHECK(none->frames.size() == 3);
}

TEST_CASE("ibkr recording: the session's own frames are left out, others go to every socket with a stream") {
  const FramesOnDisk file{{R"({"topic":"system","hb":1})", R"({"topic":"act","args":{}})", R"({"topic":"tic","alive":true})",
                           R"({"message":"waiting for session"})", R"({"topic":"sts","args":{"authenticated":false}})",
                           R"({"topic":"ntf","args":[]})", "{\"topic\":\"blt\",\"m\":\"\x99\"}", R"({"topic":"smd+2655)",
                           update("265598", R"("31":"1")")}};
  IbkrFixture sim{play(file.path())};
  CHECK(sim.server.recording_summary() == "1 streams, 5 frames");
  sim.prime();
  const auto client = sim.connect(), idle = sim.connect();
  client->subscribe("265598");
  sim.until([&] { return client->count("smd+265598") == 1; });
  CHECK(client->frames.size() == 3 + 5);
  CHECK(client->frames[5].bytes == "{\"topic\":\"blt\",\"m\":\"\x99\"}");
  CHECK(client->frames[6].bytes == R"({"topic":"smd+2655)");
  sim.settle(*idle);
  CHECK(idle->frames.size() == 3);
}

TEST_CASE("ibkr recording: it waits for a subscription, and who subscribes later gets the state so far, twice") {
  const FramesOnDisk file{{update("265598", R"("31":"271.70","84":"271.60")"), update("265598", R"("84":"271.65","83":0.57)")}};
  IbkrFixture sim{play(file.path())};
  sim.prime();
  const auto client = sim.connect();
  sim.pass(*client);
  CHECK_FALSE(sim.server.counters().replay_started);
  client->subscribe("265598");
  sim.until([&] { return sim.server.counters().replay_ended && client->count("smd+265598") == 2; });
  const auto late = sim.connect();
  late->subscribe("265598");
  sim.until([&] { return late->count("smd+265598") == 2; });
  CHECK(late->merged("smd+265598") == sim::ibkr::FieldValues{{"31", R"("271.70")"}, {"83", "0.57"}, {"84", R"("271.65")"}});
  CHECK(late->merged("smd+265598") == client->merged("smd+265598"));
}

TEST_CASE("ibkr recording: contracts are those of the file, known ones by name, and others are unknown") {
  const FramesOnDisk file{{update("265598", R"("31":"1")"), update("1234", R"("31":"2")")}};
  IbkrFixture sim{play(file.path())};
  const auto contracts = sim.server.contracts();
  REQUIRE(contracts.size() == 2);
  CHECK(contracts[0].symbol == "AAPL");
  CHECK(contracts[1].symbol == "C1234");
  sim.prime();
  const auto client = sim.connect();
  client->subscribe("8314");
  sim.until([&] { return client->count("smd+8314") == 2; });
  CHECK(client->merged("smd+8314").at("31") == R"("N/A")");
}

TEST_CASE("ibkr recording: receive times set the pace, with loop it begins again, bad lines are counted") {
  FramesOnDisk file{{}};
  for (int i = 0; i < 3; ++i) {
    file.append(FramesOnDisk::line(update("265598", "\"31\":\"" + std::to_string(i) + "\""),
                                   std::to_string(1'790'000'000'000'000'000 + i * 600'000'000'000)));
  }
  file.append("nonsense\n");
  auto options = play(file.path());
  options.rate = 1;
  IbkrFixture slow{options};
  CHECK(slow.server.recording_summary().find("1 bad lines, the first: line 4") != std::string::npos);
  slow.prime();
  const auto waiting = slow.connect();
  waiting->subscribe("265598");
  slow.until([&] { return waiting->count("smd+265598") == 1; });
  slow.pass(*waiting);
  CHECK(waiting->count("smd+265598") == 1);  // the next one is ten minutes away
  options.rate = 1e9;
  options.loop = true;
  IbkrFixture sim{options};
  sim.prime();
  const auto client = sim.connect();
  client->subscribe("265598");
  sim.until([&] { return client->count("smd+265598") >= 7; });
  CHECK(client->of("smd+265598")[0].bytes == client->of("smd+265598")[3].bytes);
  CHECK_FALSE(sim.server.counters().replay_ended);
  const FramesOnDisk empty{{R"({"topic":"system","hb":1})"}};
  net::EventLoop loop;
  sim::IbkrServer server{loop, play(empty.path())};
  CHECK(server.listen("127.0.0.1", 0) == "the frames file holds no frame that can be played");
}

TEST_CASE("ibkr recording: captures play to the merged state that is expected of them") {
  const auto folder = shared_fixture("ibkr/webapi");
  if (skipped_without(folder / "expected-smd.json")) return;
  std::ifstream expected_file{folder / "expected-smd.json"};
  const std::string text{std::istreambuf_iterator<char>{expected_file}, {}};
  rapidjson::Document expected;
  expected.Parse(text.c_str());
  REQUIRE(expected.IsObject());
  for (const char* name : {"real-smd-single-aapl.jsonl", "real-smd-multi-25-excerpt.jsonl"}) {
    FramesOnDisk file{{}};
    std::ifstream rows{folder / name};
    for (std::string row; std::getline(rows, row);) {
      if (sim::ibkr::read_member(row, "dir") != "in") continue;
      file.append(FramesOnDisk::line(sim::ibkr::read_member(row, "raw")));
    }
    IbkrFixture sim{play(file.path())};
    sim.prime();
    const auto client = sim.connect();
    std::size_t frames = 0;
    for (const auto& each : expected[name].GetObject()) {
      client->subscribe(each.name.GetString());
      frames += each.value["frames_in"].GetUint64();
    }
    sim.until([&] { return sim.server.counters().updates_sent >= frames && sim.server.counters().replay_ended; });
    sim.settle(*client);
    for (const auto& each : expected[name].GetObject()) {
      const std::string topic = std::string{"smd+"} + each.name.GetString();
      CAPTURE(topic);
      CHECK(client->count(topic) == each.value["frames_in"].GetUint64());
      const auto merged = client->merged(topic);
      for (const auto& [member, field] : {std::pair{"last", "31"}, {"bid", "84"}, {"ask", "86"}, {"availability", "6509"}}) {
        if (each.value[member].IsString()) CHECK(merged.at(field) == "\"" + std::string{each.value[member].GetString()} + "\"");
      }
      if (each.value["invalid_contract"].GetBool()) CHECK(merged.at("31") == R"("N/A")");
    }
  }
}
