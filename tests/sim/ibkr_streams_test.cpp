// Streams of market data and depth: what a frame holds, when it comes, and when it comes no more.
#include "tests/sim/ibkr_support.hpp"

using namespace tidegate;
using namespace tidegate::test;

namespace {

std::string value_of(const sim::ibkr::FieldValues& values, const std::string& field) {
  const auto found = values.find(field);
  return found == values.end() ? std::string{} : found->second;
}

/// The venue itself, with one client that is greeted; its time is the test's.
struct VenueWithoutSockets : sim::Wire {
  explicit VenueWithoutSockets(std::uint64_t seed) : venue(options(seed), now) {
    net::HttpRequest accounts{.method = "GET", .target = "/v1/api/iserver/accounts", .remote_address = {}};
    REQUIRE(venue.on_rest(accounts, now).status == 200);
    net::HttpRequest upgrade{
        .method = "GET", .target = "/v1/api/ws", .remote_address = {}, .headers = {{"Cookie", "api=" + venue.login().session()}}};
    REQUIRE(venue.admit(upgrade, now) == 101);
    client = &venue.open(*this, upgrade, now);
    pass_seconds(1);
  }
  static sim::ibkr::VenueOptions options(std::uint64_t seed) {
    sim::ibkr::VenueOptions out;
    out.oauth = std::make_unique<sim::ibkr::OAuth>();
    REQUIRE(out.oauth->open({}).empty());
    out.seed = seed;
    out.market.moves_per_step = 1;
    return out;
  }
  void say(const std::string& command) { venue.on_message(*client, command, false, now); }
  void pass_seconds(int seconds) {
    for (int i = 0; i < seconds * 10; ++i) {
      now.mono_ns += sim::kSecondNs / 10;
      now.utc_us += 100'000;
      venue.tick(now);
    }
  }
  [[nodiscard]] std::vector<std::string> values_of(std::string_view topic, const char* field) const {
    std::vector<std::string> out;
    for (const std::string& frame : frames) {
      if (sim::ibkr::read_member(frame, "topic") != topic) continue;
      if (std::string value = sim::ibkr::read_member(frame, field); !value.empty()) out.push_back(std::move(value));
    }
    return out;
  }

  void send_text(std::string_view payload) override { frames.emplace_back(payload); }
  void send_binary(std::string_view payload) override { frames.emplace_back(payload); }
  void ping(std::string_view) override {}
  void close(int, std::string_view) override {}
  void cut() override {}
  void pause_reading(bool) override {}
  [[nodiscard]] std::size_t queued_bytes() const override { return 0; }

