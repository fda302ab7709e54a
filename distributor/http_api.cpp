#include "distributor/http_api.hpp"

#include <algorithm>
#include <charconv>
#include <map>

#include "distributor/control_messages.hpp"
#include "distributor/json_writer.hpp"
#include "distributor/metrics.hpp"

namespace tidegate::distributor {
namespace {

constexpr std::size_t kInstrumentsDefault = 50;
constexpr std::size_t kInstrumentsMax = 1000;
constexpr std::size_t kSnapshotSymbolsMax = 1000;
constexpr std::string_view kPages = "/health /health/redis /ready /metrics /ws /ws/status /v1/snapshot /v1/instruments /v1/brokers";

net::HttpResponse json_response(int status, std::string body) {
  net::HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

net::HttpResponse refusal(int status, std::string_view message, std::string_view hint) {
  JsonWriter json;
  json.begin_object().number("status", static_cast<std::uint64_t>(status)).text("message", message).text("hint", hint).end_object();
  return json_response(status, json.take());
}

bool same_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [lower](char x, char y) { return lower(x) == lower(y); });
}

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

bool HttpApi::origin_allowed(const net::HttpRequest& request) const {
  const std::string_view origin = request.header("Origin");
  if (origin.empty()) return true;
  if (std::find(hub_.options.origins.begin(), hub_.options.origins.end(), origin) != hub_.options.origins.end()) return true;
  const std::size_t scheme = origin.find("://");
  return scheme != std::string_view::npos && same_ignoring_case(origin.substr(scheme + 3), request.header("Host"));
}

net::HttpResponse HttpApi::respond(const net::HttpRequest& request) {
  count(hub_.telemetry.gateway.http_requests);
  if (!origin_allowed(request)) return refusal(403, "this origin is not allowed", "list it under server.origins");
  net::HttpResponse response;
  if (request.method == "GET" || request.method == "HEAD") {
    response = dispatch(request);
    if (request.method == "HEAD") response.body.clear();
  } else {
    response = refusal(405, "only GET is served here", "use GET");
    response.headers.emplace_back("Allow", "GET, HEAD");
  }
  if (const std::string_view origin = request.header("Origin"); !origin.empty()) {
    response.headers.emplace_back("Access-Control-Allow-Origin", origin);
    response.headers.emplace_back("Vary", "Origin");
  }
  return response;
}

net::HttpResponse HttpApi::dispatch(const net::HttpRequest& request) {
  const std::string_view path = request.path();
  if (path == "/health") return health();
  if (path == "/health/redis") return json_response(200, R"({"status":"disabled"})");
  if (path == "/ready") return ready();
  if (path == "/metrics") return metrics();
  if (path == "/ws/status") return status();
  if (path == "/v1/snapshot") return snapshot(request);
  if (path == "/v1/instruments") return instruments(request);
  if (path == "/v1/brokers") return json_response(200, hub_.host.brokers_json());
  if (path == "/ws") {
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
  return json_response(200, json.take());
}

net::HttpResponse HttpApi::ready() const {
  const auto waited_for = [](const BrokerHealth& broker) { return broker.required && broker.state != BrokerState::Live; };
  const bool ready = !hub_.shutting_down && std::none_of(hub_.brokers.begin(), hub_.brokers.end(), waited_for);
  JsonWriter json;
  json.begin_object().boolean("ready", ready);
  json.key("waiting_for").begin_array();
  for (const BrokerHealth& broker : hub_.brokers) {
    if (waited_for(broker)) json.text(broker.name);
  }
  json.end_array();
  put_brokers(json, hub_.brokers);
  json.end_object();
  return json_response(ready ? 200 : 503, json.take());
}

net::HttpResponse HttpApi::metrics() {
  Gauges gauges;
  gauges.version = hub_.options.version;
  gauges.subscribers = hub_.connection_count();
  gauges.subscriptions = hub_.table.subscription_count();
  gauges.streams = hub_.table.stream_count();
  hub_.for_each_subscriber([&](const Subscriber& subscriber) { gauges.outbox_bytes += subscriber.queued_bytes(); });
  gauges.uptime = hub_.clock.mono() - hub_.started;
  gauges.brokers = hub_.brokers;
  gauges.tls_expires_unix_s = hub_.tls_expires_unix_s;
  net::HttpResponse response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = render_metrics(hub_.telemetry, gauges);
  return response;
}

net::HttpResponse HttpApi::status() {
  std::map<std::string_view, std::size_t> by_symbol;
  for (const Stream& stream : hub_.table.streams()) {
    if (!stream.members.empty()) by_symbol[hub_.symbol(stream.instrument)] += stream.members.size();
  }
  JsonWriter json;
  json.begin_object().text("status", hub_.shutting_down ? "shutting_down" : "ok").number("active_connections", hub_.connection_count());
  json.key("user_connections").begin_object().end_object();  // nobody logs in yet
  json.number("total_subscriptions", hub_.table.subscription_count()).number("activeConnections", hub_.connection_count());
  json.key("topicSubscriptions").begin_object();
  for (const auto& [symbol, members] : by_symbol) json.number("market:" + std::string(symbol), members);
  json.end_object();
  put_brokers(json, hub_.brokers);
  json.time("timestamp", hub_.clock.utc()).end_object();
  return json_response(200, json.take());
}

net::HttpResponse HttpApi::snapshot(const net::HttpRequest& request) {
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

  JsonWriter json;
  std::vector<std::string> missing;
  json.begin_object().key("snapshots").begin_array();
  for (const std::string& symbol : symbols) {
    const InstrumentId instrument = hub_.catalog != nullptr ? hub_.catalog->resolve(symbol).instrument : kNoInstrument;
    if (instrument == kNoInstrument || put_snapshots(instrument, depth, allow_delayed == "true", json) == 0) missing.push_back(symbol);
  }
  json.end_array().key("missing").begin_array();
  for (const std::string& symbol : missing) json.text(symbol);
  json.end_array().end_object();
  return json_response(200, json.take());
}

std::size_t HttpApi::put_snapshots(InstrumentId instrument, std::uint16_t depth, bool allow_delayed, JsonWriter& json) {
  std::size_t found = 0;
  for (std::size_t channel = 0; channel < kChannelCount; ++channel) {
    const StreamSlot slot = hub_.table.find(instrument, static_cast<Channel>(channel));
    const LastValue* const value = slot != kNoStream ? &hub_.values.of(slot) : nullptr;
    if (value == nullptr || value->header() == nullptr) continue;
    if (has(value->header()->flags, Flags::Delayed) && !allow_delayed) continue;
    json.raw(hub_.encoder.encode(*value->header(), hub_.clock.utc(), depth, value->snapshot_flags()));
    ++found;
  }
  return found;
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
  return json_response(200, json.take());
}

}  // namespace tidegate::distributor
