// What a request may cost, and what stands against it: how many come, how many names are looked up, what its login grants, which brokers are there.
#include <algorithm>
#include <utility>

#include "distributor/request_handler.hpp"
#include "distributor/sessions/addresses.hpp"
#include "distributor/sessions/entitlement.hpp"

namespace tidegate::distributor {
namespace {

/// A connection closes when so many requests in a row were refused, or as many as a minute allows where that is more.
constexpr std::uint64_t kRefusalsIgnoredMin = 100;

/// On whose account names are looked up: a client that connects again has the same.
std::string account_of(const Subscriber& subscriber) {
  if (!subscriber.identity->user.empty()) return "user " + subscriber.identity->user;
  const std::string& address = subscriber.session.address;
  if (address.empty() || is_loopback_host(address)) return "session " + std::to_string(subscriber.id().value());
  return "address " + address;
}

}  // namespace

bool RequestHandler::within_rate(Subscriber& subscriber) {
  SessionState& session = subscriber.session;
  const std::uint64_t limit = hub_.options.limits.requests_per_minute;
  const auto wait = session.requests.take(hub_.clock.mono(), limit);
  if (!wait) {
    ++session.requests_served;
    session.requests_refused_in_row = 0;
    return true;
  }
  count(hub_.telemetry.gateway.limited_requests);
  Complaint complaint{code::kRateLimit, "more than " + std::to_string(limit) + " requests within a minute",
                      "wait, and put more symbols into each request", milliseconds_up(*wait)};
  if (++session.requests_refused_in_row < std::max(limit, kRefusalsIgnoredMin)) {
    hub_.complain(subscriber, complaint, {});
  } else {
    hub_.part(subscriber, complaint);
  }
  return false;
}

void RequestHandler::seek(const Subscriber& subscriber, const std::string& text, Resolved& resolved) {
  if (!resolved.unlisted) return;
  resolved.complaint = look_up_limit(subscriber, text);
  if (resolved.complaint.code != 0) return;
  resolved.complaint = {code::kUnknownSymbol, "unknown symbol", std::string(kUnknownHint)};
  switch (hub_.host.look_up(text)) {
    case LookUp::Nobody:
      return;
    case LookUp::UnderWay:
      hub_.look_up_shares.add(account_of(subscriber), text, hub_.clock.mono());
      resolved.undecided = true;
      return;
    case LookUp::Unknown:
      resolved.complaint.hint = "write VENUE:SYMBOL; brokers were asked and do not know this, and are asked again a minute later at the earliest";
      return;
    case LookUp::TooMany:
      resolved.complaint.hint = "no list holds it, and too many names are being looked up: try again in a minute";
      return;
  }
}

Complaint RequestHandler::look_up_limit(const Subscriber& subscriber, const std::string& name) {
  const std::size_t limit = hub_.options.limits.look_ups;
  const auto wait = hub_.look_up_shares.full(account_of(subscriber), name, limit, hub_.clock.mono(),
                                             [this](std::string_view text) { return hub_.host.may_yet_be_listed(text); });
  if (!wait) return {};
  count(hub_.telemetry.gateway.limited_look_ups);
  return {code::kRateLimit, "too many names that no list holds",
          "brokers are asked for " + std::to_string(limit) + " at a time for one subscriber (server.limits.look_ups): try again when some are known",
          milliseconds_up(*wait)};
}

bool RequestHandler::must_wait(const Subscriber& subscriber, const Resolved& resolved, Channel channel) {
  if (resolved.entry == nullptr) return resolved.undecided;
  if (hub_.host.check(resolved.entry->id, channel).code == 0) return false;
  const std::string& symbol = resolved.entry->symbol;
  if (hub_.host.may_yet_be_listed(symbol)) return true;
  if (look_up_limit(subscriber, symbol).code != 0 || hub_.host.look_up(resolved.entry->id, channel) != LookUp::UnderWay) return false;
  hub_.look_up_shares.add(account_of(subscriber), symbol, hub_.clock.mono());
  return true;
}

Complaint RequestHandler::not_entitled_to(const Subscriber& subscriber, const Resolved& resolved, Channel channel) {
  return resolved.entry == nullptr ? Complaint{} : entitlement_complaint(*subscriber.identity, resolved.entry->symbol, channel);
}

Complaint RequestHandler::cut_off(const CatalogEntry& entry) const {
  const BrokerHealth* first = nullptr;
  for (const BrokerId broker : entry.brokers) {
    const BrokerHealth& health = hub_.brokers[broker.value()];
    const bool lost = health.state == BrokerState::AuthRequired || health.state == BrokerState::Down || health.state == BrokerState::Reconnecting;
    if (!lost) return {};
    if (first == nullptr) first = &health;
  }
  if (first == nullptr) return {};
  std::string message = first->name + " is " + std::string(to_text(first->state));
  if (!first->reason.empty()) message += ": " + first->reason;
  const std::uint16_t told = first->state == BrokerState::AuthRequired ? code::kCredentialsExpired : code::kBrokerNotConnected;
  return {told, std::move(message), "the subscription stays, and goes on once the broker is connected"};
}

}  // namespace tidegate::distributor
