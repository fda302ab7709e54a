// Which brokers serve an instrument.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/config.hpp"
#include "gateway/core/catalog.hpp"

namespace tidegate {

/// `routing:` of the configuration over the brokers' own lists. Immutable after construction, except that another one may be assigned.
class Routing {
 public:
  /// A rule, as it holds for each of its venues.
  struct Rule {
    std::vector<BrokerId> brokers;  // best first
    FailoverRule failover;
    bool numbered_alike = false;  // all use one adapter
  };

  /// `config` outlives it. `retired`: by BrokerId, those that were taken out while the gateway runs; empty: none.
  Routing(const Config& config, std::vector<const Adapter*> adapters, std::vector<bool> retired = {});

  /// The best broker that lists the instrument and serves the channel; nothing when none does.
  [[nodiscard]] std::optional<BrokerId> choose(const CatalogEntry& entry, Channel channel) const;
  /// All brokers of the venue's rule that do, best first; without a rule the first one alone.
  [[nodiscard]] std::vector<BrokerId> ranked(const CatalogEntry& entry, Channel channel) const;
  /// The venue's rule if it names several brokers, else null.
  [[nodiscard]] const Rule* failover(std::string_view venue) const;
  /// The venue's rule, whatever it names; null: it has none.
  [[nodiscard]] const Rule* rule(std::string_view venue) const;
  [[nodiscard]] bool any_failover() const { return any_failover_; }
  /// Whether `broker` lists the instrument and serves the channel, whatever the rules say.
  [[nodiscard]] bool can_serve(BrokerId broker, const CatalogEntry& entry, Channel channel) const;
  /// Whether `broker`, which does not list the instrument, could serve the channel if it did.
  [[nodiscard]] bool could_choose(BrokerId broker, const CatalogEntry& entry, Channel channel) const;
  /// The channels that some broker of this instrument serves.
  [[nodiscard]] std::vector<Channel> channels(const CatalogEntry& entry) const;
  [[nodiscard]] const std::map<std::string, Rule, std::less<>>& rules() const { return by_venue_; }

 private:
  [[nodiscard]] bool serves(BrokerId broker, const Instrument& instrument, Channel channel) const;

  const Config* config_;
  std::vector<const Adapter*> adapters_;  // by BrokerId
  std::vector<bool> retired_;
  std::map<std::string, Rule, std::less<>> by_venue_;
  bool any_failover_ = false;
};

}  // namespace tidegate
