// The pipeline's part for a configuration that is read anew while the gateway runs.
//
// First everything is read, checked and made; only then is anything changed. What has not changed is not touched: its sessions, sockets and streams
// never hear of it. The rest goes from thread to thread by posted work, in this order:
//   server      limits and names; routing, so that demand is split anew (the normalizer knows added brokers before a plan names them)
//   I/O         sessions that end are stopped; lists of removed brokers leave the catalog
//   normalizer  the last frames of what ended; its streams lose their connection; new decoders
//   I/O         sessions begin, and are told what is wanted
//   server      the next reload may be applied
#include <spdlog/spdlog.h>

#include <string_view>
#include <utility>

#include "brokers/common/renewable.hpp"
#include "gateway/config/broker_section.hpp"
#include "gateway/config/tls_files.hpp"
#include "gateway/distributor_options.hpp"
#include "gateway/pipeline_reload.hpp"

namespace tidegate {
namespace {

constexpr std::size_t kFramesAtOnce = 512;
constexpr std::string_view kTakenOut = "taken out of the configuration";
constexpr std::string_view kBeginsAnew = "its configuration has changed: it begins anew";
constexpr std::string_view kUnserved = "no configured broker serves it any more";

std::vector<BrokerId> joined(const std::vector<BrokerId>& first, const std::vector<BrokerId>& second) {
  std::vector<BrokerId> all = first;
  all.insert(all.end(), second.begin(), second.end());
  return all;
}

/// Brokers that can only be decoded from recordings cannot be run.
void require_sessions(const Config& config) {
  for (const BrokerConfig& broker : config.brokers) {
    if (adapter_of(config, broker.id).make_session != nullptr) continue;
    throw ConfigError(config.broker_sources[broker.id.value()]->value.place, "brokers." + broker.name,
                      "its adapter reads recordings only and cannot connect", "take this broker out");
  }
}

}  // namespace

std::vector<const Adapter*> adapters_of(const Config& config) {
  std::vector<const Adapter*> adapters;
  for (const BrokerConfig& broker : config.brokers) adapters.push_back(&adapter_of(config, broker.id));
  return adapters;
}

// ---- all that can be wrong ----

distributor::Reloaded Pipeline::reload() {
  if (stopping_) return {"the gateway is being stopped", {}};
  distributor::Reloaded answer;
  try {
    auto fresh = std::make_unique<const Config>(read_configuration ? read_configuration() : *access_config_);
    Access access = load_access(*fresh);
    require_sessions(*fresh);
    answer.problem = certificate_problem();
    if (answer.problem.empty()) answer.changes = take_configuration(std::move(fresh), std::move(access));
  } catch (const ConfigError& error) {
    answer.problem = error.what();
  }
  count(answer.problem.empty() ? telemetry_.gateway.reloads : telemetry_.gateway.reloads_refused);
  if (!answer.problem.empty()) spdlog::error("reload: {}; nothing is changed", answer.problem);
  return answer;
}

/// It is sound. Returns what changes.
std::string Pipeline::take_configuration(std::unique_ptr<const Config> fresh, Access access) {
  reloads_.push_back(prepare(*fresh));
  const std::shared_ptr<const ReloadPlan> plan = reloads_.back()->plan;
  for (const std::string& warning : fresh->warnings) spdlog::warn("{}", warning);
  const std::string words = plan->words();
  spdlog::info("reload: logins, plans and keys are read again; {}", words.empty() ? "nothing else has changed" : words);
  take_access(std::move(fresh), std::move(access));
  if (reloads_.size() == 1) begin_reload();
  reload_certificate();
  return plan->json();
}

/// All that the reload needs, made before anything is changed.
std::unique_ptr<Pipeline::Reloading> Pipeline::prepare(const Config& fresh) {
  const bool waits = !reloads_.empty();
  const Config& running = waits ? *reloads_.back()->config : *config_;
  const std::vector<bool>& retired = waits ? reloads_.back()->plan->retired : retired_;
  auto reloading = std::make_unique<Reloading>();
  reloading->plan = std::make_shared<const ReloadPlan>(
      plan_reload(running, retired, fresh, [this](BrokerId broker) { return static_cast<bool>(renewable_[broker.value()]); }));
  const ReloadPlan& plan = *reloading->plan;
  reloading->config = std::shared_ptr<const Config>(reloading->plan, &plan.config);
  for (const BrokerId broker : joined(plan.changed, plan.added)) {
    const BrokerConfig& config = plan.config.brokers[broker.value()];
    Reloading::Beginning& beginning = reloading->beginnings.emplace_back();
    beginning.first = broker.value() >= running.brokers.size();
    if (broker.value() >= telemetry_.brokers.size()) telemetry_.brokers.emplace_back().name = config.name;
    beginning.telemetry = &telemetry_.brokers[broker.value()];
    const Adapter& adapter = adapter_of(plan.config, broker);
    beginning.decoder = adapter.make_decoder(config);
    beginning.fills = trade_fills_of(adapter, config);
    beginning.made = make_session(reloading->config, broker);
  }
  return reloading;
}

BrokerSessions::Made Pipeline::make_session(const std::shared_ptr<const Config>& config, BrokerId broker) {
  const std::size_t i = broker.value();
  if (i >= lives_.size()) {
    lives_.resize(i + 1);
    renewable_.resize(i + 1);
  }
  BrokerSessions::Made made = sessions_->make(config, broker, telemetry_.brokers[i], lives_[i]++);
  renewable_[i] = dynamic_cast<const common::Renewable*>(made.session.get()) != nullptr;
  return made;
}

// ---- what the server's thread changes ----

void Pipeline::take_access(std::unique_ptr<const Config> fresh, Access access) {
  access_watch_.reset();
  access_config_ = std::move(fresh);
  access_ = std::move(access);
  access_watch_.emplace(*access_config_, access_);
  warn_of_access(access_.warnings);
  distributor_.set_authenticator(access_.authenticator, logins_configured(*access_config_));
}

void Pipeline::begin_reload() {
  Reloading& reloading = *reloads_.front();
  const ReloadPlan& plan = *reloading.plan;
  Reloading* const step = &reloading;
  normalize_loop().post([this, step] {
    for (const BrokerId broker : step->plan->removed) normalizer_.expect_end(broker);
    for (Reloading::Beginning& beginning : step->beginnings) {
      if (beginning.first) normalizer_.add_broker(std::move(beginning.decoder), beginning.fills, *beginning.telemetry);
    }
  });
  const std::shared_ptr<const Config> before = std::exchange(config_, reloading.config);  // the old routing looks into it once more
  retired_ = plan.retired;
  reloading.unserved =
      upstream_.reconfigure(*config_, adapters_of(*config_), {retired_, joined(plan.removed, plan.changed), joined(plan.added, plan.changed)});
  distributor::DistributorOptions options = distributor_options(*config_, access_, epoch_);
  options.broker_retired = retired_;
  distributor_.configure(std::move(options));
  // By way of the normalizer, and so behind the demand that the sessions which stay are told.
  normalize_loop().post([this, step] { io_loop().post([this, step] { end_sessions(*step); }); });
}

void Pipeline::end_reload() {
  reloads_.pop_front();
  if (!reloads_.empty() && !stopping_) begin_reload();
}

distributor::Renewal Pipeline::renew(BrokerId broker) {
  if (!renewable_[broker.value()]) {
    return {"this broker's adapter cannot open a successor beside a connection", "POST .../reconnect makes its connections anew, with a break"};
  }
  io_loop().post([this, broker] { sessions_->renew(broker, "an administrator asked for a renewal"); });
  return {};
}

// ---- what the others change ----

void Pipeline::end_sessions(Reloading& reloading) {
  const ReloadPlan& plan = *reloading.plan;
  std::vector<BrokerId> unlisted = plan.removed;
  for (const BrokerId broker : plan.changed) {
    if (!sessions_->runs(broker, adapter_of(plan.config, broker))) unlisted.push_back(broker);
  }
  sessions_->use(reloading.config);
  for (const BrokerId broker : joined(plan.removed, plan.changed)) sessions_->end(broker);
  for (const BrokerId broker : plan.relisted) sessions_->relist(broker);
  for (const BrokerId broker : plan.renewed) sessions_->renew(broker, "its credentials were changed");
  sessions_->forget_lists(unlisted);
  normalize_loop().post([this, step = &reloading] { change_decoders(*step); });
}

void Pipeline::change_decoders(Reloading& reloading) {
  const ReloadPlan& plan = *reloading.plan;
  drain_frames();
  for (const BrokerId broker : plan.removed) normalizer_.end_broker(broker, BrokerState::Down, kTakenOut);
  for (const BrokerId broker : plan.changed) normalizer_.end_broker(broker, BrokerState::Reconnecting, kBeginsAnew);
  for (Reloading::Beginning& beginning : reloading.beginnings) {
    if (!beginning.first) normalizer_.replace_decoder(beginning.made.broker, std::move(beginning.decoder), beginning.fills);
  }
  normalizer_.fail_unserved(reloading.unserved, kUnserved);
  io_loop().post([this, step = &reloading] { begin_sessions(*step); });
}

/// All that stopped sessions have sent is in the queue, and is read by the decoders that it was meant for. Where others send faster than this one
/// thread reads, it ends all the same: a frame that is left over is older than its broker's new session, and treated so.
void Pipeline::drain_frames() {
  std::size_t taken = 0;
  const std::size_t capacity = frames_.capacity();
  while (taken < 2 * capacity) {
    const std::size_t done = frames_.drain(kFramesAtOnce, [this](const RawFrame& frame) { normalizer_.on_frame(frame); });
    taken += done;
    if (done < kFramesAtOnce) return;
  }
}

void Pipeline::begin_sessions(Reloading& reloading) {
  for (Reloading::Beginning& beginning : reloading.beginnings) sessions_->begin(std::move(beginning.made));
  serve_loop_.post([this] { end_reload(); });
}

// ---- the certificate ----

std::string Pipeline::certificate_problem() const {
  const ServerTls& files = config_->server.tls;
  if (files.certificate.empty()) return {};
  const TlsFilesReport report = inspect_tls_files(files.certificate, files.private_key, clock_.utc());
  return report.wrong == TlsFilesReport::Wrong::Nothing ? std::string{} : report.problem + "; " + report.remedy;
}

/// Found sound a moment ago.
void Pipeline::reload_certificate() {
  const ServerTls& files = config_->server.tls;
  if (files.certificate.empty()) return;
  if (const std::string problem = distributor_.reload_tls(); !problem.empty()) {
    spdlog::error("reload: the certificate in use stays in use: {}", problem);
    return;
  }
  spdlog::info("the certificate {} was read again; it ends on {}", files.certificate, to_rfc3339(distributor_.tls_expires()));
  next_certificate_watch_ = clock_.mono();
}

}  // namespace tidegate
