// Readers without room: what they lose of topics is told exactly, and nothing else waits for them.
#include <doctest/doctest.h>

#include <string>

#include "tests/topics/users.hpp"

using namespace tidegate;
using namespace tidegate::test;

namespace {

DistributorOptions small_outboxes() {
  DistributorOptions options = options_with_users();
  options.outbox_bytes = 4'000;
  return options;
}

struct Topical : HubFixture {
  explicit Topical(DistributorOptions options = small_outboxes()) : HubFixture(std::move(options)) {
    reader_ = &join(connection);
    Identity identity;
    identity.user = "alice";
    identity.admin = true;
    reader_->identity = std::make_shared<const Identity>(identity);
  }
  distributor::Published publish(std::string topic, std::string data, bool retain = false) {
    const distributor::Hub::Scope scope(hub);
    distributor::PublishRequest request;
    request.topic = std::move(topic);
    request.data = std::move(data);
    request.retain = retain;
    Identity identity;
    identity.admin = true;
    return hub.topics->publish(identity, request);
  }
  std::vector<std::string> take() { return std::exchange(connection.messages, {}); }

  FakeConnection connection;

 private:
  distributor::Subscriber* reader_ = nullptr;
};

std::string text_of(std::size_t bytes) { return '"' + std::string(bytes, 'x') + '"'; }

}  // namespace

TEST_CASE("topics: a reader without room is told of exactly what it lost as soon as it has some, and goes on") {
  Topical hub;
  hub.ask(hub.connection, R"({"op":"subscribe","topics":["orders"]})");
  hub.publish("orders", "1");
  hub.take();
  hub.connection.queued = 4'300;
  CHECK(hub.publish("orders", "2").delivered == 0);
  CHECK(hub.publish("orders", "3").delivered == 0);
  CHECK(hub.connection.messages.empty());
  CHECK_FALSE(hub.hub.topics->feed_waiting());
  hub.connection.queued = 100;
  CHECK(hub.publish("orders", "4").delivered == 0);  // not before the loss is told
  CHECK(hub.hub.topics->feed_waiting());
  CHECK(hub.publish("orders", "5").delivered == 1);
  const std::vector<std::string> messages = hub.take();
  REQUIRE(messages.size() == 2);
  CHECK(messages[0] == R"({"type":"gap","topic":"orders","from_seq":2,"to_seq":4,"cause":"slow_client"})");
  CHECK(field(messages[1], "seq") == "5");
  CHECK(hub.telemetry.gateway.topic_messages_lost == 3);
  CHECK_FALSE(hub.hub.topics->feed_waiting());
}

TEST_CASE("topics: a reader that goes on losing is told exactly what did not leave, and closed") {
  Topical hub;
  hub.ask(hub.connection, R"({"op":"subscribe","topics":["a","b"]})");
  hub.publish("a", "1");
  hub.publish("b", "1");
  hub.connection.take(hub.connection.queued);
  hub.take();
  for (int i = 0; i < 5; ++i) hub.publish("a", text_of(900));  // 2 to 6, of which three have room
  hub.publish("b", text_of(900));
  hub.connection.take(100);  // 2 has begun to leave
  hub.hub.topics->feed_waiting();
  hub.clock.advance(hub.hub.options.slow_reader_timeout);
  {
    const distributor::Hub::Scope scope(hub.hub);
    hub.publisher.check_slow(hub.clock.mono());
  }
  const std::vector<std::string> messages = hub.take();
  REQUIRE(messages.size() == 4);
  CHECK(field(messages[0], "seq") == "2");
  CHECK(messages[1] == R"({"type":"gap","topic":"a","from_seq":3,"to_seq":6,"cause":"slow_client"})");
  CHECK(messages[2] == R"({"type":"gap","topic":"b","from_seq":2,"to_seq":2,"cause":"slow_client"})");
  CHECK(field(messages[3], "code") == "4021");
  CHECK(messages[3].find("5 messages lost") != std::string::npos);
  CHECK(hub.connection.closed_code == 4021);
}

