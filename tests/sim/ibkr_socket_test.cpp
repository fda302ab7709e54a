// The socket: who may speak, what comes first, what keeps it alive, and the commands that are not market data.
#include "tests/sim/ibkr_support.hpp"

using namespace tidegate;
using namespace tidegate::test;

TEST_CASE("ibkr sim socket: a cookie, a cookie of JSON and a message authorise alike") {
  IbkrFixture sim;
  const std::string session = sim.server.session();
  IbkrClient cookie{sim.loop, sim.url(), {{"Cookie", "x-sess-uuid=1; api=" + session}}};
  IbkrClient json{sim.loop, sim.url(), {{"Cookie", R"(api={"session":")" + session + R"("})"}}};
  IbkrClient message{sim.loop, sim.url()};
  sim.until([&] { return cookie.greeted() && json.greeted() && !message.frames.empty(); });
  CHECK(message.frames[0].bytes == R"({"message":"waiting for session"})");
  message.send(R"({"session":")" + session + R"("})");
  sim.until([&] { return message.greeted(); });
  std::vector<std::string> how;
  for (const auto& connection : sim.server.connections()) how.push_back(connection.authorised_by);
  std::sort(how.begin(), how.end());
  CHECK(how == std::vector<std::string>{"cookie", "json cookie", "message"});
  for (const IbkrClient* client : {&cookie, &json}) CHECK(client->frames.size() == 3);
  CHECK(message.frames.size() == 4);
}

TEST_CASE("ibkr sim socket: until it is authorised nothing else comes, and commands are lost") {
  IbkrFixture sim;
  sim.prime();
  const auto other = sim.connect();
  IbkrClient client{sim.loop, sim.url()};
  sim.until([&] { return client.opened; });
  client.subscribe("265598");
  client.send("tic");
  sim.until([&] { return sim.server.counters().early_commands == 2; });
  sim.pass(*other);
  CHECK(client.frames.size() == 1);
  CHECK(client.heartbeats.empty());
  CHECK(sim.server.connections().back().streams.empty());
}

TEST_CASE("ibkr sim socket: system, act and sts come in this order, then heartbeats") {
  IbkrFixture sim;
  const auto client = sim.connect();
  sim.until([&] { return client->heartbeats.size() >= 2; });
  REQUIRE(client->frames.size() == 3);
  CHECK(client->frames[0].topic == "system");
  CHECK(client->frames[0].values.at("success") == R"("simuser")");
  CHECK(client->frames[1].topic == "act");
  CHECK(sim::ibkr::read_member(client->frames[1].values.at("args"), "sessionId") != sim.server.session());
  CHECK(client->frames[2].topic == "sts");
  CHECK(sim::ibkr::read_flag(client->frames[2].values.at("args"), "authenticated"));
  CHECK(client->frames[2].binary);
  CHECK(client->heartbeats[0].binary);
  CHECK(client->heartbeats[0].values.at("hb").size() == 13);
}

TEST_CASE("ibkr sim socket: a wrong session closes with 1000 and no word, or is refused when that is wanted") {
  auto options = still_ibkr();
  {
    IbkrFixture sim{options};
    IbkrClient cookie{sim.loop, sim.url(), {{"Cookie", "api=0123"}}};
    IbkrClient message{sim.loop, sim.url()};
    sim.until([&] { return message.opened; });
    message.send(R"({"session":"0123"})");
    sim.until([&] { return cookie.closed && message.closed; });
    for (const IbkrClient* client : {&cookie, &message}) {
      CHECK(client->closed->code == 1000);
      CHECK(client->closed->reason.empty());
      CHECK_FALSE(client->greeted());
    }
    CHECK(sim.server.counters().bad_sessions == 2);
  }
  options.refuse_bad_session = true;
  IbkrFixture sim{options};
  IbkrClient refused{sim.loop, sim.url(), {{"Cookie", "api=0123"}}};
  IbkrClient elsewhere{sim.loop, sim.url("/ws"), sim.cookie()};
  sim.until([&] { return refused.closed && elsewhere.closed; });
  CHECK(refused.closed->http_status == 401);
  CHECK(elsewhere.closed->http_status == 404);
}

