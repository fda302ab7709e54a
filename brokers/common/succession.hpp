// Make before break: a connection that has to end is left only when its successor carries everything.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "brokers/common/backoff.hpp"
#include "brokers/common/connection.hpp"
#include "brokers/common/frame_port.hpp"
#include "brokers/common/overlap.hpp"
#include "gateway/net/event_loop.hpp"

namespace tidegate::common {

/// One socket's share of an adapter: its connection, the port it delivers to, and what was asked for on it.
class Link {
 public:
  Link() = default;
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;
  virtual ~Link() = default;
  [[nodiscard]] virtual Connection& connection() = 0;
  [[nodiscard]] virtual FramePort& port() = 0;
  /// Everything that is wanted was asked for on this socket, and the broker has answered where it does.
  [[nodiscard]] virtual bool carries_all() const = 0;
};

struct SuccessionLimits {
  Duration timeout{};            // from the beginning of a renewal until the successor must carry everything, and deliver what the old one does
  Duration settle{};             // so long both carry everything, where nothing proves sooner that the successor has what the old one has
  std::size_t held_bytes_max{};  // of the successor's messages that wait meanwhile
  Duration retry_initial{};      // backoff of renewals that were put off
  Duration retry_maximum{};
};

/// The adapter's side. Called on the loop's thread.
class SuccessionOwner {
 public:
  virtual ~SuccessionOwner() = default;
  /// Another socket that wants the same; not yet started. `port` outlives it.
  virtual std::unique_ptr<Link> make_link(FramePort& port) = 0;
  /// The current link is another one, or a renewal began or was put off.
  virtual void on_succession() = 0;
};

/// The links of one connection slot: the current one, for a while its successor, and those that are being closed. The successor's messages wait
/// (see overlap.hpp) until it carries all that is wanted and the joint is proven; then the old socket is left between two messages, and what waited
/// goes out behind what it delivered. A successor that does not get so far is dropped, and the renewal tried again later. Where the old socket dies
/// meanwhile, a successor that is open takes over at once. The loop's thread; destruction only from outside of callbacks.
class Succession {
 public:
  /// `name`: the broker's, for the log.
  Succession(SessionHost& host, std::string name, const FramePort& slot, SuccessionOwner& owner, Overlap::StreamOf stream_of,
             const SuccessionLimits& limits);
  ~Succession();
  Succession(const Succession&) = delete;
  Succession& operator=(const Succession&) = delete;

  [[nodiscard]] Link& current() { return *current_->link; }
  [[nodiscard]] const Link& current() const { return *current_->link; }
  [[nodiscard]] Link* successor() { return successor_ == nullptr ? nullptr : successor_->link.get(); }
  /// Why a renewal is under way; empty while none is.
  [[nodiscard]] const std::string& reason() const { return reason_; }
  /// Connections that are open or on their way, at the broker's end perhaps some that are being closed.
  [[nodiscard]] std::size_t sockets() const;

  /// A planned end of `link` is due.
  void renew(const Link& link, std::string_view why);
  /// `link`'s phase has changed, or what it carries. Every link has to tell, those that are being closed too.
  void changed(Link& link);
  /// `link` is being lost and has not told it yet. `whole`: the broker closed it in order, so that all it sent before has arrived.
  void losing(const Link& link, std::string_view reason, bool whole);
  /// Cuts everything.
  void stop(std::string_view why);
  /// A successor under way is given up, since there is no more need or the current link is to be made anew anyway.
  void cancel();

 private:
  struct Member {
    std::unique_ptr<FramePort> port;
    std::unique_ptr<Link> link;
  };

  [[nodiscard]] std::unique_ptr<Member> make(Overlap* overlap);
  void open_successor();
  void look();
  void take_over(Joint joint, bool leave);
  void put_off(std::string_view problem);
  void drop_successor(std::string_view why);
  void bury();

  SessionHost& host_;
  const std::string name_;
  const FramePort& slot_;
  SuccessionOwner& owner_;
  Overlap::StreamOf stream_of_;
  SuccessionLimits limits_;
  Backoff backoff_;
  net::Timer look_timer_;
  net::Timer retry_timer_;
  net::Timer grave_timer_;
  std::optional<Overlap> overlap_;
  std::unique_ptr<Member> current_;
  std::unique_ptr<Member> successor_;
  std::vector<std::unique_ptr<Member>> leaving_;
  std::string reason_;
  std::string problem_;     // what the successor failed of
  std::string once_more_;   // the successor itself is to be renewed
  bool announced_ = false;  // the successor has been open
  bool carries_all_ = false;
  MonoTime deadline_{};
  MonoTime settled_at_{};
};

}  // namespace tidegate::common