  sim::Now now{sim::kSecondNs, 1'893'456'000'000'000};
  sim::ibkr::Venue venue;
  sim::ibkr::Client* client = nullptr;
  std::vector<std::string> frames;
};

bool is_field(const std::string& name) { return !name.empty() && name[0] >= '0' && name[0] <= '9' && name != "6119"; }

}  // namespace

TEST_CASE("ibkr sim stream: the full set comes twice, with the same values in another order") {
  IbkrFixture sim;
  sim.prime();
  const auto client = sim.connect();
  client->subscribe("265598");
  sim.until([&] { return client->count("smd+265598") == 2; });
  const auto frames = client->of("smd+265598");
  CHECK(frames[0].values == frames[1].values);
  CHECK(frames[0].order != frames[1].order);
  const auto& values = frames[0].values;
  CHECK(values.at("conid") == "265598");
  CHECK(values.at("conidEx") == R"("265598")");
  CHECK(values.at("server_id") == R"("q0")");
  CHECK(values.at("6119") == R"("q0")");
  CHECK(values.at("31") == R"("271.70")");
  CHECK(values.at("84") == R"("271.69")");
  CHECK(values.at("86") == R"("271.71")");
  CHECK(values.at("6509") == R"("RpB")");
  CHECK(values.at("83").find('"') == std::string::npos);
  CHECK(values.contains("87_raw"));
  sim.pass(*client);
  CHECK(client->count("smd+265598") == 2);  // nothing moved
}

TEST_CASE("ibkr sim stream: afterwards only changed fields come, and merged they are the state that the simulator holds") {
  IbkrFixture sim{lively_ibkr()};
  sim.prime();
  const auto client = sim.connect();
  client->subscribe("265598");
  sim.until([&] { return client->count("smd+265598") >= 40; });
  sim::ibkr::FieldValues state;
  const auto frames = client->of("smd+265598");
  for (std::size_t i = 0; i < frames.size(); ++i) {
    for (const auto& field : frames[i].values) {
      if (!is_field(field.first)) continue;
      if (i >= 2) CHECK_MESSAGE(value_of(state, field.first) != field.second, field.first);
      state[field.first] = field.second;
    }
  }
  const auto& truth = sim.server.truth();
  REQUIRE(truth.size() >= frames.size());
  for (std::size_t i = 0; i < frames.size(); ++i) CHECK(truth[i].frame == i + 1);
  CHECK(truth[frames.size() - 1].state == client->merged("smd+265598"));
}

TEST_CASE("ibkr sim stream: figures of the day agree, and volume is full, rounded with a suffix, and a number") {
  IbkrFixture sim{lively_ibkr()};
  sim.prime();
  const auto client = sim.connect();
  client->subscribe("265598");
  sim.until([&] { return client->count("smd+265598") >= 60; });
  const auto number = [](std::string text) {
    std::erase_if(text, [](char c) { return c == '"' || c == ',' || c == '+'; });
    return std::stod(text);
  };
  for (const auto& row : sim.server.truth()) {
    const auto& state = row.state;
    CHECK(number(state.at("71")) <= number(state.at("31")));
    CHECK(number(state.at("31")) <= number(state.at("70")));
    CHECK(number(state.at("84")) < number(state.at("86")));
    CHECK(number(state.at("82")) == doctest::Approx(number(state.at("31")) - number(state.at("7741"))));
    CHECK(number(state.at("87_raw")) == doctest::Approx(number(state.at("7762"))).epsilon(0.001));
    CHECK(state.at("87").find_first_of("KM") != std::string::npos);
  }
}

TEST_CASE("ibkr sim stream: the same seed moves the same way, whoever subscribes to what") {
  const auto run = [](std::uint64_t seed, const std::vector<std::string>& before) {
    VenueWithoutSockets sim{seed};
    for (const std::string& target : before) sim.say("smd+" + target + R"(+{"fields":["31"]})");
    sim.say(R"(smd+265598+{"fields":["31","7762"]})");
    sim.pass_seconds(60);
    return sim.values_of("smd+265598", "7762");
  };
  const auto volumes = run(7, {});
  CHECK(volumes.size() > 50);
  CHECK(volumes == run(7, {"8314", "265598@ARCA"}));
  CHECK(volumes != run(8, {}));
}

TEST_CASE("ibkr sim stream: sizes have commas, an index has no bid, a currency has five decimals, an untraded share shows its close") {
  IbkrFixture sim;
  sim.prime();
  const auto client = sim.connect();
  const auto contracts = sim.server.contracts();
  const auto untraded = std::find_if(contracts.begin(), contracts.end(), [](const auto& each) { return each.untraded; });
  REQUIRE(untraded != contracts.end());
  const std::string closed = std::to_string(untraded->conid);
  for (const std::string& target : {std::string{"265598"}, std::string{"416904"}, std::string{"12087792"}, closed}) client->subscribe(target);
  sim.until([&] { return client->count("smd+" + closed) == 2; });
  const auto apple = client->merged("smd+265598");
  CHECK((apple.at("88") + apple.at("85")).find(',') != std::string::npos);
  const auto index = client->merged("smd+416904");
  CHECK(index.at("31") == R"("7154.20")");
  for (const char* absent : {"84", "86", "88", "85", "7762", "87"}) CHECK_FALSE(index.contains(absent));
  CHECK(client->merged("smd+12087792").at("31") == R"("1.16833")");
  const auto share = client->merged("smd+" + closed);
  CHECK(share.at("31") == "\"C" + share.at("7741").substr(1));
  CHECK_FALSE(share.contains("70"));
}

TEST_CASE("ibkr sim stream: an unknown contract is N/A, twice, and no error") {
  IbkrFixture sim;
  sim.prime();
  const auto client = sim.connect();
  client->subscribe("8595");
  client->subscribe("28812380;;;646629987/-1,646629993/2");
  sim.until([&] { return client->count("smd+8595") == 2 && client->frames.size() == 7; });
  CHECK(client->merged("smd+8595") == sim::ibkr::FieldValues{{"31", R"("N/A")"}, {"55", R"("-")"}});
  CHECK(client->merged("smd+28812380;;;646629987/-1,646629993/2").at("31") == R"("N/A")");
  sim.pass(*client);
  CHECK(client->frames.size() == 7);
}

TEST_CASE("ibkr sim stream: a second smd adds fields to the stream and brings the full set again") {
  auto options = still_ibkr();
  for (const bool snapshots : {true, false}) {
    options.renewal_snapshots = snapshots;
    IbkrFixture sim{options};
    sim.prime();
    const auto client = sim.connect();
    client->subscribe("265598", R"({"fields":["31"]})");
    sim.until([&] { return client->count("smd+265598") == 2; });
    CHECK_FALSE(client->merged("smd+265598").contains("84"));
    client->subscribe("265598", R"({"fields":["84","31"]})");
    sim.until([&] { return client->merged("smd+265598").contains("84"); });
    sim.pass(*client);
    CHECK(client->count("smd+265598") == (snapshots ? 4U : 3U));
    CHECK(client->frames.back().values.contains("31") == snapshots);
    CHECK(sim.server.connections()[0].fields.at("265598") == std::vector<std::string>{"31", "84"});
  }
}

TEST_CASE("ibkr sim stream: one exchange is a stream of its own") {
  IbkrFixture sim;
  sim.prime();
  const auto client = sim.connect();
  client->subscribe("265598");
  client->subscribe("265598@ARCA");
  sim.until([&] { return client->count("smd+265598") == 2 && client->count("smd+265598@ARCA") == 2; });
  const auto smart = client->merged("smd+265598"), arca = client->merged("smd+265598@ARCA");
  CHECK(client->of("smd+265598@ARCA")[0].values.at("conidEx") == R"("265598@ARCA")");
  CHECK(client->of("smd+265598@ARCA")[0].values.at("conid") == "265598");
  CHECK(smart.at("88") != arca.at("88"));
  CHECK(smart.at("7762") != arca.at("7762"));
  client->send("umd+265598+{}");
  sim.until([&] { return sim.server.counters().umd_commands == 1; });
  CHECK(sim.server.connections()[0].streams == std::vector<std::string>{"265598@ARCA"});
}

TEST_CASE("ibkr sim stream: a stream ends silently after its life, and another smd makes it live longer") {
  auto options = lively_ibkr();
  options.stream_life = std::chrono::milliseconds{400};
  IbkrFixture sim{options};
  sim.prime();
  const auto client = sim.connect();
  client->subscribe("265598");
  client->subscribe("8314");
  std::size_t renewals = 0;
  auto next = std::chrono::steady_clock::now();
  sim.until([&] {
    if (std::chrono::steady_clock::now() >= next) {
      client->subscribe("265598");
      ++renewals;
      next += std::chrono::milliseconds{100};
    }
    return sim.server.counters().streams_expired == 1 && renewals >= 8;
  });
  CHECK(sim.server.connections()[0].streams == std::vector<std::string>{"265598"});
  const std::size_t ended = client->count("smd+8314"), alive = client->count("smd+265598");
  sim.until([&] { return client->count("smd+265598") > alive; });
  CHECK(client->count("smd+8314") == ended);
  CHECK(client->count("error") == 0);
  CHECK(client->count("sts") == 1);
}

TEST_CASE("ibkr sim stream: above the lines there is nothing, until a line is free and it is asked for again") {
  auto options = lively_ibkr();
  options.lines_max = 2;
  IbkrFixture sim{options};
  sim.prime();
  const auto client = sim.connect(), other = sim.connect();
  client->subscribe("265598");
  client->subscribe("8314");
  sim.until([&] { return client->count("smd+8314") >= 2; });
  other->subscribe("272093");  // lines are the user's, not the socket's
  sim.until([&] { return sim.server.counters().over_lines == 1; });
  sim.pass(*other);
  CHECK(other->count("smd+272093") == 0);
  CHECK(other->count("error") == 0);
  client->send("umd+8314+{}");
  other->subscribe("272093");
  sim.until([&] { return other->count("smd+272093") >= 2; });
}

TEST_CASE("ibkr sim stream: without accounts asked for, smd is silent") {
  IbkrFixture sim;
  const auto client = sim.connect();
  client->subscribe("265598");
  sim.until([&] { return sim.server.counters().smd_commands == 1; });
  sim.prime();
  sim.pass(*client);
  CHECK(client->count("smd+265598") == 0);
  client->subscribe("265598");
  sim.until([&] { return client->count("smd+265598") == 2; });
}

TEST_CASE("ibkr sim stream: the first frame can say only how available data is") {
  auto options = still_ibkr();
  options.bare_first = true;
  options.snapshot_twice = false;
  IbkrFixture sim{options};
  sim.prime();
  const auto client = sim.connect();
  client->subscribe("265598");
  sim.until([&] { return client->count("smd+265598") == 2; });
  const auto frames = client->of("smd+265598");
  CHECK(frames[0].values.contains("6509"));
  CHECK_FALSE(frames[0].values.contains("31"));
  CHECK(frames[1].values.contains("31"));
}

TEST_CASE("ibkr sim stream: bid and ask can be numbers, and now and then there is an empty frame or 6508") {
  auto options = lively_ibkr();
  options.updates_per_second = 20;
  options.numbers = true;
  options.extras = true;
  IbkrFixture sim{options};
  sim.prime();
  const auto client = sim.connect();
  for (const char* target : {"265598", "272093", "8314", "756733", "3691937", "4815747", "76792991"}) client->subscribe(target);
  const auto seen = [&client](const std::function<bool(const IbkrFrame&)>& what) {
    return std::any_of(client->frames.begin(), client->frames.end(), what);
  };
  sim.until([&] {
    return seen([](const IbkrFrame& frame) { return frame.values.contains("6508"); }) &&
           seen([](const IbkrFrame& frame) { return frame.topic.starts_with("smd+") && frame.values.size() == 2; });
  });
  CHECK(client->merged("smd+265598").at("84").find('"') == std::string::npos);
}

TEST_CASE("ibkr sim depth: a ladder from the highest price down, then its changed rows") {
  IbkrFixture sim{lively_ibkr()};
  sim.prime();
  const auto client = sim.connect();
  client->send("sbd+DU0000001+265598");
  sim.until([&] { return client->count("sbd+DU0000001+265598") >= 5; });
  const auto frames = client->of("sbd+DU0000001+265598");
  rapidjson::Document rows;
  rows.Parse(frames[0].values.at("data").c_str());
  REQUIRE(rows.Size() == 11);
  for (rapidjson::SizeType i = 0; i < rows.Size(); ++i) {
    CHECK(rows[i]["row"].GetInt() == static_cast<int>(i));
    CHECK(rows[i]["focus"].GetInt() == (i == 5 ? 1 : 0));
    CHECK(rows[i].HasMember("ask") == (i < 5));
    CHECK(rows[i].HasMember("bid") == (i > 5));
  }
  CHECK(std::string{rows[5]["price"].GetString()}.find(" @ ") != std::string::npos);
  CHECK(std::stod(rows[0]["price"].GetString()) > std::stod(rows[4]["price"].GetString()));
  CHECK(std::stod(rows[6]["price"].GetString()) > std::stod(rows[10]["price"].GetString()));
  for (const IbkrFrame& frame : frames) CHECK(frame.bytes.find("\"row\":") != std::string::npos);
  client->send("ubd+DU0000001");
  sim.until([&] { return sim.server.connections()[0].ladders.empty(); });
}

TEST_CASE("ibkr sim depth: no more than three, none of another account or an unknown contract, none with a word") {
  IbkrFixture sim;
  sim.prime();
  const auto client = sim.connect();
  for (const char* target : {"U9999999+265598", "DU0000001+8595", "DU0000001", "DU0000001+265598", "DU0000001+265598", "DU0000001+265598+ARCA",
                             "DU0000001+8314", "DU0000001+272093"}) {
    client->send(std::string{"sbd+"} + target);
  }
  sim.until([&] { return sim.server.counters().depth_commands == 8; });
  CHECK(sim.server.connections()[0].ladders == std::vector<std::string>{"DU0000001+265598", "DU0000001+265598+ARCA", "DU0000001+8314"});
  CHECK(client->count("error") == 0);
}
