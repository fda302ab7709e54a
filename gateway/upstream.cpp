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

void put_sources(Json& json, const SourceReport& report) {
  json.Key("sources");
  json.StartObject();
  json.Key("serving");
  json.Uint(report.serving);
  json.Key("served_elsewhere");
  json.Uint(report.served_elsewhere);
  json.Key("disagreeing");
  json.Uint(report.disagreeing);
  if (!report.disagreement.empty()) put(json, "disagreement", report.disagreement);
  json.EndObject();
}

}  // namespace

Upstream::Upstream(const Config& config, std::vector<const Adapter*> adapters, const Clock& clock, GatewayCounters& counters, DemandSink demand)
    : config_(&config),
      adapters_(std::move(adapters)),
      retired_(config.brokers.size(), false),
      clock_(clock),
      counters_(counters),
      routing_(config, adapters_),
      sources_(routing_, config.brokers.size()),
      demand_(std::move(demand)),
      listed_(config.brokers.size(), false),
      look_ups_(config.brokers.size()),
      reports_(config.brokers.size()) {
  for (const BrokerConfig& broker : config.brokers) venues_.push_back(adapters_[broker.id.value()]->venues(broker));
  for (const StandingSubscription& standing : config.subscriptions) standing_.insert(standing.symbols.begin(), standing.symbols.end());
}

// ---- lists, and names that no list holds ----

void Upstream::set_catalog(std::shared_ptr<const Catalog> catalog, std::optional<BrokerId> listed) {
  catalog_ = std::move(catalog);
  if (listed) listed_[listed->value()] = true;
  split_again();
}

void Upstream::set_found(std::shared_ptr<const Catalog> catalog, BrokerId broker, std::span<const SymbolAnswer> answers) {
  catalog_ = std::move(catalog);
  split_again();
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
  return !retired(broker.id) && adapter.may_know != nullptr && adapter.may_know(broker, symbol);
}

bool Upstream::may_yet_be_listed(std::string_view symbol) {
  if (look_ups_.under_way(symbol)) return true;
  const auto colon = symbol.find(':');
  return std::any_of(config_->brokers.begin(), config_->brokers.end(), [&](const BrokerConfig& broker) {
    const std::size_t i = broker.id.value();
    if (listed_[i] || retired(broker.id)) return false;
    if (adapters_[i]->may_know != nullptr) return LookUps::is_name(symbol) && may_know(broker, symbol);
    if (colon == std::string_view::npos) return !venues_[i].empty();
    return std::find(venues_[i].begin(), venues_[i].end(), symbol.substr(0, colon)) != venues_[i].end();
  });
}

distributor::LookUp Upstream::look_up(std::string_view symbol) {
  std::vector<BrokerId> brokers;
  if (!LookUps::is_name(symbol)) return distributor::LookUp::Nobody;
  for (const BrokerConfig& broker : config_->brokers) {
    if (may_know(broker, symbol)) brokers.push_back(broker.id);
  }
  return ask(symbol, brokers);
}

