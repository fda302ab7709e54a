// Faults on demand.
#include "tests/sim/ibkr_support.hpp"

using namespace tidegate;
using namespace tidegate::test;

namespace {

/// A client with a stream of AAPL that moves.
struct Streaming : IbkrFixture {
  explicit Streaming(const sim::IbkrOptions& options = lively_ibkr()) : IbkrFixture(options) {
    prime();
    client = connect();
    client->subscribe("265598");
    until([&] { return data() >= 2; });
  }
  [[nodiscard]] std::size_t data() const { return client->count("smd+265598"); }
  [[nodiscard]] std::string last_sts() const { return client->of("sts").back().values.at("args"); }
  /// Data has come since this call.
  void until_data() {
    const std::size_t before = data();
    until([&] { return data() > before; });
  }
  /// What is on its way has come, and then nothing more does while heartbeats go on.
  void check_no_data() {
    settle(*client);
    const std::size_t before = data();
    pass(*client);
    CHECK(data() == before);
  }

  std::unique_ptr<IbkrClient> client;
};

}  // namespace

TEST_CASE("ibkr sim fault: drop cuts, close says its code and nothing else") {
  Streaming sim;
  sim.inject("drop");
  sim.until([&] { return sim.client->closed.has_value(); });
  CHECK(sim.client->closed->code == 1006);
  const auto other = sim.connect();
  sim.inject("close");
  sim.until([&] { return other->closed.has_value(); });
  CHECK(other->closed->code == 1000);
  CHECK(other->closed->reason.empty());
}

TEST_CASE("ibkr sim fault: silence stops data while heartbeats, tic and pings go on, until resume") {
  Streaming sim;
  sim.inject("silence");
  sim.check_no_data();
  sim.client->send("tic");
  sim.until([&] { return sim.client->count("tic") == 4; });
  sim.inject("resume");
  sim.until_data();
  sim.inject("silence=1000");
  const auto late = sim.connect();
  late->subscribe("265598");
  sim.pass(*late);
  CHECK(late->count("smd+265598") == 0);
}

TEST_CASE("ibkr sim fault: dead sends nothing and answers no ping, slow sends later") {
  Streaming sim;
  sim.inject("dead");
  const std::size_t heartbeats = sim.client->heartbeats.size();
  sim.client->socket.ping("dead");
  auto other = std::make_unique<IbkrClient>(sim.loop, sim.url(), sim.cookie());
  sim.until([&] { return other->greeted(); });
  sim.pass(*other);
  CHECK(sim.client->heartbeats.size() <= heartbeats + 1);
  CHECK(sim.client->pongs.empty());
  sim.inject("resume");
  sim.until_data();
  sim.inject("slow=1000");
  sim.client->send("tic");
  sim.until([&] { return sim.server.counters().tics == 1; });
  sim.settle(*sim.client);
  CHECK(sim.client->count("tic") == 0);
  sim.inject("resume");
  sim.until([&] { return sim.client->count("tic") == 4; });
}

TEST_CASE("ibkr sim fault: unauthenticated is said by sts, whole or in parts, and the stream must be asked for again") {
  Streaming sim;
  sim.inject("unauthenticated");
  sim.until([&] { return sim.client->count("sts") == 2; });
  CHECK_FALSE(sim::ibkr::read_flag(sim.last_sts(), "authenticated"));
  sim.check_no_data();
  CHECK(sim.post("iserver/auth/ssodh/init", R"({"publish":true,"compete":false})").status == 200);
  sim.until([&] { return sim.client->count("sts") == 3; });
  CHECK(sim::ibkr::read_flag(sim.last_sts(), "authenticated"));
  sim.check_no_data();
  sim.prime();
  sim.client->subscribe("265598");
  sim.until_data();

  sim.inject("unauthenticated_parts");
  sim.until([&] { return sim.client->count("sts") == 7; });
  CHECK(sim.client->of("sts")[3].values.at("args") == R"({"authenticated":false})");
  CHECK(sim.client->of("sts")[4].values.at("args") == R"({"competing":false})");
  CHECK(sim.client->of("sts")[5].values.at("args") == R"({"message":""})");
  sim.check_no_data();
}

TEST_CASE("ibkr sim fault: competing tells sockets, and ends by itself when it has a time") {
  Streaming sim;
  sim.inject("competing=1");
  sim.until([&] { return sim.client->count("sts") == 2; });
  CHECK(sim::ibkr::read_flag(sim.last_sts(), "competing"));
  sim.check_no_data();
  sim.until([&] { return sim.client->count("sts") == 3; });
  CHECK_FALSE(sim::ibkr::read_flag(sim.last_sts(), "competing"));
  CHECK_FALSE(sim::ibkr::read_flag(sim.last_sts(), "authenticated"));
}

