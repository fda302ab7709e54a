#include "distributor/http_api.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>
#include <exception>
#include <map>
#include <utility>

#include "distributor/control_messages.hpp"
#include "distributor/http_answers.hpp"
#include "distributor/json_writer.hpp"
#include "distributor/metrics.hpp"
#include "distributor/sessions/entitlement.hpp"

namespace tidegate::distributor {
namespace {

constexpr std::size_t kInstrumentsDefault = 50;
constexpr std::size_t kInstrumentsMax = 1000;
constexpr std::size_t kSnapshotSymbolsMax = 1000;
constexpr std::string_view kPages =
    "/health /health/redis /ready /metrics /ws /ws/market /ws/trading /ws/status /v1/snapshot /v1/instruments /v1/brokers /v1/publish /v1/admin/...";

void put_decimal(JsonWriter& json, std::string_view name, Decimal value) {
  if (value.present()) {
    json.text(name, to_text(value));
  } else {
    json.null(name);
  }
}

void put_brokers(JsonWriter& json, std::span<const BrokerHealth> brokers) {
  json.key("brokers").begin_array();
  for (const BrokerHealth& broker : brokers) {
    if (broker.retired) continue;
    json.begin_object().text("name", broker.name).text("state", to_text(broker.state)).text("reason", broker.reason);
    json.boolean("required", broker.required).time("since", broker.since).end_object();
  }
  json.end_array();
}

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> parts;
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(','), list.size());
    if (end > 0) parts.emplace_back(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return parts;
}

}  // namespace

net::HttpResponse HttpApi::respond(const net::HttpRequest& request) {
  count(hub_.telemetry.gateway.http_requests);
  if (auto refused = turn_away(request)) return std::move(*refused);
  if (auto preflight = doorman_.preflight(request)) return std::move(*preflight);
  net::HttpResponse response;
  try {
    response = serve(request);
  } catch (const std::exception& error) {
    count(hub_.telemetry.gateway.internal_errors);
    count_told(hub_.telemetry.gateway, code::kInternal);
    spdlog::error("an HTTP request failed inside the gateway: {}", error.what());
    response = refusal(500, {code::kInternal, "the request failed inside the gateway", "the gateway's log says why; please report it"});
  }
  if (request.method == "HEAD") response.body.clear();
  doorman_.allow_reading(request, response);
  return response;
}

net::HttpResponse HttpApi::serve(const net::HttpRequest& request) {
  if (AdminApi::serves(request.path())) return admin_.respond(request);
  if (request.path() == kPublishPath) return publish_.respond(request);
  if (request.method == "GET" || request.method == "HEAD") return dispatch(request);
  net::HttpResponse response = refusal(405, "only GET is served here", "use GET");
  response.headers.emplace_back("Allow", "GET, HEAD");
  return response;
}

/// Probes need no login; everything else does where one is required.
net::HttpResponse HttpApi::dispatch(const net::HttpRequest& request) {
  const std::string_view path = request.path();
  if (path == "/health") return health();
  if (path == "/health/redis") return json_answer(200, R"({"status":"disabled"})");
  if (path == "/ready") return ready();
  const Login::Caller caller = login_.caller(request);
  if (caller.identity != nullptr) return dispatch_for(request, *caller.identity);
  count_told(hub_.telemetry.gateway, caller.complaint.code);
  return refusal(caller.complaint.code == code::kUserInactive ? 403 : 401, caller.complaint);
}

net::HttpResponse HttpApi::dispatch_for(const net::HttpRequest& request, const Identity& caller) {
  const std::string_view path = request.path();
  if (path == "/metrics") return metrics(caller);
  if (path == "/ws/status") return status(caller);
  if (path == "/v1/snapshot") return snapshot(request, caller);
  if (path == "/v1/instruments") return instruments(request);
  if (path == "/v1/brokers") return json_answer(200, hub_.host.brokers_json());
  if (path == "/ws" || path == "/ws/market" || path == "/ws/trading") {
    net::HttpResponse response = refusal(426, "this is a WebSocket", "connect with a WebSocket client");
    response.headers.emplace_back("Upgrade", "websocket");
    return response;
  }
  return refusal(404, "no such page", "the pages are: " + std::string(kPages));
}

