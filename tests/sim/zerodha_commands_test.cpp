// What commands bring: snapshots, modes, limits, and silence for what the broker does not understand.
#include "tests/sim/zerodha_support.hpp"

using namespace tidegate;
using namespace tidegate::test;

TEST_CASE("kite sim: a subscription brings one message of snapshots in quote mode, in order") {
  KiteFixture sim;
  KiteClient client{sim.loop, sim.url()};
  sim.until_open(client);
  client.send(R"({"a":"subscribe","v":[738561,256265,408065]})");
  sim.until([&] { return client.data.size() == 1; });
  CHECK(client.data[0] == message_of({sim.server.packet(kReliance, kite::Mode::Quote), sim.server.packet(kNifty, kite::Mode::Quote),
                                      sim.server.packet(kInfy, kite::Mode::Quote)}));
  CHECK(sim.server.packet(kReliance, kite::Mode::Quote).size() == 44);
  CHECK(sim.server.packet(kNifty, kite::Mode::Quote).size() == 28);
  const auto connection = sim.server.connections().at(0);
  CHECK(connection.tokens == std::vector<std::uint32_t>{kReliance, kNifty, kInfy});
  CHECK(connection.modes.at(kInfy) == kite::Mode::Quote);
}

TEST_CASE("kite sim: a mode brings a snapshot in that mode, subscribes where need be, and the last one wins") {
  KiteFixture sim;
  KiteClient client{sim.loop, sim.url()};
  sim.until_open(client);
  client.send(R"({ "v" : [ "full", [256265, 738561] ], "a" : "mode" })");
  sim.until([&] { return client.data.size() == 1; });
  CHECK(client.data[0] == message_of({sim.server.packet(kNifty, kite::Mode::Full), sim.server.packet(kReliance, kite::Mode::Full)}));
  CHECK(client.data[0].size() == 2 + 2 + 32 + 2 + 184);
  client.send(R"({"a":"mode","v":["ltp",[256265]]})");
  sim.until([&] { return client.data.size() == 2; });
  CHECK(client.data[1] == message_of({sim.server.packet(kNifty, kite::Mode::Ltp)}));
  client.send(R"({"a":"subscribe","v":[738561]})");
  sim.until([&] { return client.data.size() == 3; });
  const auto modes = sim.server.connections().at(0).modes;
  CHECK(modes.at(kNifty) == kite::Mode::Ltp);
  CHECK(modes.at(kReliance) == kite::Mode::Full);
}

TEST_CASE("kite sim: whether a repeated subscription resets the mode is an option, and so are snapshots") {
  auto options = still_options();
  options.subscribe_resets_mode = true;
  options.snapshots = false;
  KiteFixture sim{options};
  KiteClient client{sim.loop, sim.url()};
  sim.until_open(client);
  client.send(R"({"a":"mode","v":["full",[738561]]})");
  client.send(R"({"a":"subscribe","v":[738561]})");
  sim.until([&] { return sim.server.counters().subscribe_commands == 1; });
  CHECK(sim.server.connections().at(0).modes.at(kReliance) == kite::Mode::Quote);
  sim.settle(client);
  CHECK(client.data.empty());
}

TEST_CASE("kite sim: what is unsubscribed comes no more, the rest keeps its order") {
  KiteFixture sim;
  KiteClient client{sim.loop, sim.url()};
  sim.until_open(client);
  client.send(R"({"a":"subscribe","v":[738561,256265,408065]})");
  client.send(R"({"a":"unsubscribe","v":[256265,1]})");
  sim.until([&] { return sim.server.counters().unsubscribe_commands == 1; });
  CHECK(sim.server.connections().at(0).tokens == std::vector<std::uint32_t>{kReliance, kInfy});
  CHECK(sim.server.publish(body_of(kNifty, 28)) == 0);
  CHECK(sim.server.publish(body_of(kInfy, 44)) == 1);
  sim.until([&] { return client.data.size() == 2; });
  CHECK(client.data[1] == message_of({body_of(kInfy, 44)}));
}

TEST_CASE("kite sim: modes are each connection's own") {
  KiteFixture sim;
  KiteClient one{sim.loop, sim.url()}, two{sim.loop, sim.url()};
  sim.until_open(one);
  sim.until_open(two);
  one.send(R"({"a":"mode","v":["ltp",[738561]]})");
  two.send(R"({"a":"mode","v":["full",[738561]]})");
  sim.until([&] { return one.data.size() == 1 && two.data.size() == 1; });
  CHECK(one.data[0].size() == 4 + 8);
  CHECK(two.data[0].size() == 4 + 184);
}