TEST_CASE("ibkr sim fault: a session that is gone is silent, and its sockets end with the next login") {
  Streaming sim;
  const std::string before = sim.server.session();
  sim.inject("session_gone");
  CHECK(sim.post("tickle").body == R"({"error":"no session"})");
  sim.check_no_data();
  IbkrClient late{sim.loop, sim.url(), {{"Cookie", "api=" + before}}};
  sim.until([&] { return late.closed.has_value(); });
  CHECK(late.closed->code == 1000);
  sim.inject("login");
  sim.until([&] { return sim.client->closed.has_value(); });
  CHECK(sim.server.session() != before);
  CHECK(sim.post("tickle").body.find(sim.server.session()) != std::string::npos);
  sim.inject("session_gone=1");
  sim.until([&] { return !sim.server.session().empty(); });
  CHECK(sim.server.counters().faults.at("login") == 2);
}

TEST_CASE("ibkr sim fault: maintenance is 503 on the brokerage session alone") {
  Streaming sim;
  sim.inject("maintenance");
  CHECK(sim.post("iserver/auth/status").status == 503);
  CHECK(sim.post("tickle").status == 200);
  sim.until_data();
  sim.inject("resume");
  CHECK(sim.post("iserver/auth/status").status == 200);
}

TEST_CASE("ibkr sim fault: the nightly reset ends all streams and is over by itself") {
  Streaming sim;
  sim.inject("nightly_reset=1");
  sim.until([&] { return sim.client->count("sts") == 2; });
  CHECK_FALSE(sim::ibkr::read_flag(sim.last_sts(), "authenticated"));
  CHECK(sim.get("iserver/accounts").status == 401);
  CHECK(sim.post("iserver/auth/ssodh/init", R"({"publish":true,"compete":true})").body.find(R"("authenticated":false)") != std::string::npos);
  sim.until([&] { return sim.client->count("sts") == 3; });
  CHECK(sim::ibkr::read_flag(sim.last_sts(), "authenticated"));
  sim.check_no_data();
  sim.prime();
  sim.client->subscribe("265598");
  sim.until_data();
}

TEST_CASE("ibkr sim fault: delayed changes 6509 and back, not subscribed has no prices") {
  Streaming sim{still_ibkr()};
  const auto availability = [&sim] { return sim.client->merged("smd+265598").at("6509"); };
  sim.inject("delayed=1");
  sim.until([&] { return availability() == R"("DPB")"; });
  sim.until([&] { return availability() == R"("RpB")"; });
  sim.inject("not_subscribed");
  sim.until([&] { return availability() == R"("N")"; });
  CHECK_FALSE(sim.client->of("smd+265598").back().values.contains("31"));
  const auto late = sim.connect();
  late->subscribe("8314");
  sim.until([&] { return late->count("smd+8314") == 2; });
  CHECK(late->merged("smd+8314") == sim::ibkr::FieldValues{{"6509", R"("N")"}});
  sim.inject("resume");
  sim.until([&] { return late->merged("smd+8314").contains("31"); });
  sim.inject("availability=ZB");
  sim.until([&] { return availability() == R"("ZB")"; });
}

TEST_CASE("ibkr sim fault: a halt marks the last price and stops it, for one symbol or all") {
  Streaming sim;
  sim.client->subscribe("8314");
  sim.inject("halt=AAPL");
  const auto last = [&sim](const char* topic) { return sim.client->merged(topic).at("31"); };
  sim.until([&] { return last("smd+265598").starts_with("\"H") && sim.client->count("smd+8314") > 2; });
  sim.check_no_data();
  CHECK_FALSE(last("smd+8314").starts_with("\"H"));
  sim.inject("halt");
  sim.until([&] { return last("smd+8314").starts_with("\"H"); });
  sim.inject("resume");
  sim.until([&] { return !last("smd+265598").starts_with("\"H"); });
}

TEST_CASE("ibkr sim fault: lines and expire_streams end data silently") {
  Streaming sim;
  sim.inject("lines=1");
  sim.client->subscribe("8314");
  sim.until([&] { return sim.server.counters().over_lines == 1; });
  sim.until_data();
  CHECK(sim.client->count("smd+8314") == 0);
  sim.inject("expire_streams=8314");
  sim.until_data();
  sim.inject("expire_streams");
  sim.check_no_data();
  CHECK(sim.server.counters().streams_expired == 2);
  sim.client->subscribe("265598");
  sim.until_data();
}