net::HttpResponse HttpApi::health() const {
  JsonWriter json;
  json.begin_object().text("status", "ok").text("version", hub_.options.version).text("epoch", hub_.options.epoch);
  json.time("timestamp", hub_.clock.utc()).end_object();
  return json_answer(200, json.take());
}

net::HttpResponse HttpApi::ready() const {
  const auto waited_for = [](const BrokerHealth& broker) { return broker.required && !broker.retired && broker.state != BrokerState::Live; };
  const bool ready = !hub_.shutting_down && !hub_.draining && std::none_of(hub_.brokers.begin(), hub_.brokers.end(), waited_for);
  JsonWriter json;
  json.begin_object().boolean("ready", ready);
  json.key("waiting_for").begin_array();
  for (const BrokerHealth& broker : hub_.brokers) {
    if (waited_for(broker)) json.text(broker.name);
  }
  json.end_array();
  put_brokers(json, hub_.brokers);
  json.end_object();
  return json_answer(ready ? 200 : 503, json.take());
}

net::HttpResponse HttpApi::metrics(const Identity& caller) {
  if (hub_.options.login.required && !caller.admin) {
    count_told(hub_.telemetry.gateway, code::kNotEntitled);
    return refusal(403, {code::kNotEntitled, "metrics are for administrators", "use a token with the role admin"});
  }
  Gauges gauges;
  gauges.version = hub_.options.version;
  gauges.subscribers = hub_.connection_count();
  gauges.subscriptions = hub_.table.subscription_count();
  gauges.streams = hub_.table.stream_count();
  gauges.users = hub_.sessions.users().size();
  gauges.topics = hub_.topics->table().topic_count();
  gauges.topic_subscriptions = hub_.topics->table().subscription_count();
  gauges.retained_bytes = hub_.topics->table().retained_bytes();
  hub_.for_each_subscriber([&](const Subscriber& subscriber) {
    gauges.outbox_bytes += subscriber.queued_bytes();
    ++gauges.sessions_by_path[subscriber.session.path];
  });
  gauges.uptime = hub_.clock.mono() - hub_.started;
  gauges.brokers = hub_.brokers;
  gauges.tls_expires_unix_s = hub_.tls_expires_unix_s;
  net::HttpResponse response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = render_metrics(hub_.telemetry, gauges);
  return response;
}

net::HttpResponse HttpApi::status(const Identity& caller) {
  std::map<std::string_view, std::size_t> by_symbol;
  for (const Stream& stream : hub_.table.streams()) {
    if (!stream.members.empty()) by_symbol[hub_.symbol(stream.instrument)] += stream.members.size();
  }
  const TopicTable& topics = hub_.topics->table();
  JsonWriter json;
  const std::string_view state = hub_.shutting_down ? "shutting_down" : hub_.draining ? "draining" : "ok";
  json.begin_object().text("status", state).number("active_connections", hub_.connection_count());
  json.key("user_connections").begin_object();  // who else is there is for administrators alone
  for (const auto& [user, slots] : hub_.sessions.users()) {
    if (caller.admin || user == caller.user) json.number(user, slots.size());
  }
  json.end_object();
  json.number("total_subscriptions", hub_.table.subscription_count() + topics.subscription_count())
      .number("activeConnections", hub_.connection_count());
  json.key("topicSubscriptions").begin_object();
  for (const auto& [symbol, members] : by_symbol) json.number("market:" + std::string(symbol), members);
  for (const Topic& topic : topics.topics()) {  // the names of users' own topics are theirs
    if (!topic.members.empty() && (caller.admin || !is_personal_topic(topic.name))) json.number(topic.name, topic.members.size());
  }
  json.end_object();
  put_brokers(json, hub_.brokers);
  json.time("timestamp", hub_.clock.utc()).end_object();
  return json_answer(200, json.take());
}

