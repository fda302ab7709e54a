// A login that ends by itself: told some time before, on the broker's status, in its report and in the log.
#pragma once

#include <functional>
#include <string>

#include "brokers/common/status_board.hpp"
#include "gateway/net/event_loop.hpp"

namespace tidegate::common {

/// The loop's thread. Looks at the clock rather than waiting for it: it may be set, and machines sleep.
class CredentialExpiry {
 public:
  struct Words {
    std::string broker;  // for the log
    std::string what;    // "access token"
    std::string remedy;  // "renew the file kite.token"
  };
  /// `notice`: told so long before the end; zero: not before. `renewed`: whether a new one is there already, which counts at the next login.
  CredentialExpiry(SessionHost& host, StatusBoard& board, Words words, Duration notice, std::function<bool()> renewed);

  /// A login was made that ends then, whatever was before.
  void begin(UtcTime end);
  void stop() { timer_.cancel(); }
  /// kNoTime: there was no login.
  [[nodiscard]] UtcTime end() const { return end_; }

 private:
  void look();
  void tell(std::string note);

  SessionHost& host_;
  StatusBoard& board_;
  const Words words_;
  const Duration notice_;
  const std::function<bool()> renewed_;
  net::Timer timer_;
  UtcTime end_;
  std::string told_;
};

}  // namespace tidegate::common
