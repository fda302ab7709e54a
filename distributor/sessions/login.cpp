#include "distributor/sessions/login.hpp"

#include <algorithm>
#include <utility>

#include "distributor/sessions/addresses.hpp"

namespace tidegate::distributor {
namespace {

constexpr std::string_view kTradingPath = "/ws/trading";
constexpr std::string_view kBearer = "bearer ";
/// A login that its clock says is over but that the authenticator still takes (clocks differ) is looked at again so often.
constexpr Duration kExpiredRecheck = std::chrono::seconds{1};
constexpr MonoTime kNoDeadline{INT64_MAX};

Complaint complaint_of(const Refusal& refusal) { return {refusal.code, refusal.message, refusal.hint}; }

}  // namespace

std::string token_of(const net::HttpRequest& request) {
  std::string_view header = request.header("Authorization");
  if (header.size() > kBearer.size() && lower_case(header.substr(0, kBearer.size())) == kBearer) {
    header.remove_prefix(kBearer.size());
    header.remove_prefix(std::min(header.find_first_not_of(' '), header.size()));
    if (!header.empty()) return std::string(header);
  }
  return request.query("token");
}

// ---- the way in ----

bool Login::admit(Subscriber& subscriber, const net::HttpRequest& request) {
  if (const Complaint full = connection_limit(subscriber); full.code != 0) {
    hub_.part(subscriber, full);
    return false;
  }
  const std::string token = token_of(request);
  SessionState& session = subscriber.session;
  session.awaiting_login = hub_.options.login.required || session.path == kTradingPath;
  if (token.empty()) {
    session.login_deadline = hub_.clock.mono() + hub_.options.login.timeout;
    return true;
  }
  return log_in(subscriber, token).outcome == Outcome::Accepted;
}

Login::Answer Login::log_in(Subscriber& subscriber, std::string_view token, std::string_view id) {
  const LoginResult result = hub_.authenticator->check(token, hub_.clock.utc());
  const bool somebody = !subscriber.identity->user.empty();
  if (!result.ok()) {
    // A renewal that went wrong leaves the login that is there, unless the user itself is gone.
    if (somebody && result.refusal().code != code::kUserInactive) {
      count(hub_.telemetry.gateway.logins_refused);
      return {Outcome::Refused, complaint_of(result.refusal())};
    }
    refuse(subscriber, result.refusal(), id);
    return {Outcome::Closed, {}};
  }
  const IdentityRef& identity = result.identity();
  if (somebody && identity->user != subscriber.identity->user) {
    count(hub_.telemetry.gateway.logins_refused);
    return {Outcome::Refused, {code::kLoginNeeded, "the token is another user's than this connection's", "open a connection for each user"}};
  }
  if (!somebody) {
    if (const Complaint full = user_limit(*identity); full.code != 0) {
      hub_.part(subscriber, full, id);
      return {Outcome::Closed, {}};
    }
  }
  count(hub_.telemetry.gateway.logins_accepted);
  take_identity(subscriber, identity);
  return {Outcome::Accepted, {}};
}

void Login::demand(Subscriber& subscriber, std::string_view id) {
  count(hub_.telemetry.gateway.logins_missing);
  hub_.part(subscriber, complaint_of(login_missing()), id);
}

Complaint Login::connection_limit(const Subscriber& subscriber) const {
  GatewayCounters& counters = hub_.telemetry.gateway;
  if (hub_.connection_count() > hub_.options.connections) {
    count(counters.limited_connections);
    return {code::kTooManyConnections, "at most " + std::to_string(hub_.options.connections) + " connections",
            "close one, or raise server.limits.connections"};
  }
  const std::size_t limit = hub_.options.limits.connections_per_address;
  if (limit != 0 && hub_.sessions.of_address(subscriber.session.address) > limit) {
    count(counters.limited_address_connections);
    return {code::kTooManyConnections, "at most " + std::to_string(limit) + " connections from one address",
            "close one, or raise server.limits.connections_per_address"};
  }
  return {};
}

Complaint Login::user_limit(const Identity& identity) const {
  const std::size_t limit = hub_.options.limits.connections_per_user;
  if (identity.user.empty() || hub_.sessions.of_user(identity.user).size() < limit) return {};
  count(hub_.telemetry.gateway.limited_user_connections);
  return {code::kTooManyConnections, "at most " + std::to_string(limit) + " connections of one user",
          "close one, or raise server.limits.connections_per_user"};
}

void Login::take_identity(Subscriber& subscriber, IdentityRef identity) {
  SessionState& session = subscriber.session;
  subscriber.identity = std::move(identity);
  session.awaiting_login = false;
  session.expiry_told = false;
  if (!subscriber.identity->user.empty() && !std::exchange(session.counted, true)) {
    hub_.sessions.add_user(subscriber.identity->user, subscriber.slot());
  }
  for (const auto& changed : on_identity_changed) changed(subscriber);
}

void Login::refuse(Subscriber& subscriber, const Refusal& refusal, std::string_view id) {
  count(hub_.telemetry.gateway.logins_refused);
  hub_.part(subscriber, complaint_of(refusal), id);
}

// ---- HTTP ----

Login::Caller Login::caller(const net::HttpRequest& request) const {
  const std::string token = token_of(request);
  if (token.empty()) {
    if (hub_.options.login.required) return {nullptr, complaint_of(login_missing())};
    return {hub_.authenticator->anonymous(), {}};
  }
  const LoginResult result = hub_.authenticator->check(token, hub_.clock.utc());
  if (result.ok()) return {result.identity(), {}};
  count(hub_.telemetry.gateway.logins_refused);
  return {nullptr, complaint_of(result.refusal())};
}

// ---- as time goes on ----

void Login::set_authenticator(std::shared_ptr<const Authenticator> authenticator, bool configured) {
  const Hub::Scope scope(hub_);
  hub_.authenticator = std::move(authenticator);
  hub_.logins_configured = configured;
  const UtcTime now = hub_.clock.utc();
  hub_.for_each_subscriber([&](Subscriber& subscriber) {
    if (subscriber.parting()) return;
    if (const auto refusal = hub_.authenticator->recheck(*subscriber.identity, now)) return end_login(subscriber, *refusal);
    subscriber.identity = hub_.authenticator->renewed(*subscriber.identity);
    for (const auto& changed : on_identity_changed) changed(subscriber);
  });
}

void Login::configure() {
  if (!hub_.options.login.required) return;
  hub_.for_each_subscriber([&](Subscriber& subscriber) {
    if (!subscriber.identity->user.empty() || subscriber.session.awaiting_login) return;
    subscriber.session.awaiting_login = true;
    subscriber.session.login_deadline = hub_.clock.mono() + hub_.options.login.timeout;
  });
}

void Login::end_login(Subscriber& subscriber, const Refusal& refusal) {
  count(hub_.telemetry.gateway.logins_ended);
  hub_.part(subscriber, complaint_of(refusal));
}

MonoTime Login::look_after(Subscriber& subscriber, MonoTime now) {
  SessionState& session = subscriber.session;
  if (session.awaiting_login) {
    if (now < session.login_deadline) return session.login_deadline;
    demand(subscriber, {});
    return kNoDeadline;
  }
  const std::optional<UtcTime> expires = subscriber.identity->expires;
  if (!expires) return kNoDeadline;
  const UtcTime utc = hub_.clock.utc();
  const Duration left{expires->ns - utc.ns};
  if (left <= Duration::zero()) {
    if (const auto refusal = hub_.authenticator->recheck(*subscriber.identity, utc)) {
      end_login(subscriber, *refusal);
      return kNoDeadline;
    }
  }
  const Duration notice = hub_.options.login.expiry_notice;
  if (left > notice) return now + (left - notice);
  if (!std::exchange(session.expiry_told, true)) {
    const std::string message = "the login ends at " + to_rfc3339(*expires) + R"(: send a new token with {"op":"auth"})";
    hub_.offer(subscriber, notice_message("token_expiring", message, utc));
  }
  return now + std::max(left, kExpiredRecheck);
}

}  // namespace tidegate::distributor
