#include "distributor/sessions/look_up_shares.hpp"

#include <algorithm>
#include <chrono>

namespace tidegate::distributor {
namespace {

constexpr Duration kKept = std::chrono::minutes{1};

}  // namespace

void LookUpShares::forget(Names& names, MonoTime now, const UnderWay& under_way) {
  std::erase_if(names, [&](const auto& entry) { return now - entry.second >= kKept && !under_way(entry.first); });
}

std::optional<Duration> LookUpShares::full(const std::string& who, const std::string& name, std::size_t limit, MonoTime now,
                                           const UnderWay& under_way) {
  if (now >= next_sweep_) {
    next_sweep_ = now + kKept;
    for (auto& [known, names] : names_) forget(names, now, under_way);
    std::erase_if(names_, [](const auto& entry) { return entry.second.empty(); });
  }
  const auto found = names_.find(who);
  if (found == names_.end()) return limit == 0 ? std::optional<Duration>{kKept} : std::nullopt;
  Names& names = found->second;
  if (names.contains(name)) return std::nullopt;
  if (names.size() >= limit) forget(names, now, under_way);
  if (names.size() < limit) return std::nullopt;
  Duration wait = kKept;
  for (const auto& [known, since] : names) {
    if (since + kKept > now) wait = std::min(wait, since + kKept - now);
  }
  return wait;
}

void LookUpShares::add(const std::string& who, const std::string& name, MonoTime now) { names_[who].try_emplace(name, now); }

}  // namespace tidegate::distributor