TEST_CASE("kite sim: tokens as text, unknown tokens, wrong shapes and broken JSON are ignored without a word") {
  KiteFixture sim;
  KiteClient client{sim.loop, sim.url()};
  sim.until_open(client);
  const std::vector<std::string> lines = {R"({"a":"subscribe","v":["738561"]})",
                                          R"({"a":"subscribe","v":[1,2,99999999999,-4,1.5]})",
                                          R"({"a":"subscribe","v":["full",[738561]]})",
                                          R"({"a":"mode","v":["deep",[738561]]})",
                                          R"({"a":"mode","v":[738561]})",
                                          R"({"a":"subscribe"})",
                                          R"({"a":7,"v":[]})",
                                          R"([1])",
                                          R"({"a":"subscribe","v":[738561)",
                                          "",
                                          R"({"a":"order","v":[738561]})"};
  for (const std::string& line : lines) client.send(line);
  client.socket.send_binary(R"({"a":"subscribe","v":[738561]})");
  client.send(R"({"a":"subscribe","v":[408065]})");
  sim.until([&] { return client.data.size() == 1; });
  sim.settle(client);
  CHECK(client.data[0] == message_of({sim.server.packet(kInfy, kite::Mode::Quote)}));
  CHECK(client.texts.size() == 1);
  CHECK(sim.server.connections().at(0).tokens == std::vector<std::uint32_t>{kInfy});
  CHECK(sim.server.counters().unknown_tokens == 2);
}

TEST_CASE("kite sim: unknown tokens bring an error text when that is asked for") {
  auto options = still_options();
  options.unknown_token_error = true;
  KiteFixture sim{options};
  KiteClient client{sim.loop, sim.url()};
  sim.until_open(client);
  client.send(R"({"a":"subscribe","v":[77]})");
  sim.until([&] { return client.texts.size() == 2; });
  CHECK(client.texts[1] == R"({"type":"error","data":"Unknown instrument 77"})");
}

TEST_CASE("kite sim: beyond 3,000 instruments there is one error text, the earlier ones stay") {
  auto options = still_options();
  options.symbols = 3'100;
  KiteFixture sim{options};
  KiteClient client{sim.loop, sim.url()};
  sim.until_open(client);
  std::string all = R"({"a":"subscribe","v":[)";
  for (const std::uint32_t token : sim.server.tokens()) all += std::to_string(token) + ",";
  all.back() = ']';
  client.send(all + "}");
  sim.until([&] { return client.texts.size() == 2; });
  CHECK(client.texts[1] == R"({"type":"error","data":"Can't subscribe to more than 3000 instruments."})");
  CHECK(sim.server.connections().at(0).tokens.size() == 3'000);
  CHECK(client.bodies().size() == 3'000);
  client.send(R"({"a":"mode","v":["full",[738561]]})");
  sim.until([&] { return client.data.size() == 2; });
  CHECK(client.texts.size() == 2);
}

TEST_CASE("kite sim: a message is count, length and body, big-endian") {
  KiteFixture sim;
  KiteClient client{sim.loop, sim.url()};
  sim.until_open(client);
  client.send(R"({"a":"mode","v":["ltp",[884737]]})");
  sim.until([&] { return client.data.size() == 1; });
  CHECK(to_hex(client.data[0]) == "00010008000d80010000997f");
  sim.server.publish(from_hex("000d8001 00009980"));
  sim.until([&] { return client.data.size() == 2; });
  CHECK(to_hex(client.data[1]) == "00010008000d800100009980");
}

TEST_CASE("kite sim: a packet by hand reaches who subscribed its token, whatever the mode, and later snapshots begin with it") {
  KiteFixture sim;
  KiteClient one{sim.loop, sim.url()}, two{sim.loop, sim.url()};
  sim.until_open(one);
  sim.until_open(two);
  one.send(R"({"a":"mode","v":["ltp",[738561]]})");
  two.send(R"({"a":"subscribe","v":[408065]})");
  sim.until([&] { return one.data.size() == 1 && two.data.size() == 1; });
  const std::string full = body_of(kReliance, 184, 1'000);
  CHECK(sim.server.publish(full) == 1);
  sim.until([&] { return one.data.size() == 2; });
  CHECK(one.data[1] == message_of({full}));
  two.send(R"({"a":"subscribe","v":[738561]})");
  sim.until([&] { return two.data.size() == 2; });
  CHECK(two.data[1] == message_of({full.substr(0, 44)}));
  CHECK(sim.server.publish_message(from_hex("0007 6f6464")) == 2);
  sim.server.publish_text(R"({"type":"message","data":"hello"})");
  sim.until([&] { return two.data.size() == 3 && one.texts.size() == 2; });
}
