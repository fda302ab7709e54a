// How a client becomes somebody, and what becomes of it when its login ends. Every dialect logs in through this. The control path; one thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "distributor/hub.hpp"
#include "gateway/access/authenticator.hpp"
#include "gateway/net/ws_server.hpp"

namespace tidegate::distributor {

/// The token of `Authorization: Bearer TOKEN`, else of `?token=`; empty: none.
[[nodiscard]] std::string token_of(const net::HttpRequest& request);

class Login {
 public:
  explicit Login(Hub& hub) : hub_(hub) {}

  /// Called after a subscriber's identity was replaced: what it may no longer have is taken from it, by whoever gave it.
  std::vector<std::function<void(Subscriber&)>> on_identity_changed;

  /// The first thing of a connection: its limits, and the token that came with its upgrade. False: it was told why, and closes. Afterwards
  /// `subscriber.session.awaiting_login` says whether it still has to log in.
  bool admit(Subscriber& subscriber, const net::HttpRequest& request);

  enum class Outcome : std::uint8_t {
    Accepted,  // subscriber.identity is who it is now; the caller answers
    Refused,   // `complaint` is for the caller to tell; the session goes on as it was
    Closed,    // it was told, and closes
  };
  struct Answer {
    Outcome outcome{};
    Complaint complaint;  // Refused only
  };
  /// A token within a running session: the login that was awaited, an anonymous one that becomes somebody, or a new token of the same user.
  Answer log_in(Subscriber& subscriber, std::string_view token, std::string_view id = {});

  /// Something else than a login was asked for before it: told 4001, and closed.
  void demand(Subscriber& subscriber, std::string_view id);

  /// Who sends an HTTP request. Without a token: anonymous, or where a login is required the complaint 4001.
  struct Caller {
    IdentityRef identity;  // null: `complaint` says why
    Complaint complaint;
  };
  [[nodiscard]] Caller caller(const net::HttpRequest& request) const;

  /// The options have changed: where a login is required now, clients without one have the time that a new client has.
  void configure();
  /// Who may log in has changed: every session is looked at again, and gets what it is entitled to now or is closed.
  void set_authenticator(std::shared_ptr<const Authenticator> authenticator, bool configured);

  /// The login has to be renewed soon, or has ended, or did not come in time. Nothing before the returned moment.
  [[nodiscard]] MonoTime look_after(Subscriber& subscriber, MonoTime now);

 private:
  [[nodiscard]] Complaint connection_limit(const Subscriber& subscriber) const;
  [[nodiscard]] Complaint user_limit(const Identity& identity) const;
  void take_identity(Subscriber& subscriber, IdentityRef identity);
  void refuse(Subscriber& subscriber, const Refusal& refusal, std::string_view id);
  void end_login(Subscriber& subscriber, const Refusal& refusal);

  Hub& hub_;
};

}  // namespace tidegate::distributor
