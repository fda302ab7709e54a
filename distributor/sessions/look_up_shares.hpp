// How many of the names that brokers are asked for stand on each subscriber's account, so that one cannot use them all. No clock; one thread.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "gateway/core/time.hpp"

namespace tidegate::distributor {

/// A name counts as long as it is under way, and for a minute at least: as long as the table of names remembers it. Giving up the subscription or
/// the connection does not take it off the account.
class LookUpShares {
 public:
  using UnderWay = std::function<bool(std::string_view name)>;

  /// Nothing: `who` may have one more name asked for, or has this one asked for already. Else how long until there may be room.
  [[nodiscard]] std::optional<Duration> full(const std::string& who, const std::string& name, std::size_t limit, MonoTime now,
                                             const UnderWay& under_way);
  void add(const std::string& who, const std::string& name, MonoTime now);

 private:
  using Names = std::map<std::string, MonoTime, std::less<>>;  // and since when

  static void forget(Names& names, MonoTime now, const UnderWay& under_way);

  std::unordered_map<std::string, Names> names_;
  MonoTime next_sweep_;
};

}  // namespace tidegate::distributor
