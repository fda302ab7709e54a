// Peers that fall silent: pinged, and given up where not even a pong comes.
#include <doctest/doctest.h>

#include "tests/distributor/hub_fixture.hpp"
#include "tests/sessions/people.hpp"

using namespace tidegate;
using namespace tidegate::test;
using namespace std::chrono_literals;

TEST_CASE("liveness: a client that answers pings stays, however little it says") {
  DistributorOptions options = test_options();
  options.heartbeat = 10s;
  Gateway gateway(options);
  Client client(gateway);
  for (int i = 0; i < 20; ++i) {
    gateway.advance(10s);
    const std::size_t seen = client.messages.size();
    gateway.until([&] { return client.messages.size() > seen || client.closed.code != 0; });  // the heartbeat, sent right behind the ping
  }
  CHECK(client.closed.code == 0);
  CHECK(gateway.telemetry.gateway.heartbeats_missed == 0);
}

TEST_CASE("liveness: a client of which nothing is heard for three heartbeats is told 4051 and closed") {
  DistributorOptions options = test_options();
  options.heartbeat = 10s;
  HubFixture fixture(options);
  FakeConnection silent, talking, slow;
  for (FakeConnection* connection : {&silent, &talking, &slow}) {
    fixture.keeper.watch(fixture.join(*connection));
  }
  const auto pass = [&](Duration time) {
    const distributor::Hub::Scope scope(fixture.hub);
    fixture.clock.advance(time);
    fixture.keeper.do_work(fixture.clock.mono());
  };
  slow.queued = 1000;
  pass(9s);
  CHECK(silent.pings == 0);
  pass(1s);
  CHECK(silent.pings == 1);
  pass(10s);
  CHECK(silent.pings == 2);
  fixture.keeper.heard(*static_cast<distributor::Subscriber*>(talking.user));
  pass(9999ms);
  CHECK(silent.closed_code == 0);
  pass(1ms);
  CHECK(silent.closed_code == 4051);
  CHECK(field(silent.messages.back(), "code") == "4051");
  CHECK_FALSE(field(silent.messages.back(), "hint").empty());
  CHECK(talking.closed_code == 0);
  CHECK(slow.closed_code == 0);  // what waits for it is judged as slowness
  CHECK(fixture.telemetry.gateway.heartbeats_missed == 1);
  slow.queued = 0;
  pass(10s);
  CHECK(slow.closed_code == 4051);
  for (FakeConnection* connection : {&silent, &talking, &slow}) fixture.leave(*connection);
}

TEST_CASE("liveness: one long pause of our own is no silence of the peer") {
  HubFixture fixture;
  FakeConnection connection;
  fixture.keeper.watch(fixture.join(connection));
  const distributor::Hub::Scope scope(fixture.hub);
  fixture.clock.advance(1h);
  fixture.keeper.do_work(fixture.clock.mono());
  CHECK(connection.pings == 1);
  CHECK(connection.closed_code == 0);
  fixture.leave(connection);
}
