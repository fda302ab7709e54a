#include "distributor/sessions/admin_api.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <map>
#include <optional>

#include "distributor/http_answers.hpp"
#include "distributor/json_text.hpp"
#include "distributor/json_writer.hpp"

namespace tidegate::distributor {
namespace {

constexpr std::string_view kRoot = "/v1/admin/";
constexpr std::string_view kAdminPages =
    "GET sessions, GET users, DELETE sessions/{id}, DELETE users/{user}, POST drain?over=30s, DELETE drain, POST reload, POST "
    "brokers/{name}/reconnect, POST brokers/{name}/renew, GET routing, POST routing/{venue or symbol}/{broker}, DELETE routing/{venue or symbol}";
constexpr Duration kDrainDefault = std::chrono::seconds{30};
constexpr Duration kDrainMax = std::chrono::hours{1};
/// A broker counts connections and logins: nobody can make us exceed its limits by asking again and again.
constexpr Duration kReconnectPause = std::chrono::seconds{10};

/// "30s", "500ms", "2m"; nothing for anything else.
std::optional<Duration> parse_duration(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::int64_t>, 3> kUnits = {{{"ms", 1'000'000}, {"s", 1'000'000'000}, {"m", 60'000'000'000}}};
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  const std::string_view written{end, static_cast<std::size_t>(text.data() + text.size() - end)};
  for (const auto& [unit, nanoseconds] : kUnits) {
    if (written == unit) return Duration{number * nanoseconds};
  }
  return std::nullopt;
}

/// What stands in `path` between the two; empty: nothing, or it is another path.
std::string_view between(std::string_view before, std::string_view path, std::string_view behind) {
  if (path.size() < before.size() + behind.size() || !path.starts_with(before) || !path.ends_with(behind)) return {};
  return path.substr(before.size(), path.size() - before.size() - behind.size());
}

/// A path's piece, percent-decoded as a query's value is.
std::string decoded(std::string_view piece) {
  net::HttpRequest request;
  request.target = "?x=" + std::string(piece);
  return request.query("x");
}

void put_user(JsonWriter& json, std::string_view user) {
  if (user.empty()) {
    json.null("user");
  } else {
    json.text("user", user);
  }
}

net::HttpResponse done(std::string_view key, std::uint64_t value) {
  JsonWriter json;
  json.begin_object().number(key, value).end_object();
  return json_answer(200, json.take());
}

/// What comes from a request, for a line of the log.
std::string shown(std::string_view text) {
  std::string safe = repaired_utf8(cut_text(text, kNameBytesMax));
  std::replace_if(
      safe.begin(), safe.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, '?');
  return safe;
}

}  // namespace

net::HttpResponse AdminApi::respond(const net::HttpRequest& request) {
  GatewayCounters& counters = hub_.telemetry.gateway;
  const auto refused = [&counters](int status, const Complaint& complaint) {
    count_told(counters, complaint.code);
    return refusal(status, complaint);
  };
  if (!hub_.logins_configured) {
    return refused(403, {code::kNotEntitled, "administration is closed: nobody can log in here",
                         "configure server.auth (a tokens file or JSON Web Tokens) and give somebody the role admin"});
  }
  if (request.header("Authorization").empty()) {
    return refused(401, {code::kLoginNeeded, "administration needs a login", "send Authorization: Bearer TOKEN; ?token= does not count here"});
  }
  const Login::Caller caller = login_.caller(request);
  if (caller.identity == nullptr) return refused(caller.complaint.code == code::kUserInactive ? 403 : 401, caller.complaint);
  if (!caller.identity->admin) return refused(403, {code::kNotEntitled, "administration is for administrators", "use a token with the role admin"});
  const std::string_view what = request.path().substr(kRoot.size());
  count(counters.administration_requests);
  spdlog::info("administration: {} from {}: {} {}", shown(caller.identity->user), request.remote_address, shown(request.method), shown(what));
  return dispatch(request, what);
}

net::HttpResponse AdminApi::dispatch(const net::HttpRequest& request, std::string_view what) {
  constexpr std::string_view kSessions = "sessions/", kUsers = "users/", kBrokers = "brokers/", kReconnect = "/reconnect", kRenew = "/renew",
                             kRouting = "routing/";
  const bool get = request.method == "GET" || request.method == "HEAD";
  const bool post = request.method == "POST";
  const bool remove = request.method == "DELETE";
  if (get && what == "sessions") return sessions();
  if (get && what == "users") return users();
  if (remove && what.starts_with(kSessions)) return disconnect_session(what.substr(kSessions.size()));
  if (remove && what.starts_with(kUsers)) return disconnect_user(what.substr(kUsers.size()));
  if (post && what == "drain") return drain(request);
  if (remove && what == "drain") return end_drain();
  if (post && what == "reload") return reload();
  if (const auto broker = between(kBrokers, what, kReconnect); post && !broker.empty()) return reconnect(broker);
  if (const auto broker = between(kBrokers, what, kRenew); post && !broker.empty()) return renew(broker);
  if (get && what == "routing") return json_answer(200, hub_.host.routing_json());
  if (post && what.starts_with(kRouting)) return order_source(what.substr(kRouting.size()));
  if (remove && what.starts_with(kRouting)) return take_back_order(what.substr(kRouting.size()));
  return refusal(404, "no such administration", "under /v1/admin/ there are: " + std::string(kAdminPages));
}

// ---- looking ----

net::HttpResponse AdminApi::sessions() const {
  JsonWriter json;
  json.begin_object().key("sessions").begin_array();
  hub_.for_each_subscriber([&](const Subscriber& subscriber) {
    const SessionState& session = subscriber.session;
    const std::string id = std::to_string(subscriber.id().value());
    json.begin_object().text("id", id).text("session", hub_.options.epoch + "-" + id);
    put_user(json, subscriber.identity->user);
    json.text("address", session.address).text("path", session.path);
    json.text("format", kFormatNames[static_cast<std::size_t>(subscriber.format)]).time("since", session.since);
    json.time("expires", subscriber.identity->expires.value_or(kNoTime)).boolean("awaiting_login", session.awaiting_login);
    json.number("subscriptions", hub_.table.subscriptions_of(subscriber.slot()) + subscriber.wishes.size());
    json.number("queued_bytes", subscriber.queued_bytes()).number("messages_sent", subscriber.messages_sent);
    json.number("requests", session.requests_served).end_object();
  });
  json.end_array().end_object();
  return json_answer(200, json.take());
}

net::HttpResponse AdminApi::users() const {
  struct Figures {
    std::uint64_t connections = 0, subscriptions = 0, queued_bytes = 0, messages_sent = 0, requests = 0;
  };
  std::map<std::string, Figures, std::less<>> by_user;
  hub_.for_each_subscriber([&](const Subscriber& subscriber) {
    Figures& figures = by_user[subscriber.identity->user];
    ++figures.connections;
    figures.subscriptions += hub_.table.subscriptions_of(subscriber.slot()) + subscriber.wishes.size();
    figures.queued_bytes += subscriber.queued_bytes();
    figures.messages_sent += subscriber.messages_sent;
    figures.requests += subscriber.session.requests_served;
  });
  JsonWriter json;
  json.begin_object().key("users").begin_array();
  for (const auto& [user, figures] : by_user) {
    json.begin_object();
    put_user(json, user);
    json.number("connections", figures.connections).number("subscriptions", figures.subscriptions);
    json.number("queued_bytes", figures.queued_bytes).number("messages_sent", figures.messages_sent);
    json.number("requests", figures.requests).end_object();
  }
  json.end_array().end_object();
  return json_answer(200, json.take());
}

// ---- clients ----

void AdminApi::disconnect(Subscriber& subscriber) {
  count(hub_.telemetry.gateway.sessions_disconnected);
  hub_.part(subscriber, {code::kShuttingDown, "disconnected by an administrator", "ask the administrator of this gateway before connecting again"});
}

/// `id` as `sessions` gives it, or the session of a welcome.
net::HttpResponse AdminApi::disconnect_session(std::string_view id) {
  const std::string prefix = hub_.options.epoch + "-";
  const std::string wanted = decoded(id.starts_with(prefix) ? id.substr(prefix.size()) : id);
  std::uint64_t closed = 0;
  hub_.for_each_subscriber([&](Subscriber& subscriber) {
    if (subscriber.parting() || std::to_string(subscriber.id().value()) != wanted) return;
    disconnect(subscriber);
    ++closed;
  });
  return closed != 0 ? done("disconnected", closed) : refusal(404, "no such session", "GET /v1/admin/sessions lists them");
}

net::HttpResponse AdminApi::disconnect_user(std::string_view user) {
  const std::vector<SubscriberSlot> slots = hub_.sessions.of_user(decoded(user));  // a copy: closing changes the list
  for (const SubscriberSlot slot : slots) disconnect(*hub_.subscribers()[slot]);
  return slots.empty() ? refusal(404, "no connection of that user", "GET /v1/admin/users lists them") : done("disconnected", slots.size());
}

net::HttpResponse AdminApi::drain(const net::HttpRequest& request) {
  const std::string over = request.query("over");
  const std::optional<Duration> time = over.empty() ? kDrainDefault : parse_duration(over);
  if (!time || *time > kDrainMax) return refusal(400, "over is not a duration up to 60m", "such as over=30s; 0s closes all at once");
  const std::uint64_t connections = hub_.connection_count();
  keeper_.drain(*time, "this gateway is being drained by an administrator");
  return done("draining", connections);
}

net::HttpResponse AdminApi::end_drain() {
  keeper_.end_drain();
  return done("connections", hub_.connection_count());
}

// ---- the gateway ----

net::HttpResponse AdminApi::reload() {
  const Reloaded reloaded = hub_.host.reload();
  if (!reloaded.problem.empty()) return refusal(409, reloaded.problem, "nothing has changed: correct it and reload again");
  std::string body = R"({"reloaded":true)";
  if (!reloaded.changes.empty()) body.append(",").append(reloaded.changes);
  return json_answer(200, body + "}");
}

std::optional<BrokerId> AdminApi::find_broker(std::string_view name) const {
  for (std::size_t i = 0; i < hub_.brokers.size(); ++i) {
    if (hub_.brokers[i].name == name && !hub_.brokers[i].retired) return BrokerId{static_cast<std::uint16_t>(i)};
  }
  return std::nullopt;
}

/// Nothing: its connections may be made anew, and not again for a while.
std::optional<net::HttpResponse> AdminApi::too_soon(BrokerId broker) {
  if (reconnect_after_.size() <= broker.value()) reconnect_after_.resize(hub_.brokers.size());
  MonoTime& after = reconnect_after_[broker.value()];
  const MonoTime now = hub_.clock.mono();
  if (now < after) {
    return refusal(429, {code::kRateLimit, "this broker was reconnected a moment ago", "brokers limit connections and logins: wait",
                         milliseconds_up(after - now)});
  }
  after = now + kReconnectPause;
  return std::nullopt;
}

net::HttpResponse AdminApi::reconnect(std::string_view piece) {
  const std::string name = decoded(piece);
  const auto broker = find_broker(name);
  if (!broker) return refusal(404, "no such broker", "GET /v1/brokers lists them");
  if (auto refused = too_soon(*broker)) return std::move(*refused);
  hub_.host.reconnect(*broker);
  JsonWriter json;
  json.begin_object().text("reconnecting", name).end_object();
  return json_answer(202, json.take());
}

net::HttpResponse AdminApi::renew(std::string_view piece) {
  const std::string name = decoded(piece);
  const auto broker = find_broker(name);
  if (!broker) return refusal(404, "no such broker", "GET /v1/brokers lists them");
  if (auto refused = too_soon(*broker)) return std::move(*refused);
  const Renewal renewal = hub_.host.renew(*broker);
  if (!renewal.problem.empty()) {
    reconnect_after_[broker->value()] = {};
    return refusal(409, renewal.problem, renewal.hint);
  }
  JsonWriter json;
  json.begin_object().text("renewing", name).end_object();
  return json_answer(202, json.take());
}

/// `path` is {venue or symbol}/{broker}.
net::HttpResponse AdminApi::order_source(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  const std::string name = decoded(slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1));
  const auto broker = find_broker(name);
  if (!broker) return refusal(404, "no such broker", "GET /v1/brokers lists them");
  const SourceOrder order = hub_.host.order_source(decoded(path.substr(0, slash)), *broker);
  if (!order.problem.empty()) return refusal(409, order.problem, order.hint);
  JsonWriter json;
  json.begin_object().text("target", order.target).text("broker", name).end_object();
  return json_answer(202, json.take());
}

net::HttpResponse AdminApi::take_back_order(std::string_view target) {
  const std::string wanted = decoded(target);
  if (!hub_.host.take_back_order(wanted)) return refusal(404, "no such order", "GET /v1/admin/routing lists them");
  JsonWriter json;
  json.begin_object().text("target", wanted).null("broker").end_object();
  return json_answer(200, json.take());
}

}  // namespace tidegate::distributor