TEST_CASE("ibkr sim socket: frames are binary, text or both") {
  auto options = still_ibkr();
  options.frames = sim::ibkr::Frames::Text;
  IbkrFixture text{options};
  const auto plain = text.connect();
  CHECK(std::none_of(plain->frames.begin(), plain->frames.end(), [](const IbkrFrame& frame) { return frame.binary; }));
  options.frames = sim::ibkr::Frames::Mixed;
  IbkrFixture mixed{options};
  const auto both = mixed.connect();
  CHECK(std::any_of(both->frames.begin(), both->frames.end(), [](const IbkrFrame& frame) { return frame.binary; }));
  CHECK(std::any_of(both->frames.begin(), both->frames.end(), [](const IbkrFrame& frame) { return !frame.binary; }));
}

TEST_CASE("ibkr sim socket: tic is answered by identical copies, and ech+hb as it is") {
  auto options = still_ibkr();
  IbkrFixture sim{options};
  const auto client = sim.connect();
  client->send("tic");
  client->send("ech+hb");
  sim.settle(*client);
  const auto answers = client->of("tic");
  REQUIRE(answers.size() == 4);
  for (const IbkrFrame& answer : answers) CHECK(answer.bytes == answers[0].bytes);
  CHECK(answers[0].values.at("id") == "\"" + sim.server.session() + "\"");
  CHECK(client->frames.back().bytes == "ech+hb");
  options.tic_answers = 1;
  IbkrFixture once{options};
  const auto other = once.connect();
  other->send("tic");
  once.settle(*other);
  CHECK(other->count("tic") == 1);
}

TEST_CASE("ibkr sim socket: an unknown code is an error frame, a session that nobody asked for too, and the socket stays open") {
  IbkrFixture sim;
  const auto client = sim.connect();
  client->send("xyz+265598+{}");
  client->send(R"({"session":")" + sim.server.session() + R"("})");
  sim.settle(*client);
  const auto errors = client->of("error");
  REQUIRE(errors.size() == 2);
  CHECK(errors[0].values.at("error") == R"("Topic unknown 'xyz'")");
  CHECK(errors[1].values.at("error") == R"("Topic unknown '{\"s'")");
  CHECK_FALSE(client->closed);
}

TEST_CASE("ibkr sim socket: ends of account topics are confirmed as documented, ends of market data are not") {
  IbkrFixture sim;
  sim.prime();
  const auto client = sim.connect();
  const std::size_t before = client->frames.size();
  for (const char* command : {"umd+265598+{}", "uor+{}", "upl+{}", "utr", "usd+DU0000001+{}", "uld+DU0000001+{}", "umh+7"}) client->send(command);
  sim.settle(*client);
  REQUIRE(client->frames.size() == before + 3);
  CHECK(client->frames[before].bytes == R"({"result":"unsubscribed from summary"})");
  CHECK(client->frames[before + 1].bytes == R"({"result":"unsubscribed from ledger"})");
  CHECK(client->frames[before + 2].bytes == R"({"message":"Unsubscribed 7"})");
}

TEST_CASE("ibkr sim socket: orders are silent until one changes, executions come twice, profit, summary and ledger have their shapes") {
  IbkrFixture sim;
  sim.prime();
  const auto client = sim.connect();
  client->send("sor+{}");
  client->send(R"(str+{"realtimeUpdatesOnly":false,"days":1})");
  client->send("spl+{}");
  client->send(R"(ssd+DU0000001+{"keys":["NetLiquidation"],"fields":["currency","monetaryValue"]})");
  client->send(R"(sld+DU0000001+{"keys":["LedgerListUSD"],"fields":["cashbalance"]})");
  sim.until([&] { return client->count("spl") == 1 && client->count("ssd+DU0000001") == 1 && client->count("sld+DU0000001") == 1; });
  CHECK(client->count("sor") == 0);
  REQUIRE(client->count("str") == 1);
  CHECK(client->of("str")[0].bytes == R"({"topic":"str","args":[]})");
  CHECK(client->of("sld+DU0000001")[0].bytes.find("LedgerListUSD") != std::string::npos);
  sim.inject("order");
  sim.inject("execution");
  sim.settle(*client);
  CHECK(client->count("sor") == 6);
  REQUIRE(client->count("str") == 3);
  CHECK(client->of("str")[1].bytes.find("commission") == std::string::npos);
  CHECK(client->of("str")[2].bytes.find("commission") != std::string::npos);
}

TEST_CASE("ibkr sim socket: a new socket begins empty") {
  IbkrFixture sim{lively_ibkr()};
  sim.prime();
  {
    const auto first = sim.connect();
    first->subscribe("265598");
    sim.until([&] { return first->count("smd+265598") >= 2; });
  }
  const auto second = sim.connect();
  sim.until([&] { return sim.server.connections().size() == 1; });
  sim.pass(*second);
  CHECK(second->count("smd+265598") == 0);
}
