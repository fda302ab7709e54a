// What differs between two configurations, and what follows from it.
#include "gateway/reload_plan.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <string>
#include <vector>

#include "brokers/registry.hpp"
#include "tests/support/temporary_folder.hpp"

namespace tidegate {
namespace {

using Keys = std::vector<std::string>;

/// A running gateway's configuration, and reloads of it.
struct Reloads {
  explicit Reloads(const std::string& yaml) : running(read(yaml)), retired(running.brokers.size(), false) {}

  [[nodiscard]] Config read(const std::string& yaml) const {
    const auto path = folder.path() / "tidegate.yaml";
    std::ofstream{path} << yaml;
    return load_config(path, all_adapters());
  }
  ReloadPlan plan(const std::string& yaml, bool renewable = true) const {
    return plan_reload(running, retired, read(yaml), [renewable](BrokerId) { return renewable; });
  }
  /// Another reload builds on it.
  ReloadPlan apply(const std::string& yaml) {
    ReloadPlan next = plan(yaml);
    running = next.config;
    retired = next.retired;
    return next;
  }

  test::TemporaryFolder folder;
  Config running;
  std::vector<bool> retired;
};

std::string brokers(const std::string& kite_keys = "access_token: token", const std::string& more = "") {
  return "brokers:\n  spot: {adapter: binance}\n  kite: {adapter: zerodha, api_key: key, " + kite_keys + "}\n" + more;
}

const std::vector<BrokerId> kNone;

}  // namespace

TEST_CASE("reload plan: the same configuration changes nothing, in whatever order it is written") {
  const Reloads reloads{brokers()};
  const ReloadPlan plan = reloads.plan("brokers:\n  kite: {access_token: token, adapter: zerodha, api_key: key}\n  spot: {adapter: binance}\n");
  CHECK_FALSE(plan.changes_brokers());
  CHECK(plan.applied.empty());
  CHECK(plan.waiting.empty());
  CHECK(plan.words().empty());
  CHECK(plan.json() == R"("added":[],"removed":[],"changed":[],"renewed":[],"relisted":[],"applied":[],"waits_for_restart":[])");
  REQUIRE(plan.config.brokers.size() == 2);
  CHECK(plan.config.brokers[0].name == "spot");
  CHECK(plan.config.brokers[1].id == BrokerId{1});
}

TEST_CASE("reload plan: brokers keep their place, come back to it, and new ones come behind") {
  Reloads reloads{brokers()};
  const ReloadPlan without = reloads.apply(
      "brokers:\n  usdm: {adapter: binance, market: usdm}\n  kite: {adapter: zerodha, api_key: key, "
      "access_token: token}\n");
  CHECK(without.added == std::vector{BrokerId{2}});
  CHECK(without.removed == std::vector{BrokerId{0}});
  CHECK(without.changed == kNone);
  CHECK(without.retired == std::vector{true, false, false});
  CHECK(without.config.brokers[2].name == "usdm");
  CHECK(&adapter_of(without.config, BrokerId{1}) != &adapter_of(without.config, BrokerId{2}));
  CHECK(read_broker_again(without.config, BrokerId{2}).id == BrokerId{2});
  const ReloadPlan again = reloads.apply(brokers());
  CHECK(again.added == std::vector{BrokerId{0}});
  CHECK(again.removed == std::vector{BrokerId{2}});
  CHECK(again.retired == std::vector{false, false, true});
}

TEST_CASE("reload plan: a broker whose keys differ begins anew; of its credentials alone only where it must") {
  const Reloads reloads{brokers()};
  CHECK(reloads.plan(brokers("access_token: token, stale_after: 9s")).changed == std::vector{BrokerId{1}});
  CHECK(reloads.plan(brokers("access_token: token, connections_max: 2")).changed == std::vector{BrokerId{1}});
  CHECK(reloads.plan(brokers("access_token: other")).renewed == std::vector{BrokerId{1}});
  CHECK(reloads.plan(brokers("access_token: other")).changed == kNone);
  CHECK(reloads.plan(brokers("access_token: other"), false).changed == std::vector{BrokerId{1}});
  CHECK(reloads.plan(brokers("access_token: other, stale_after: 9s")).renewed == kNone);
}

TEST_CASE("reload plan: names of instruments that come or go leave the broker's streams alone, a name that means another id does not") {
  const auto named = [](const std::string& ids) {
    return brokers("access_token: token", "instruments:\n  - {symbol: \"NSE:X\", ids: {" + ids + "}}\n");
  };
  const ReloadPlan come = Reloads{brokers()}.plan(named("kite: 738561"));
  CHECK(come.relisted == std::vector{BrokerId{1}});
  CHECK(come.changed == kNone);
  const Reloads reloads{named("kite: 738561")};
  CHECK(reloads.plan(brokers()).relisted == std::vector{BrokerId{1}});
  CHECK(reloads.plan(named("kite: 738561")).relisted == kNone);
  const ReloadPlan other = reloads.plan(named("kite: 408065"));
  CHECK(other.changed == std::vector{BrokerId{1}});
  CHECK(other.relisted == kNone);
}

TEST_CASE("reload plan: a secret behind a reference is followed by its session, and no change while the reference is the same") {
  test::TemporaryFolder folder;
  const std::string file = (folder.path() / "token").string();
  std::ofstream{file} << "monday\n";
  const Reloads reloads{brokers("access_token: \"${file:" + file + "}\"")};
  std::ofstream{file} << "tuesday\n";
  CHECK_FALSE(reloads.plan(brokers("access_token: \"${file:" + file + "}\"")).changes_brokers());
  CHECK(reloads.plan(brokers("access_token: tuesday")).renewed == std::vector{BrokerId{1}});
}

TEST_CASE("reload plan: what the gateway itself reads of a broker touches no session") {
  const Reloads reloads{brokers()};
  const ReloadPlan plan = reloads.plan(brokers("access_token: token, required: false, linger: 5s"));
  CHECK_FALSE(plan.changes_brokers());
  CHECK(plan.applied == Keys{"brokers.kite.required", "brokers.kite.linger"});
  CHECK_FALSE(plan.config.brokers[1].required);
}

TEST_CASE("reload plan: keys that count at once are told from those that wait, which stay as they are and are named each time") {
  Reloads reloads{brokers()};
  const std::string other = brokers() +
                            "server: {listen: 127.0.0.1:1, limits: {outbox: 2MiB}, heartbeat: 9s}\npipeline: {wait: spin}\n"
                            "log: {level: debug}\nrouting:\n  - {venues: [NSE], brokers: [kite]}\n";
  const ReloadPlan first = reloads.apply(other);
  CHECK(first.applied == Keys{"routing", "server.heartbeat", "server.limits.outbox"});
  CHECK(first.waiting == Keys{"log.level", "pipeline.wait", "server.listen"});
  CHECK(first.config.server.limits.outbox_bytes == 2 << 20);
  CHECK(first.config.pipeline.wait == PipelineWait::Sleep);
  const ReloadPlan second = reloads.apply(other);
  CHECK(second.applied.empty());
  CHECK(second.waiting == first.waiting);
}

}  // namespace tidegate