net::HttpResponse HttpApi::snapshot(const net::HttpRequest& request, const Identity& caller) {
  const std::vector<std::string> symbols = split(request.query("symbols"));
  if (symbols.empty()) return refusal(400, "symbols is missing", "/v1/snapshot?symbols=BINANCE:BTCUSDT,BINANCE:ETHUSDT");
  if (symbols.size() > kSnapshotSymbolsMax) return refusal(400, "too many symbols", "at most " + std::to_string(kSnapshotSymbolsMax));
  const std::string asked_depth = request.query("depth");
  const std::uint16_t depth = asked_depth.empty() ? kDefaultDepth : parse_depth(asked_depth);
  if (depth == 0) return refusal(400, "depth is neither a number of levels nor full", "1 to 10000, or full");

  const std::string allow_delayed = request.query("allow_delayed");
  if (!allow_delayed.empty() && allow_delayed != "true" && allow_delayed != "false") {
    return refusal(400, "allow_delayed is neither true nor false", "true shows values that the broker delays deliberately, too");
  }

  Snapshots out;
  out.depth = depth;
  out.allow_delayed = allow_delayed == "true";
  JsonWriter& json = out.json;
  json.begin_object().key("snapshots").begin_array();
  for (const std::string& symbol : symbols) put_snapshots(symbol, caller, out);
  json.end_array().key("missing").begin_array();
  for (const std::string& symbol : out.missing) json.text(symbol);
  json.end_array();
  if (!out.refused.empty()) {
    json.key("refused").begin_array();
    for (const auto& [refused, complaint] : out.refused) {
      count_told(hub_.telemetry.gateway, complaint.code);
      json.begin_object().text("symbol", refused).number("code", complaint.code);
      json.text("message", complaint.message).text("hint", complaint.hint).end_object();
    }
    json.end_array();
  }
  json.end_object();
  return json_answer(200, json.take());
}

/// A symbol of which the caller may see nothing is refused, whether or not there is a value.
void HttpApi::put_snapshots(const std::string& symbol, const Identity& caller, Snapshots& out) {
  const CatalogEntry* const entry = hub_.catalog != nullptr ? hub_.catalog->find(hub_.catalog->resolve(symbol).instrument) : nullptr;
  std::size_t found = 0;
  bool may_see = entry == nullptr;
  for (std::size_t i = 0; entry != nullptr && i < kChannelCount; ++i) {
    const auto channel = static_cast<Channel>(i);
    if (!caller.may_see(entry->symbol, channel)) continue;
    may_see = true;
    const StreamSlot slot = hub_.table.find(entry->id, channel);
    const LastValue* const value = slot != kNoStream ? &hub_.values.of(slot) : nullptr;
    if (value == nullptr || value->header() == nullptr) continue;
    if (has(value->header()->flags, Flags::Delayed) && !out.allow_delayed) continue;
    out.json.raw(hub_.encoder.encode(*value->header(), hub_.clock.utc(), out.depth, value->snapshot_flags()));
    ++found;
  }
  if (!may_see) {
    out.refused.emplace_back(entry->symbol, not_entitled(caller, "any channel of " + entry->symbol));
  } else if (found == 0) {
    out.missing.push_back(symbol);
  }
}

net::HttpResponse HttpApi::instruments(const net::HttpRequest& request) const {
  std::size_t limit = kInstrumentsDefault;
  if (const std::string asked = request.query("limit"); !asked.empty()) {
    const auto [end, error] = std::from_chars(asked.data(), asked.data() + asked.size(), limit);
    if (error != std::errc{} || end != asked.data() + asked.size() || limit == 0 || limit > kInstrumentsMax) {
      return refusal(400, "limit is not a number from 1 to 1000", "leave it out for 50");
    }
  }
  JsonWriter json;
  json.begin_array();
  if (hub_.catalog != nullptr) {
    for (const CatalogEntry* const entry : hub_.catalog->search(request.query("query"), limit)) {
      const Instrument& instrument = entry->instrument;
      json.begin_object().text("symbol", entry->symbol).text("venue", instrument.venue).text("name", instrument.name);
      put_decimal(json, "tick_size", instrument.tick_size);
      put_decimal(json, "lot_size", instrument.lot_size);
      json.time("expiry", instrument.expiry);
      put_decimal(json, "strike", instrument.strike);
      json.text("status", instrument.status).key("brokers").begin_array();
      for (const BrokerId broker : entry->brokers) json.text(hub_.broker(broker));
      json.end_array().end_object();
    }
  }
  json.end_array();
  return json_answer(200, json.take());
}

}  // namespace tidegate::distributor
