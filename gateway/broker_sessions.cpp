#include "gateway/broker_sessions.hpp"

#include <spdlog/spdlog.h>

#include <chrono>
#include <utility>

#include "brokers/common/renewable.hpp"
#include "gateway/configured_instruments.hpp"

namespace tidegate {
namespace {

/// A session that was stopped is kept so long: its sockets say goodbye.
constexpr Duration kFarewell = std::chrono::seconds{10};

}  // namespace

BrokerSessions::BrokerSessions(net::EventLoop& loop, net::HttpClient& http, const Clock& clock, const Calendars& calendars, FrameQueue& frames,
                               Ties ties)
    : clock_(clock),
      ties_(std::move(ties)),
      lent_{loop,
            http,
            clock,
            calendars,
            frames,
            [this](BrokerId broker, std::vector<Instrument>& instruments) { on_instruments(broker, instruments); },
            [this](BrokerId broker, std::vector<SymbolAnswer> answers) { on_found(broker, std::move(answers)); },
            [this](BrokerId broker, BrokerReport report) { ties_.on_report(broker, std::move(report)); }},
      burial_(loop) {}

BrokerSessions::Made BrokerSessions::make(const std::shared_ptr<const Config>& config, BrokerId broker, BrokerTelemetry& telemetry,
                                          std::uint32_t life) const {
  Made made{broker, std::make_unique<BrokerHost>(lent_, config, broker, telemetry, life), nullptr};
  made.session = adapter_of(*config, broker).make_session(config->brokers[broker.value()], *made.host);
  return made;
}

// ---- begin and end ----

void BrokerSessions::use(const std::shared_ptr<const Config>& config) {
  config_ = config;
  for (const Made& made : sessions_) {
    if (made.host != nullptr) made.host->use(config);
  }
}

void BrokerSessions::place(Made made) {
  const std::size_t i = made.broker.value();
  if (i >= sessions_.size()) sessions_.resize(i + 1);
  sessions_[i] = std::move(made);
}

void BrokerSessions::start() {
  for (const Made& made : sessions_) {
    if (made.session != nullptr) made.session->start();
  }
}

void BrokerSessions::begin(Made made) {
  if (stopped_) return;
  const std::size_t i = made.broker.value();
  place(std::move(made));
  sessions_[i].session->start();
  if (i < wanted_.size()) sessions_[i].session->update(wanted_[i]);
}

void BrokerSessions::end(BrokerId broker) {
  if (session_of(broker) == nullptr) return;
  session_of(broker)->stop();
  leaving_.emplace_back(clock_.mono() + kFarewell, std::exchange(sessions_[broker.value()], Made{}));
  if (!burial_.pending()) burial_.start(kFarewell, [this] { bury(); });
}

void BrokerSessions::bury() {
  while (!leaving_.empty() && leaving_.front().first <= clock_.mono()) leaving_.pop_front();
  if (!leaving_.empty()) burial_.start(kFarewell, [this] { bury(); });
}

void BrokerSessions::forget_lists(std::span<const BrokerId> brokers) {
  if (brokers.empty() || catalog_ == nullptr) return;
  for (const BrokerId broker : brokers) catalog_ = Catalog::with_list(catalog_.get(), broker, {});
  ties_.on_catalog(catalog_, std::nullopt);
}

void BrokerSessions::stop() {
  stopped_ = true;
  for (const Made& made : sessions_) {
    if (made.session != nullptr) made.session->stop();
  }
}

// ---- what is asked of sessions ----

Session* BrokerSessions::session_of(BrokerId broker) const {
  return broker.value() < sessions_.size() ? sessions_[broker.value()].session.get() : nullptr;
}

void BrokerSessions::update(std::vector<WantedSet> by_broker) {
  wanted_ = std::move(by_broker);
  for (std::size_t i = 0; i < sessions_.size() && i < wanted_.size(); ++i) {
    if (sessions_[i].session != nullptr) sessions_[i].session->update(wanted_[i]);
  }
}

void BrokerSessions::look_up(const std::vector<std::vector<std::string>>& names) {
  for (std::size_t i = 0; i < sessions_.size() && i < names.size(); ++i) {
    if (sessions_[i].session != nullptr && !names[i].empty()) sessions_[i].session->look_up(names[i]);
  }
}

void BrokerSessions::relist(BrokerId broker) {
  if (Session* const session = session_of(broker)) session->relist();
}

void BrokerSessions::reconnect(BrokerId broker) {
  if (Session* const session = session_of(broker)) session->reconnect();
}

void BrokerSessions::renew(BrokerId broker, std::string_view why) {
  if (auto* const renewable = dynamic_cast<common::Renewable*>(session_of(broker))) renewable->renew(why);
}

void BrokerSessions::request_snapshot(BrokerId broker, const std::string& symbol) {
  if (Session* const session = session_of(broker)) session->request_snapshot(symbol);
}

void BrokerSessions::request_trades(BrokerId broker, const std::string& symbol, std::uint64_t first, std::uint64_t last) {
  if (Session* const session = session_of(broker)) session->request_trades(symbol, first, last);
}

// ---- what sessions tell ----

void BrokerSessions::on_instruments(BrokerId broker, std::vector<Instrument>& instruments) {
  const Adapter& adapter = adapter_of(*config_, broker);
  const std::string& name = config_->brokers[broker.value()].name;
  name_configured(instruments, config_->instruments, adapter, name);
  catalog_ = Catalog::with_list(catalog_.get(), broker, instruments, adapter.may_know != nullptr ? ListScope::Part : ListScope::Whole);
  spdlog::info("{}: {} instruments", name, instruments.size());
  ties_.on_catalog(catalog_, broker);
}

void BrokerSessions::on_found(BrokerId broker, std::vector<SymbolAnswer> answers) {
  const std::string& name = config_->brokers[broker.value()].name;
  name_configured(answers, config_->instruments, adapter_of(*config_, broker), name);
  catalog_ = Catalog::with_found(catalog_.get(), broker, answers);
  for (const SymbolAnswer& answer : answers) spdlog::debug("{}: {} stands for {} instruments", name, answer.text, answer.instruments.size());
  ties_.on_found(catalog_, broker, std::move(answers));
}

}  // namespace tidegate
