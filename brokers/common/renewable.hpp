// What some sessions can besides: begin anew without a break.
#pragma once

#include <string_view>

namespace tidegate::common {

/// A session that can open successors of its connections, and leaves each old one only when its successor carries everything. Runs on the loop of its
/// host, like the session itself.
class Renewable {
 public:
  Renewable() = default;
  Renewable(const Renewable&) = delete;
  Renewable& operator=(const Renewable&) = delete;
  virtual ~Renewable() = default;
  /// Every open connection gets a successor, with what SessionHost::read_config() gives from now on; one after the other where the broker's limits
  /// want it so. Connections that are not open are made with that anyway. Returns at once. One that does not succeed leaves its predecessor in place,
  /// and is tried again.
  virtual void renew(std::string_view why) = 0;
};

}  // namespace tidegate::common