TEST_CASE("ibkr sim fault: bad frames reach the socket beside good ones") {
  Streaming sim;
  for (const char* fault : {"bad_utf8", "truncated", "unknown_topic", "error_frame=no luck", "ntf=a word", "blt=two\nlines"}) sim.inject(fault);
  sim.settle(*sim.client);
  const auto& frames = sim.client->frames;
  const auto any = [&frames](const std::function<bool(const IbkrFrame&)>& what) { return std::any_of(frames.begin(), frames.end(), what); };
  CHECK(any([](const IbkrFrame& frame) { return frame.binary && frame.bytes.find('\x99') != std::string::npos; }));
  CHECK(any([](const IbkrFrame& frame) { return frame.topic.empty() && frame.bytes.starts_with("{") && !frame.bytes.ends_with("}"); }));
  for (const char* topic : {"shs", "inp", "zzz+265598", "ntf"}) CHECK(sim.client->count(topic) == 1);
  CHECK(sim.client->of("error")[0].values.at("error") == R"("no luck")");
  CHECK(sim.client->of("blt").back().bytes.find("\\u000a") != std::string::npos);
  sim.until_data();
}

TEST_CASE("ibkr sim fault: a burst is so many updates at once, of each stream") {
  for (const auto& options : {lively_ibkr(), still_ibkr()}) {
    Streaming sim{options};
    sim.settle(*sim.client);
    const std::size_t before = sim.data();
    sim.inject("burst=100");
    sim.settle(*sim.client);
    CHECK(sim.data() >= before + 100);
  }
}

TEST_CASE("ibkr sim fault: swap turns the order of the streams round once") {
  Streaming sim{still_ibkr()};
  sim.client->subscribe("8314");
  sim.until([&] { return sim.client->count("smd+8314") == 2; });
  // Both streams change on one grid, and nothing else moves.
  const auto order_of = [&](const std::string& fault) {
    const std::size_t from = sim.client->frames.size();
    sim.inject(fault);
    std::vector<std::string> topics;
    sim.until([&] {
      topics.clear();
      for (std::size_t i = from; i < sim.client->frames.size(); ++i) {
        if (sim.client->frames[i].topic.starts_with("smd+")) topics.push_back(sim.client->frames[i].topic);
      }
      return topics.size() >= 2;
    });
    return topics;
  };
  const std::vector<std::string> usual{"smd+265598", "smd+8314"};
  const std::vector<std::string> turned{"smd+8314", "smd+265598"};
  CHECK(order_of("halt") == usual);
  sim.inject("swap");
  CHECK(order_of("resume") == turned);
  CHECK(order_of("halt") == usual);
}

TEST_CASE("ibkr sim fault: volume_suffix is wrong once") {
  Streaming sim;
  sim.inject("volume_suffix");
  const auto wrong = [&sim] {
    const auto frames = sim.client->of("smd+265598");
    return std::find_if(frames.begin(), frames.end(),
                        [](const IbkrFrame& frame) { return frame.values.contains("87") && frame.values.at("87").ends_with("B\""); }) != frames.end();
  };
  sim.until(wrong);
  sim.until([&] { return !sim.client->merged("smd+265598").at("87").ends_with("B\""); });
}

TEST_CASE("ibkr sim fault: REST and upgrades can be refused, so many times or until resume") {
  IbkrFixture sim;
  sim.inject("rest_429=2");
  CHECK(sim.post("tickle").status == 429);
  CHECK(sim.post("tickle").status == 429);
  CHECK(sim.post("tickle").status == 200);
  sim.inject("rest_503");
  CHECK(sim.post("tickle").status == 503);
  sim.inject("refuse=401");
  IbkrClient refused{sim.loop, sim.url(), sim.cookie()};
  sim.until([&] { return refused.closed.has_value(); });
  CHECK(refused.closed->http_status == 401);
  sim.inject("resume");
  CHECK(sim.post("tickle").status == 200);
  static_cast<void>(sim.connect());
}

TEST_CASE("ibkr sim fault: faults with a time wait for it, counted from the first socket") {
  auto options = still_ibkr();
  options.faults = {"drop@0.05"};
  IbkrFixture sim{options};
  IbkrClient client{sim.loop, sim.url(), sim.cookie()};
  sim.until([&] { return client.closed.has_value(); });
  CHECK(sim.server.counters().faults.at("drop") == 1);
  CHECK_FALSE(sim.server.inject("competing=soon").empty());
}