TEST_CASE("topics: a reader that has caught up is no slow one") {
  Topical hub;
  hub.ask(hub.connection, R"({"op":"subscribe","topics":["a"]})");
  hub.connection.queued = 4'300;
  hub.publish("a", "1");
  hub.connection.queued = 0;
  CHECK(hub.hub.topics->feed_waiting());
  hub.clock.advance(hub.hub.options.slow_reader_timeout * 2);
  {
    const distributor::Hub::Scope scope(hub.hub);
    hub.connection.queued = 0;
    hub.publisher.check_slow(hub.clock.mono());
  }
  CHECK(hub.connection.closed_code == 0);
  CHECK(static_cast<distributor::Subscriber*>(hub.connection.user)->slowness.losing == 0);
}

TEST_CASE("topics: many retained values leave as fast as they are read, each before anything else of its topic") {
  Topical hub;
  for (int i = 0; i < 10; ++i) hub.publish("t" + std::to_string(i), text_of(900), true);
  hub.ask(hub.connection, R"({"op":"subscribe","topics":["t0","t1","t2","t3","t4","t5","t6","t7","t8","t9"]})");
  const std::size_t at_once = hub.connection.messages.size() - 1;
  CHECK(at_once < 4);
  hub.publish("t9", "2");
  hub.publish("t8", "2", true);
  for (int round = 0; round < 20; ++round) {
    hub.connection.queued = 0;
    hub.hub.topics->feed_waiting();
  }
  const std::vector<std::string> messages = hub.take();
  std::vector<std::string> of_last;
  for (const std::string& message : messages) {
    if (field(message, "topic") == "t9" || field(message, "topic") == "t8") of_last.push_back(message.substr(0, 60));
  }
  REQUIRE(messages.size() == 12);  // the result, ten values, one gap
  CHECK(messages[10].find(R"("topic":"t9","seq":1)") != std::string::npos);
  CHECK(messages[11] == R"({"type":"gap","topic":"t9","from_seq":2,"to_seq":2,"cause":"resume_window"})");
  CHECK(messages[9].find(R"("topic":"t8","seq":2)") != std::string::npos);  // the newest one: nothing was missed
  CHECK(hub.connection.closed_code == 0);
}

TEST_CASE("topics: a value that is taken away before it could be given leaves an exact gap") {
  Topical hub;
  hub.publish("a", text_of(100), true);
  hub.connection.queued = 3'000;
  hub.ask(hub.connection, R"({"op":"subscribe","topics":["a"]})");
  hub.publish("a", "null", true);
  hub.publish("a", "3");
  hub.connection.queued = 0;
  hub.hub.topics->feed_waiting();
  const std::vector<std::string> messages = hub.take();
  REQUIRE(messages.size() == 2);
  CHECK(messages[1] == R"({"type":"gap","topic":"a","from_seq":2,"to_seq":3,"cause":"slow_client"})");
}

TEST_CASE("topics: who subscribes and unsubscribes without reading costs no growing list") {
  Topical hub;
  hub.publish("a", text_of(100), true);
  hub.connection.queued = 4'300;
  hub.connection.kernel_room = 0;
  for (int i = 0; i < 100; ++i) {
    hub.ask(hub.connection, R"({"op":"subscribe","topics":["a"]})");
    hub.ask(hub.connection, R"({"op":"unsubscribe","topics":["a"]})");
    hub.connection.queued = 4'300;
  }
  CHECK(static_cast<distributor::Subscriber*>(hub.connection.user)->topics_due.size() < 10);
}

TEST_CASE("topics: a retained value for which there is no room yet waits, and costs a healthy reader nothing") {
  Topical hub;
  hub.publish("a", text_of(3'000), true);
  hub.connection.queued = 1'500;
  hub.ask(hub.connection, R"({"op":"subscribe","topics":["a"]})");
  hub.hub.topics->feed_waiting();
  CHECK(hub.connection.messages.size() == 1);
  CHECK(hub.connection.closed_code == 0);
  hub.connection.queued = 0;
  hub.hub.topics->feed_waiting();
  REQUIRE(hub.connection.messages.size() == 2);
  CHECK(field(hub.connection.messages[1], "retained") == "true");
}

TEST_CASE("topics: one encoding serves all readers of a format") {
  Topical hub;
  FakeConnection second;
  hub.join(second).identity = static_cast<distributor::Subscriber*>(hub.connection.user)->identity;
  for (FakeConnection* const connection : {&hub.connection, &second}) hub.ask(*connection, R"({"op":"subscribe","topics":["a"]})");
  hub.publish("a", "1");
  REQUIRE(hub.connection.identities.size() == second.identities.size());
  CHECK(hub.connection.identities.back() == second.identities.back());
}
