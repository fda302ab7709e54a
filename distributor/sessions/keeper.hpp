// What time does to sessions: logins that do not come or that end, peers that fall silent, and a drain. One thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "distributor/hub.hpp"
#include "distributor/sessions/login.hpp"
#include "gateway/core/time.hpp"

namespace tidegate::distributor {

class SessionKeeper {
 public:
  SessionKeeper(Hub& hub, Login& login);

  /// A session began; its deadlines count.
  void watch(Subscriber& subscriber);
  /// The options have changed: everybody's deadlines are looked at anew.
  void configure() { next_ = MonoTime{}; }
  /// The peer sent something.
  void heard(Subscriber& subscriber) { subscriber.session.last_heard = hub_.clock.mono(); }

  void do_work(MonoTime now);

  /// Takes no more clients, tells those there are, and closes them one after the other within `over`. Again: with the new time.
  void drain(Duration over, const std::string& reason);
  /// Takes clients again; those still there stay.
  void end_drain();

 private:
  struct Drain {
    MonoTime begun, end;
    std::size_t connections = 0;  // when it began
    std::string reason;
  };

  [[nodiscard]] MonoTime look_after(Subscriber& subscriber, MonoTime now);
  [[nodiscard]] MonoTime listen_for(Subscriber& subscriber, MonoTime now);
  void drain_some(MonoTime now);

  Hub& hub_;
  Login& login_;
  MonoTime next_;                       // nobody but these is due before:
  std::vector<SubscriberSlot> unseen_;  // have come, or changed, since the last look; may have gone since
  std::optional<Drain> drain_;
};

}  // namespace tidegate::distributor
