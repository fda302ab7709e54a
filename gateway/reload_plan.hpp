// What a reload changes: two configurations compared. Pure.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "gateway/config/config.hpp"

namespace tidegate {

struct ReloadPlan {
  /// As the gateway runs from now on. Brokers keep their BrokerId, those that were taken out too; new ones are added behind. What waits for a restart
  /// is as it was.
  Config config;
  std::vector<bool> retired;  // by BrokerId: taken out

  std::vector<BrokerId> added;       // begin; perhaps in the place of one of the same name that was taken out before
  std::vector<BrokerId> removed;     // end
  std::vector<BrokerId> changed;     // end, and begin anew
  std::vector<BrokerId> renewed;     // only their credentials are others, and they can change them without a break
  std::vector<BrokerId> relisted;    // names of theirs under `instruments:` came or went; a name that means another id makes a broker `changed`
  std::vector<std::string> applied;  // other keys that count from now on, such as "server.limits.outbox", "routing"
  std::vector<std::string> waiting;  // keys that wait for a restart

  [[nodiscard]] bool changes_brokers() const {
    return !added.empty() || !removed.empty() || !changed.empty() || !renewed.empty() || !relisted.empty();
  }
  /// Members of a JSON object: `added`, `removed`, `changed`, `renewed`, `relisted` (names of brokers), `applied`, `waits_for_restart` (keys).
  [[nodiscard]] std::string json() const;
  /// The same in a line for people; empty: nothing has changed.
  [[nodiscard]] std::string words() const;
};

/// `running` and `retired`: as the last plan left them. `fresh`: as it was read just now, brokers numbered from zero. `renewable`: whether a broker
/// of `running` can change its credentials without a break. Throws ConfigError when there have been more brokers than BrokerIds.
[[nodiscard]] ReloadPlan plan_reload(const Config& running, const std::vector<bool>& retired, const Config& fresh,
                                     const std::function<bool(BrokerId)>& renewable);

}  // namespace tidegate
