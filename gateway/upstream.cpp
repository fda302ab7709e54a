#include "gateway/upstream.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "gateway/core/codes.hpp"
#include "gateway/signs_of_life.hpp"

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

Upstream::Upstream(const Config& config, std::vector<const Adapter*> adapters, const Clock& clock, GatewayCounters& counters, DemandSink demand)
    : config_(config),
      adapters_(std::move(adapters)),
      clock_(clock),
      counters_(counters),
      routing_(config, adapters_),
      demand_(std::move(demand)),
      listed_(config.brokers.size(), false),
      look_ups_(config.brokers.size()),
      reports_(config.brokers.size()) {
  for (const BrokerConfig& broker : config.brokers) venues_.push_back(adapters_[broker.id.value()]->venues(broker));
  for (const StandingSubscription& standing : config.subscriptions) standing_.insert(standing.symbols.begin(), standing.symbols.end());
}

// ---- lists, and names that no list holds ----

void Upstream::set_catalog(std::shared_ptr<const Catalog> catalog, BrokerId listed) {
  catalog_ = std::move(catalog);
  listed_[listed.value()] = true;
}

void Upstream::set_found(std::shared_ptr<const Catalog> catalog, BrokerId broker, std::span<const SymbolAnswer> answers) {
  catalog_ = std::move(catalog);
  for (const SymbolAnswer& answer : answers) {
    if (!look_ups_.answered(answer.text, broker, !answer.instruments.empty(), clock_.mono())) continue;
    const Resolution found = catalog_->resolve(answer.text);
    if (found.instrument == kNoInstrument && found.candidates.empty()) count(counters_.names_unknown);
    if (found.instrument == kNoInstrument && standing_.erase(answer.text) != 0) {
      spdlog::warn("subscriptions: {} is {}", answer.text,
                   found.candidates.empty() ? "not known to the brokers that may know it; they are asked again from time to time"
                                            : "ambiguous: write one of the symbols that it may stand for");
    }
  }
}

bool Upstream::may_know(const BrokerConfig& broker, std::string_view symbol) const {
  const Adapter& adapter = *adapters_[broker.id.value()];
  return adapter.may_know != nullptr && adapter.may_know(broker, symbol);
}

bool Upstream::may_yet_be_listed(std::string_view symbol) {
  if (look_ups_.under_way(symbol)) return true;
  const auto colon = symbol.find(':');
  return std::any_of(config_.brokers.begin(), config_.brokers.end(), [&](const BrokerConfig& broker) {
    const std::size_t i = broker.id.value();
    if (listed_[i]) return false;
    if (adapters_[i]->may_know != nullptr) return LookUps::is_name(symbol) && may_know(broker, symbol);
    if (colon == std::string_view::npos) return !venues_[i].empty();
    return std::find(venues_[i].begin(), venues_[i].end(), symbol.substr(0, colon)) != venues_[i].end();
  });
}

distributor::LookUp Upstream::look_up(std::string_view symbol) {
  std::vector<BrokerId> brokers;
  if (!LookUps::is_name(symbol)) return distributor::LookUp::Nobody;
  for (const BrokerConfig& broker : config_.brokers) {
    if (may_know(broker, symbol)) brokers.push_back(broker.id);
  }
  return ask(symbol, brokers);
}

distributor::LookUp Upstream::look_up(InstrumentId instrument, Channel channel) {
  std::vector<BrokerId> brokers;
  const CatalogEntry* const entry = catalog_ != nullptr ? catalog_->find(instrument) : nullptr;
  if (entry == nullptr || !LookUps::is_name(entry->symbol)) return distributor::LookUp::Nobody;
  for (const BrokerConfig& broker : config_.brokers) {
    if (may_know(broker, entry->symbol) && routing_.could_choose(broker.id, *entry, channel)) brokers.push_back(broker.id);
  }
  return ask(entry->symbol, brokers);
}

distributor::LookUp Upstream::ask(std::string_view symbol, std::span<const BrokerId> brokers) {
  if (brokers.empty()) return distributor::LookUp::Nobody;
  switch (look_ups_.ask(std::string{symbol}, brokers, clock_.mono())) {
    case LookUps::Stand::Asked:
      count(counters_.names_asked);
      return distributor::LookUp::UnderWay;
    case LookUps::Stand::UnderWay:
      return distributor::LookUp::UnderWay;
    case LookUps::Stand::Answered:
      return distributor::LookUp::Unknown;
    case LookUps::Stand::Full:
      break;
  }
  count(counters_.names_refused);
  return distributor::LookUp::TooMany;
}

std::vector<std::vector<std::string>> Upstream::take_look_ups() {
  return look_ups_.has_requests() ? look_ups_.take_requests() : std::vector<std::vector<std::string>>{};
}

// ---- demand ----

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

// ---- reports ----

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
    put_time(json, "credential_expires", report.credential_expires);
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
      if (connection.clocks != nullptr) put_signs_of_life(json, *connection.clocks, connection.state == BrokerState::Live, clock_.mono());
      json.EndObject();
    }
    json.EndArray();
    json.EndObject();
  }
  json.EndArray();
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace tidegate