distributor::LookUp Upstream::look_up(InstrumentId instrument, Channel channel) {
  std::vector<BrokerId> brokers;
  const CatalogEntry* const entry = catalog_ != nullptr ? catalog_->find(instrument) : nullptr;
  if (entry == nullptr || !LookUps::is_name(entry->symbol)) return distributor::LookUp::Nobody;
  for (const BrokerConfig& broker : config_->brokers) {
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
  wants_ = std::move(wants);
  send(catalog_ != nullptr ? sources_.split(*catalog_, wants_) : SourceDemand::Split{std::vector<std::vector<Want>>(config_->brokers.size()), {}});
}

bool Upstream::plans_sources() const { return routing_.any_failover() || sources_.has_plans(); }

/// Lists, orders and needs change who could serve the same demand, and who holds it.
void Upstream::split_again() {
  if (!plans_sources() || wants_.empty()) return;
  SourceDemand::Split split = sources_.split(*catalog_, wants_);
  if (split != split_) send(std::move(split));
}

void Upstream::send(SourceDemand::Split split) {
  if (plans_sources()) split_ = split;
  ++generation_;
  std::vector<WantedSet> by_broker;
  for (std::vector<Want>& wants : split.by_broker) by_broker.push_back({generation_, std::move(wants)});
  demand_(wants_, std::move(by_broker), std::move(split.plans));
}

void Upstream::take_source_wishes(const std::vector<SourceWish>& wishes) {
  if (sources_.take(wishes)) split_again();
}

// ---- another configuration ----

std::vector<Want> Upstream::reconfigure(const Config& config, std::vector<const Adapter*> adapters, const Change& change) {
  const Routing before = std::exchange(routing_, Routing{config, adapters, change.retired});
  config_ = &config;
  adapters_ = std::move(adapters);
  retired_ = change.retired;
  const std::size_t brokers = config.brokers.size();
  sources_.set_brokers(brokers);
  look_ups_.set_brokers(brokers);
  listed_.resize(brokers, false);
  for (const BrokerId broker : change.unheard) listed_[broker.value()] = false;
  venues_.clear();
  for (const BrokerConfig& broker : config.brokers) venues_.push_back(adapters_[broker.id.value()]->venues(broker));
  for (const StandingSubscription& standing : config.subscriptions) standing_.insert(standing.symbols.begin(), standing.symbols.end());
  for (const BrokerId broker : change.ended) {
    look_ups_.give_up(broker, clock_.mono());
    if (retired(broker)) sources_.take_back_orders_of(broker);
  }
  {
    const std::lock_guard lock{reports_mutex_};
    reports_.resize(brokers);
    for (const BrokerId broker : change.ended) {
      reports_[broker.value()] = {};
      reports_[broker.value()].since = clock_.utc();
    }
  }
  std::vector<Want> unserved = rank_anew(before, change);
  on_demand(std::exchange(wants_, {}));
  return unserved;
}

/// Streams whose first broker is another one now move to it with a message, like at a failover; where nobody is left, that has to be told.
std::vector<Want> Upstream::rank_anew(const Routing& before, const Change& change) {
  std::vector<Want> unserved;
  if (catalog_ == nullptr) return unserved;
  for (const Want& want : wants_) {
    const CatalogEntry* const entry = catalog_->find(want.instrument);
    if (entry == nullptr) continue;
    const std::vector<BrokerId> old_rank = before.ranked(*entry, want.channel);
    if (old_rank.empty()) continue;
    const std::vector<BrokerId> rank = routing_.ranked(*entry, want.channel);
    if (rank.empty()) {
      unserved.push_back(want);
      sources_.rank_anew(want, old_rank.front(), false);
    } else if (rank.front() != old_rank.front()) {
      sources_.rank_anew(want, old_rank.front(), !change.retired[old_rank.front().value()]);
    }
  }
  return unserved;
}

// ---- orders ----

distributor::SourceOrder Upstream::order_source(std::string_view target, BrokerId broker) {
  const Resolution found = catalog_ != nullptr ? catalog_->resolve(target) : Resolution{};
  const CatalogEntry* const entry = found.instrument == kNoInstrument ? nullptr : catalog_->find(found.instrument);
  const std::string_view venue = entry != nullptr ? std::string_view{entry->instrument.venue} : target;
  const Routing::Rule* const rule = routing_.failover(venue);
  if (rule == nullptr) {
    return {"no rule under routing names several brokers for it", "name a venue or a symbol; GET /v1/admin/routing shows the rules", {}};
  }
  const bool ranked = std::find(rule->brokers.begin(), rule->brokers.end(), broker) != rule->brokers.end();
  if (!ranked) return {"this broker is not in the venue's rule", "GET /v1/admin/routing shows the rules", {}};
  const bool listed = entry == nullptr || std::find(entry->brokers.begin(), entry->brokers.end(), broker) != entry->brokers.end();
  if (!listed) return {"this broker does not list the symbol", "GET /v1/instruments?query= shows who does", {}};
  std::string taken = entry != nullptr ? entry->symbol : std::string{venue};
  sources_.order(taken, broker);
  split_again();
  return {{}, {}, std::move(taken)};
}

bool Upstream::take_back_order(std::string_view target) {
  const Resolution found = catalog_ != nullptr ? catalog_->resolve(target) : Resolution{};
  const CatalogEntry* const entry = found.instrument == kNoInstrument ? nullptr : catalog_->find(found.instrument);
  if (!sources_.take_back(entry != nullptr ? std::string_view{entry->symbol} : target)) return false;
  split_again();
  return true;
}

std::string Upstream::routing_json() {
  rapidjson::StringBuffer buffer;
  Json json{buffer};
  json.StartObject();
  json.Key("routing");
  json.StartArray();
  for (const auto& [venue, rule] : routing_.rules()) {
    json.StartObject();
    put(json, "venue", venue);
    json.Key("brokers");
    json.StartArray();
    for (const BrokerId broker : rule.brokers) json.String(config_->brokers[broker.value()].name.c_str());
    json.EndArray();
    put(json, "standby", rule.failover.standby == Standby::Hot ? "hot" : "warm");
    json.EndObject();
  }
  json.EndArray();
  json.Key("orders");
  json.StartArray();
  for (const auto& [target, order] : sources_.orders()) {
    json.StartObject();
    put(json, "target", target);
    put(json, "broker", config_->brokers[order.broker.value()].name);
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
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
  for (const BrokerConfig& broker : config_->brokers) {
    if (retired(broker.id)) continue;
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
    if (broker.id.value() < source_reports_.size()) put_sources(json, source_reports_[broker.id.value()]);
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
