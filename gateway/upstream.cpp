#include "gateway/upstream.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <utility>

#include "gateway/core/codes.hpp"

namespace tidegate {
namespace {

using Json = rapidjson::Writer<rapidjson::StringBuffer>;

void put(Json& json, const char* key, std::string_view value) {
  json.Key(key);
  json.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
}

void put_time(Json& json, const char* key, UtcTime time) {
  json.Key(key);
  if (!time.known()) {
    json.Null();
    return;
  }
  const std::string text = to_rfc3339(time);
  json.String(text.c_str(), static_cast<rapidjson::SizeType>(text.size()));
}

}  // namespace

Upstream::Upstream(const Config& config, const std::vector<const Adapter*>& adapters, DemandSink demand)
    : config_(config), routing_(config, adapters), demand_(std::move(demand)), reports_(config.brokers.size()) {
  for (const BrokerConfig& broker : config.brokers) unlisted_venues_.push_back(adapters[broker.id.value()]->venues(broker));
}

void Upstream::set_catalog(std::shared_ptr<const Catalog> catalog, BrokerId listed) {
  catalog_ = std::move(catalog);
  unlisted_venues_[listed.value()].clear();
}

bool Upstream::may_yet_be_listed(std::string_view symbol) {
  const auto colon = symbol.find(':');
  return std::any_of(unlisted_venues_.begin(), unlisted_venues_.end(), [&](const std::vector<std::string>& venues) {
    return colon == std::string_view::npos ? !venues.empty() : std::find(venues.begin(), venues.end(), symbol.substr(0, colon)) != venues.end();
  });
}

distributor::Availability Upstream::check(InstrumentId instrument, Channel channel) {
  const CatalogEntry* entry = catalog_ != nullptr ? catalog_->find(instrument) : nullptr;
  if (entry == nullptr) return {code::kUnknownSymbol, "unknown instrument", "ask /v1/instruments?query=... for what there is"};
  if (routing_.choose(*entry, channel)) return {};
  std::string hint = "available for " + entry->symbol + ":";
  for (const Channel served : routing_.channels(*entry)) hint.append(" ").append(to_text(served));
  return {code::kNoChannel, "no configured broker serves channel " + std::string{to_text(channel)} + " of " + entry->symbol, std::move(hint)};
}

void Upstream::on_demand(std::vector<Want> wants) {
  ++generation_;
  std::vector<WantedSet> by_broker(config_.brokers.size());
  for (WantedSet& set : by_broker) set.generation = generation_;
  for (const Want& want : wants) {
    const CatalogEntry* entry = catalog_ != nullptr ? catalog_->find(want.instrument) : nullptr;
    if (entry == nullptr) continue;
    if (const auto broker = routing_.choose(*entry, want.channel)) by_broker[broker->value()].wants.push_back(want);
  }
  demand_(std::move(wants), std::move(by_broker));
}

void Upstream::set_report(BrokerId broker, BrokerReport report) {
  const std::lock_guard lock{reports_mutex_};
  reports_[broker.value()] = std::move(report);
}

std::string Upstream::brokers_json() {
  const std::lock_guard lock{reports_mutex_};
  rapidjson::StringBuffer buffer;
  Json json{buffer};
  json.StartArray();
  for (const BrokerConfig& broker : config_.brokers) {
    const BrokerReport& report = reports_[broker.id.value()];
    json.StartObject();
    put(json, "name", broker.name);
    put(json, "adapter", broker.adapter);
    put(json, "state", to_text(report.state));
    put(json, "reason", report.reason);
    put_time(json, "since", report.since);
    json.Key("required");
    json.Bool(broker.required);
    json.Key("instruments");
    json.Uint(report.instruments);
    json.Key("connections");
    json.StartArray();
    for (const ConnectionReport& connection : report.connections) {
      json.StartObject();
      put(json, "name", connection.name);
      put(json, "state", to_text(connection.state));
      put(json, "reason", connection.reason);
      put_time(json, "since", connection.since);
      json.Key("streams");
      json.Uint(connection.streams);
      json.Key("wanted");
      json.Uint(connection.wanted);
      json.Key("sessions");
      json.Uint64(connection.sessions);
      json.EndObject();
    }
    json.EndArray();
    json.EndObject();
  }
  json.EndArray();
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace tidegate
