// Which broker serves an instrument.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gateway/config/config.hpp"
#include "gateway/core/catalog.hpp"

namespace tidegate {

/// `routing:` of the configuration over the brokers' own lists. Immutable after construction.
class Routing {
 public:
  Routing(const Config& config, std::vector<const Adapter*> adapters);

  /// The best broker that lists the instrument and serves the channel; nothing when none does.
  [[nodiscard]] std::optional<BrokerId> choose(const CatalogEntry& entry, Channel channel) const;
  /// Whether `broker`, which does not list the instrument, could serve the channel if it did.
  [[nodiscard]] bool could_choose(BrokerId broker, const CatalogEntry& entry, Channel channel) const;
  /// The channels that some broker of this instrument serves.
  [[nodiscard]] std::vector<Channel> channels(const CatalogEntry& entry) const;

 private:
  [[nodiscard]] bool serves(BrokerId broker, const Instrument& instrument, Channel channel) const;

  const Config& config_;
  std::vector<const Adapter*> adapters_;                   // by BrokerId
  std::map<std::string, std::vector<BrokerId>> by_venue_;  // best first
};

}  // namespace tidegate
