// The configuration is read anew while data flows: what changed changes, what did not change is not touched, and a mistake changes nothing.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/end_to_end/reloadable.hpp"

namespace tidegate {
namespace {

using test::ReloadableGateway;
using test::SubscriberClient;
using test::TradeWatch;
using test::TradingVenue;

std::string yaml(const std::string& brokers, const std::string& rest = "", const std::string& server = "", const std::string& mode = "inline") {
  return "server: {listen: \"127.0.0.1:0\"" + server + "}\npipeline: {mode: " + mode + "}\nbrokers:\n" + brokers + rest;
}

std::string routed(const std::string& brokers) {
  return "routing:\n  - {venues: [TOY], brokers: [" + brokers + "], failover_after: 50ms, return_after: 200ms}\n";
}

bool names(const std::string& changes, const std::string& key, const std::string& list) {
  return changes.find("\"" + key + "\":[" + list + "]") != std::string::npos;
}

}  // namespace

TEST_CASE("reload: streams of a broker that did not change go on unbroken through reloads of everything else") {
  for (const std::string mode : {"inline", "threads"}) {
    CAPTURE(mode);
    TradingVenue steady{{"ACME"}}, other{{"PEAR"}}, third{{"PLUM"}};
    ReloadableGateway gateway{yaml(steady.section("steady") + other.section("other"), "", "", mode)};
    TradeWatch watch{gateway.port()};
    watch.client.subscribe(R"(["trade"])", R"(["TOY:ACME","TOY:PEAR"])");
    watch.wait_for_trades("TOY:ACME");
    watch.wait_for_trades("TOY:PEAR");

    const std::string limits = ", limits: {outbox: 2MiB, requests_per_minute: 500}";
    const std::vector<std::string> versions = {
        yaml(steady.section("steady") + other.section("other"), "", limits, mode),
        yaml(other.section("other", ", names_per_command: 5") + steady.section("steady"), "", limits, mode),
        yaml(steady.section("steady") + other.section("other") + third.section("third"), "", limits, mode),
        yaml(steady.section("steady") + third.section("third") + other.section("other"), routed("steady, other, third"), limits, mode),
        yaml(steady.section("steady") + third.section("third"), routed("steady, third"), limits, mode),
    };
    for (const std::string& version : versions) {
      const distributor::Reloaded reloaded = gateway.reload(version);
      CHECK_MESSAGE(reloaded.problem.empty(), reloaded.problem);
      watch.wait_for_trades("TOY:ACME", 30);
    }
    watch.wait_for_state("TOY:PEAR", "failed");
    const TradeWatch::Stream& acme = watch.of("TOY:ACME");
    CHECK(acme.holes == 0);
    CHECK(acme.losses == 0);
    CHECK(acme.gaps == 0);
    CHECK(acme.states == std::vector<std::string>{"live"});
    CHECK(steady.commands() == std::vector<std::string>{"LIST", "SUB ACME"});
    CHECK(gateway.gateway().counters(0).connects == 1);
    CHECK(watch.of("TOY:PEAR").holes == 0);
  }
}

TEST_CASE("reload: an added broker delivers, to those who come and to those who wait for its list") {
  TradingVenue first{{"ACME"}}, second{{"PEAR"}};
  ReloadableGateway gateway{yaml(first.section("first"))};
  const distributor::Reloaded reloaded = gateway.reload(yaml(first.section("first") + second.section("second", ", required: false")));
  CHECK(names(reloaded.changes, "added", "\"second\""));
  CHECK(names(reloaded.changes, "changed", ""));
  TradeWatch watch{gateway.port()};
  watch.client.subscribe(R"(["trade"])", R"(["TOY:PEAR"])");
  watch.wait_for_trades("TOY:PEAR");
  CHECK(watch.of("TOY:PEAR").broker == "second");
  CHECK(test::call(gateway.port(), "GET", "/v1/brokers").body.find("\"name\":\"second\"") != std::string::npos);
  CHECK(test::call(gateway.port(), "GET", "/metrics").body.find("broker=\"second\"") != std::string::npos);
}

TEST_CASE("reload: subscribers of a removed broker are told, and have their stream again when it is configured again") {
  for (const std::string mode : {"inline", "threads"}) {
    CAPTURE(mode);
    TradingVenue kept{{"ACME"}}, gone{{"PEAR"}};
    const std::string both = yaml(kept.section("kept") + gone.section("gone"), "", "", mode);
    ReloadableGateway gateway{both};
    TradeWatch watch{gateway.port()};
    watch.client.subscribe(R"(["trade"])", R"(["TOY:PEAR"])");
    watch.wait_for_trades("TOY:PEAR");

    const distributor::Reloaded reloaded = gateway.reload(yaml(kept.section("kept"), "", "", mode));
    CHECK(names(reloaded.changes, "removed", "\"gone\""));
    watch.wait_for_state("TOY:PEAR", "failed");
    CHECK(watch.of("TOY:PEAR").reason == "no configured broker serves it any more");
    watch.client.wait_until("the broker's status", [&] { return watch.broker_state("gone") == "down"; });
    watch.client.wait_until("its connection is closed", [&] { return gone.connections() == 0; });
    CHECK(test::call(gateway.port(), "GET", "/v1/brokers").body.find("gone") == std::string::npos);
    watch.client.wait_until("the others alone count", [&] { return test::call(gateway.port(), "GET", "/ready").status == 200; });
    SubscriberClient late{gateway.port()};
    late.subscribe(R"(["trade"])", R"(["TOY:PEAR"])");
    const auto& result = late.wait_for("a result", [](const auto& m) { return SubscriberClient::is(m, "result"); });
    CHECK(result["results"][0]["code"].GetInt() == 4011);

    CHECK(names(gateway.reload(both).changes, "added", "\"gone\""));
    watch.wait_for_state("TOY:PEAR", "live");
    watch.wait_for_trades("TOY:PEAR");
    CHECK(watch.of("TOY:PEAR").gaps == 1);
    CHECK(watch.of("TOY:PEAR").holes == 0);
  }
}

TEST_CASE("reload: a changed broker begins anew, its numbers go on behind a gap, and demand is sent to it again") {
  TradingVenue before{{"ACME"}}, after{{"ACME"}};
  ReloadableGateway gateway{yaml(before.section("toy"))};
  TradeWatch watch{gateway.port()};
  watch.client.subscribe(R"(["trade"])", R"(["TOY:ACME"])");
  watch.wait_for_trades("TOY:ACME");
  const distributor::Reloaded reloaded = gateway.reload(yaml(after.section("toy")));
  CHECK(names(reloaded.changes, "changed", "\"toy\""));
  watch.client.wait_until("the new venue is asked", [&] { return after.subscribed("ACME") == 1; });
  watch.wait_for_state("TOY:ACME", "live");
  watch.wait_for_trades("TOY:ACME");
  CHECK(watch.of("TOY:ACME").states == std::vector<std::string>{"live", "stale", "live"});
  CHECK(watch.of("TOY:ACME").gaps == 1);
  CHECK(watch.of("TOY:ACME").holes == 0);
  watch.client.wait_until("the old venue is left", [&] { return before.connections() == 0; });
}

TEST_CASE("reload: instruments of a removed broker move to the next one in the rule") {
  for (const std::string mode : {"inline", "threads"}) {
    CAPTURE(mode);
    TradingVenue first{{"ACME"}}, second{{"ACME"}};
    ReloadableGateway gateway{yaml(first.section("first") + second.section("second"), routed("first, second"), "", mode)};
    TradeWatch watch{gateway.port()};
    watch.client.wait_until("both are there", [&] { return test::call(gateway.port(), "GET", "/ready").status == 200; });
    watch.client.subscribe(R"(["trade"])", R"(["TOY:ACME"])");
    watch.wait_for_trades("TOY:ACME");
    CHECK(watch.of("TOY:ACME").broker == "first");
    CHECK(gateway.reload(yaml(second.section("second"), "", "", mode)).problem.empty());
    watch.wait_for_broker("TOY:ACME", "second");
    watch.wait_for_trades("TOY:ACME");
    const TradeWatch::Stream& acme = watch.of("TOY:ACME");
    CHECK(acme.reason == "moved from first to second: first is no longer configured");
    CHECK(acme.gaps == 1);
    CHECK(acme.gap_cause == "failover");
    CHECK(acme.holes == 0);
    CHECK(acme.states.back() == "live");
  }
}

TEST_CASE("reload: another rank moves its streams with a message, and one that ranks nobody otherwise moves nothing") {
  TradingVenue first{{"ACME"}}, second{{"ACME"}};
  const std::string brokers = first.section("first") + second.section("second");
  ReloadableGateway gateway{yaml(brokers, routed("first"))};
  TradeWatch watch{gateway.port()};
  watch.client.wait_until("both are there", [&] { return test::call(gateway.port(), "GET", "/ready").status == 200; });
  watch.client.subscribe(R"(["trade"])", R"(["TOY:ACME"])");
  watch.wait_for_trades("TOY:ACME");
  CHECK(names(gateway.reload(yaml(brokers, routed("first, second"))).changes, "applied", "\"routing\""));
  watch.wait_for_trades("TOY:ACME");
  CHECK(watch.of("TOY:ACME").states == std::vector<std::string>{"live"});
  CHECK(watch.of("TOY:ACME").losses == 0);

  CHECK(gateway.reload(yaml(brokers, routed("second, first"))).problem.empty());
  watch.wait_for_broker("TOY:ACME", "second");
  CHECK(watch.of("TOY:ACME").states == std::vector<std::string>{"live", "live"});
  CHECK(watch.of("TOY:ACME").reason.starts_with("moved from first to second"));
  CHECK(watch.of("TOY:ACME").gaps == 1);

  // One broker alone in the rule, before and after.
  CHECK(gateway.reload(yaml(brokers, routed("first"))).problem.empty());
  watch.wait_for_broker("TOY:ACME", "first");
  watch.wait_for_trades("TOY:ACME");
  CHECK(watch.of("TOY:ACME").states == std::vector<std::string>{"live", "live", "live"});
  CHECK(watch.of("TOY:ACME").holes == 0);
  watch.client.wait_until("the other one is left in the end", [&] { return second.subscribed("ACME") == 0; });
}

TEST_CASE("reload: a mistake anywhere changes nothing and says where it is") {
  TradingVenue first{{"ACME"}}, second{{"PEAR"}};
  ReloadableGateway gateway{yaml(first.section("first"))};
  TradeWatch watch{gateway.port()};
  watch.client.subscribe(R"(["trade"])", R"(["TOY:ACME"])");
  watch.wait_for_trades("TOY:ACME");
  const std::vector<std::pair<std::string, std::string>> mistakes = {
      {yaml(second.section("second"), "nonsense: 1\n"), "nonsense"},
      {yaml(second.section("second", ", names_per_command: 21")), "brokers.second.names_per_command"},
      {yaml(second.section("second"), routed("first")), "routing[0].brokers"},
      {yaml(second.section("second"), "", ", limits: {outbox: none}"), "server.limits.outbox"},
      {"brokers: [", "tidegate.yaml"},
  };
  for (const auto& [text, place] : mistakes) {
    CAPTURE(text);
    const distributor::Reloaded reloaded = gateway.reload(text);
    CHECK_MESSAGE(reloaded.problem.find(place) != std::string::npos, reloaded.problem);
    CHECK(reloaded.problem.find("tidegate.yaml:") != std::string::npos);
  }
  CHECK(gateway.gateway().gateway_counters().reloads == 0);
  CHECK(gateway.gateway().gateway_counters().reloads_refused == mistakes.size());
  watch.wait_for_trades("TOY:ACME");
  CHECK(watch.of("TOY:ACME").losses == 0);
  CHECK(watch.of("TOY:ACME").states == std::vector<std::string>{"live"});
  CHECK(second.commands().empty());
  CHECK(first.commands() == std::vector<std::string>{"LIST", "SUB ACME"});
}

TEST_CASE("reload: limits count at once, also for clients that are connected") {
  TradingVenue venue{{"ACME", "PEAR"}};
  ReloadableGateway gateway{yaml(venue.section("toy"))};
  TradeWatch watch{gateway.port()};
  watch.client.subscribe(R"(["trade"])", R"(["TOY:ACME"])");
  watch.wait_for_trades("TOY:ACME");
  const distributor::Reloaded reloaded = gateway.reload(yaml(venue.section("toy"), "", ", limits: {subscriptions_per_connection: 1}"));
  CHECK(names(reloaded.changes, "applied", "\"server.limits.subscriptions_per_connection\""));
  const std::size_t seen = watch.client.messages().size();
  watch.client.subscribe(R"(["trade"])", R"(["TOY:PEAR"])");
  const auto is_result = [](const auto& m) { return SubscriberClient::is(m, "result"); };
  CHECK(watch.client.wait_for("a result", is_result, seen)["results"][0]["code"].GetInt() == 4014);
  CHECK(gateway.reload(yaml(venue.section("toy"), "", ", limits: {subscriptions_per_connection: 2}")).problem.empty());
  watch.client.subscribe(R"(["trade"])", R"(["TOY:PEAR"])");
  watch.wait_for_trades("TOY:PEAR");
  CHECK(watch.of("TOY:ACME").losses == 0);
}

TEST_CASE("reload: standing subscriptions are taken up and given up") {
  TradingVenue venue{{"ACME", "PEAR"}};
  const auto standing = [](const std::string& symbol) { return "subscriptions:\n  - {channels: [trade], symbols: [\"TOY:" + symbol + "\"]}\n"; };
  ReloadableGateway gateway{yaml(venue.section("toy"), standing("ACME"))};
  SubscriberClient client{gateway.port()};
  client.wait_until("the first one is held", [&] { return venue.subscribed("ACME") == 1; });
  CHECK(names(gateway.reload(yaml(venue.section("toy"), standing("PEAR"))).changes, "applied", "\"subscriptions\""));
  client.wait_until("the second one is held instead", [&] { return venue.subscribed("PEAR") == 1 && venue.subscribed("ACME") == 0; });
}

TEST_CASE("reload: what a running gateway cannot change is named, again and again, and left as it is") {
  TradingVenue venue{{"ACME"}};
  ReloadableGateway gateway{yaml(venue.section("toy"))};
  const std::uint16_t port = gateway.port();
  std::string elsewhere = yaml(venue.section("toy"), "", "", "threads");
  elsewhere.replace(elsewhere.find("127.0.0.1:0"), 11, "127.0.0.1:1");
  for (int i = 0; i < 2; ++i) {
    const distributor::Reloaded reloaded = gateway.reload(elsewhere);
    CHECK(reloaded.problem.empty());
    CHECK(names(reloaded.changes, "waits_for_restart", R"("pipeline.mode","server.listen")"));
    CHECK(names(reloaded.changes, "applied", ""));
  }
  CHECK(test::call(port, "GET", "/health").status == 200);
}

TEST_CASE("reload: two at once are applied one after the other, while brokers are still connecting") {
  for (const std::string mode : {"inline", "threads"}) {
    CAPTURE(mode);
    TradingVenue first{{"ACME"}}, second{{"PEAR"}}, third{{"PLUM"}};
    ReloadableGateway gateway{yaml(first.section("first"), "", "", mode)};
    std::promise<std::vector<distributor::Reloaded>> done;
    gateway.gateway().post([&](Pipeline& pipeline) {
      std::vector<distributor::Reloaded> answers;
      for (const std::string& brokers : {first.section("first") + second.section("second"), second.section("second") + third.section("third"),
                                         second.section("second", ", names_per_command: 7") + third.section("third")}) {
        gateway.write(yaml(brokers, "", "", mode));
        answers.push_back(pipeline.reload());
      }
      done.set_value(std::move(answers));
    });
    const std::vector<distributor::Reloaded> answers = done.get_future().get();
    CHECK(names(answers[0].changes, "added", "\"second\""));
    CHECK(names(answers[1].changes, "added", "\"third\""));
    CHECK(names(answers[1].changes, "removed", "\"first\""));
    CHECK(names(answers[2].changes, "changed", "\"second\""));
    TradeWatch watch{gateway.port()};
    watch.client.wait_until("the last configuration counts", [&] { return test::call(gateway.port(), "GET", "/ready").status == 200; });
    watch.client.subscribe(R"(["trade"])", R"(["TOY:PEAR","TOY:PLUM"])");
    watch.wait_for_trades("TOY:PEAR");
    watch.wait_for_trades("TOY:PLUM");
    watch.client.wait_until("the first is left", [&] { return first.connections() == 0; });
  }
}

TEST_CASE("reload: a gateway that is stopped in the middle of one stops") {
  for (const std::string mode : {"inline", "threads"}) {
    CAPTURE(mode);
    TradingVenue first{{"ACME"}}, second{{"PEAR"}};
    ReloadableGateway gateway{yaml(first.section("first"), "", "", mode)};
    TradeWatch watch{gateway.port()};
    watch.client.expects_close = true;
    watch.client.subscribe(R"(["trade"])", R"(["TOY:ACME"])");
    watch.wait_for_trades("TOY:ACME");
    gateway.write(yaml(second.section("second"), "", "", mode));
    std::promise<std::string> late;
    gateway.gateway().post([&](Pipeline& pipeline) {
      CHECK(pipeline.reload().problem.empty());
      pipeline.stop("the test ends");
      pipeline.loop().post([&] { late.set_value(pipeline.reload().problem); });
    });
    CHECK(late.get_future().get() == "the gateway is being stopped");
    watch.client.wait_until("the client is told", [&] { return watch.client.closed(); });
    CHECK(watch.client.closing().code == 4050);
    gateway.gateway().stop();
  }
}

}  // namespace tidegate
