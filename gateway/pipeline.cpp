#include "gateway/pipeline.hpp"

#include <fmt/format.h>
#include <pthread.h>
#include <spdlog/spdlog.h>

#include <deque>
#include <random>
#include <utility>

#include "gateway/config/tls_files.hpp"
#include "gateway/configured_instruments.hpp"
#include "gateway/distributor_options.hpp"
#include "gateway/secret_sources.hpp"

namespace tidegate {
namespace {

/// Frames a turn: bounds how long subscribers wait for the flush while brokers keep sending.
constexpr std::size_t kFramesPerTurn = 512;
constexpr std::size_t kRecordsPerTurn = 4096;
constexpr std::size_t kConnectionsMax = 256;
/// Time-outs are looked for this often when nothing else happens.
constexpr Duration kCertificateWatch = std::chrono::hours{24};
constexpr Duration kTick = std::chrono::milliseconds{50};
constexpr Duration kDrainLimit = std::chrono::seconds{3};

bool decide_inline(const Config& config) { return config.pipeline.runs_inline(std::thread::hardware_concurrency()); }

std::vector<const Adapter*> adapters_of(const Config& config) {
  std::vector<const Adapter*> adapters;
  for (const BrokerConfig& broker : config.brokers) adapters.push_back(&adapter_of(config, broker.id));
  return adapters;
}

Calendars calendars_of(const Config& config) {
  Calendars calendars;
  for (const Calendar& calendar : config.calendars) calendars.add(calendar);
  return calendars;
}

std::thread named_thread(const char* name, net::EventLoop& loop) {
  return std::thread{[name, &loop] {
    pthread_setname_np(pthread_self(), name);
    loop.run();
  }};
}

/// Whether they differ in something that a reload does not apply.
bool needs_restart(const Config& running, Config fresh) {
  fresh.server.plans = running.server.plans;
  const AuthSettings asked = std::exchange(fresh.server.auth, running.server.auth);
  fresh.server.auth.required = asked.required;
  fresh.server.auth.login_timeout = asked.login_timeout;
  fresh.server.auth.expiry_notice = asked.expiry_notice;
  return print_config(fresh) != print_config(running);
}

/// Different at every start, so that nobody takes one life's sequence numbers for another's.
std::string make_epoch(const Clock& clock) {
  std::random_device random;
  return fmt::format("{:x}-{:08x}", clock.utc().ns / 1'000'000, random());
}

}  // namespace

// ---- what a session is lent ----

class Pipeline::BrokerHost final : public SessionHost {
 public:
  BrokerHost(Pipeline& pipeline, BrokerId broker)
      : pipeline_(pipeline),
        broker_(broker),
        seed_(std::random_device{}()),
        secret_sources_(pipeline.io_loop(), secret_sources_of(pipeline.config_, broker), pipeline.config_.brokers[broker.value()].secret_timeout) {}

  net::EventLoop& loop() override { return pipeline_.io_loop(); }
  net::HttpClient& http() override { return pipeline_.http_; }
  const Clock& clock() const override { return pipeline_.clock_; }
  BrokerCounters& counters() override { return pipeline_.telemetry_.brokers[broker_.value()].counters; }
  std::uint64_t random_seed() override { return seed_; }
  const Calendars& calendars() const override { return pipeline_.calendars_; }
  void prepare_config(std::function<void()> ready) override { secret_sources_.ask(std::move(ready)); }
  FreshConfig read_config() override {
    try {
      return {read_broker_again(pipeline_.config_, broker_, secret_sources_.answers()), {}};
    } catch (const ConfigError& error) {
      return {{}, std::string{error.complaint()}};
    }
  }
  std::unique_ptr<FrameSink> open_sink(ConnectionId connection) override { return pipeline_.frames_.open(broker_, connection); }
  void on_instruments(std::vector<Instrument>& instruments) override { pipeline_.on_instruments(broker_, instruments); }
  void on_found(std::vector<SymbolAnswer> answers) override { pipeline_.on_found(broker_, std::move(answers)); }
  void on_report(BrokerReport report) override {
    const UtcTime expires = report.credential_expires;
    pipeline_.telemetry_.brokers[broker_.value()].credential_expires_unix_s = expires.known() ? expires.ns / 1'000'000'000 : 0;
    pipeline_.upstream_.set_report(broker_, std::move(report));
  }

 private:
  Pipeline& pipeline_;
  BrokerId broker_;
  std::uint64_t seed_;
  SecretSources secret_sources_;
};

// ---- the way to a server on another thread ----

/// Fills the ring; what does not fit waits here, in order, and the normalizer takes no more frames meanwhile.
class Pipeline::RingSink final : public RecordSink {
 public:
  RingSink(RecordRing& ring, net::EventLoop& consumer) : ring_(ring), consumer_(consumer) {}

  void on_record(const RecordHeader& record) override {
    if (waiting_.empty() && ring_.try_push(record)) return;
    const auto* words = reinterpret_cast<const std::uint64_t*>(&record);
    waiting_.emplace_back(words, words + record.size_words);
  }
  /// True when nothing waits and there is room for more.
  bool ready() {
    while (!waiting_.empty()) {
      if (!ring_.try_push(*reinterpret_cast<const RecordHeader*>(waiting_.front().data()))) return false;
      waiting_.pop_front();
    }
    return ring_.free_bytes() >= ring_.capacity_bytes() / 4;
  }
  void wake_consumer() { consumer_.wake(); }

 private:
  RecordRing& ring_;
  net::EventLoop& consumer_;
  std::deque<std::vector<std::uint64_t>> waiting_;
};

// ---- construction ----

Pipeline::Pipeline(Config config, const Clock& clock)
    : config_(std::move(config)),
      access_config_(std::make_unique<const Config>(config_)),
      access_(load_access(*access_config_)),
      access_watch_(std::in_place, *access_config_, access_),
      clock_(clock),
      calendars_(calendars_of(config_)),
      epoch_(make_epoch(clock)),
      inline_(decide_inline(config_)),
      frames_(static_cast<std::size_t>(config_.pipeline.frame_queue_frames), static_cast<std::size_t>(config_.pipeline.frame_queue_bytes),
              kConnectionsMax, telemetry_, [this] { normalize_loop().wake(); }),
      upstream_(config_, adapters_of(config_), clock_, telemetry_.gateway,
                [this](std::vector<Want> wants, std::vector<WantedSet> by_broker, std::vector<SourcePlan> plans) {
                  on_demand(std::move(wants), std::move(by_broker), std::move(plans));
                }),
      distributor_(serve_loop_, clock_, telemetry_, upstream_, distributor_options(config_, access_, epoch_)),
      ring_(inline_ ? nullptr : std::make_unique<RecordRing>(static_cast<std::size_t>(config_.pipeline.record_queue_bytes))),
      ring_sink_(inline_ ? nullptr : std::make_unique<RingSink>(*ring_, serve_loop_)),
      normalizer_(clock_, telemetry_, inline_ ? static_cast<RecordSink&>(distributor_) : *ring_sink_,
                  NormalizerOptions{.quiet_after = config_.pipeline.quiet_after}),
      adapters_(adapters_of(config_)),
      serve_tick_(serve_loop_) {
  if (!inline_) {
    io_loop_.emplace();
    normalize_loop_.emplace();
    normalize_tick_.emplace(*normalize_loop_);
  }
  const bool spin = config_.pipeline.wait == PipelineWait::Spin;
  serve_loop_.set_spin(spin);
  if (!inline_) normalize_loop_->set_spin(spin);
  make_brokers();
  warn_of_access(access_.warnings);
  upstream_.reconnect_broker = [this](BrokerId broker) { reconnect(broker); };
  upstream_.reload_configuration = [this] { return reload(); };
}

Pipeline::~Pipeline() = default;

void Pipeline::make_brokers() {
  for (const BrokerConfig& broker : config_.brokers) telemetry_.brokers.emplace_back().name = broker.name;
  for (const BrokerConfig& broker : config_.brokers) {
    const Adapter& adapter = *adapters_[broker.id.value()];
    normalizer_.add_broker(adapter.make_decoder(broker), adapter.trade_fills != nullptr ? adapter.trade_fills(broker) : TradeFillLimits{});
    hosts_.push_back(std::make_unique<BrokerHost>(*this, broker.id));
    sessions_.push_back(adapter.make_session(broker, *hosts_.back()));
  }
  normalizer_.on_source_wishes = [this](std::vector<SourceWish> wishes) {
    serve_loop_.post([this, wishes = std::move(wishes)] { upstream_.take_source_wishes(wishes); });
  };
  normalizer_.on_source_reports = [this](std::vector<SourceReport> reports) {
    serve_loop_.post([this, reports = std::move(reports)]() mutable { upstream_.set_source_reports(std::move(reports)); });
  };
  normalizer_.set_calendars(calendars_);
  normalizer_.request_snapshot = [this](BrokerId broker, const std::string& symbol) { request_snapshot(broker, symbol); };
  normalizer_.request_trades = [this](BrokerId broker, const std::string& symbol, std::uint64_t first, std::uint64_t last) {
    io_loop().post([this, broker, symbol, first, last] { sessions_[broker.value()]->request_trades(symbol, first, last); });
  };
}

// ---- start, run, stop ----

std::string Pipeline::start() {
  if (std::string problem = distributor_.listen(); !problem.empty()) return problem;
  next_certificate_watch_ = clock_.mono() + kCertificateWatch;  // the configuration's warnings speak of it now
  normalize_loop().at_turn_end([this] { normalize_turn(); });
  serve_loop_.at_turn_end([this] { serve_turn(); });
  tick(serve_tick_);
  if (!inline_) tick(*normalize_tick_);
  io_loop().post([this] {
    for (const auto& session : sessions_) session->start();
  });
  if (!inline_) {
    io_thread_ = named_thread("tg-io", *io_loop_);
    normalize_thread_ = named_thread("tg-normalize", *normalize_loop_);
  }
  return {};
}

std::uint16_t Pipeline::port() const { return distributor_.port(); }

void Pipeline::tick(net::Timer& timer) {
  timer.start(kTick, [this, &timer] { tick(timer); });  // the turn that ends after it looks at the time-outs
}

void Pipeline::run() {
  serve_loop_.run();
  if (inline_) {
    stop_sessions();
    serve_loop_.poll();  // lets the closing handshakes leave
    return;
  }
  io_loop_->post([this] {
    stop_sessions();
    io_loop_->stop();
  });
  io_thread_.join();
  normalize_loop_->stop();
  normalize_thread_.join();
}

void Pipeline::stop(std::string reason) {
  serve_loop_.post([this, reason = std::move(reason)] {
    if (std::exchange(stopping_, true)) return;
    stop_deadline_ = clock_.mono() + kDrainLimit;
    distributor_.shutdown(reason);
  });
}

void Pipeline::stop_sessions() {
  for (const auto& session : sessions_) session->stop();
}

// ---- turns ----

std::size_t Pipeline::normalize_turn() {
  std::size_t done = 0;
  if (inline_ || ring_sink_->ready()) {
    done = frames_.drain(kFramesPerTurn, [this](const RawFrame& frame) { normalizer_.on_frame(frame); });
    if (done == kFramesPerTurn) normalize_loop().wake();  // more may wait; subscribers first
  }
  done += normalizer_.do_work(clock_.mono());
  if (!inline_) ring_sink_->wake_consumer();
  return done;
}

void Pipeline::serve_turn() {
  if (!inline_) {
    if (ring_->drain(kRecordsPerTurn, distributor_) == kRecordsPerTurn) serve_loop_.wake();
    if (ring_->free_bytes() < ring_->capacity_bytes() / 2) normalize_loop_->wake();  // it may be waiting for room
  }
  watch_access();
  distributor_.do_work(clock_.mono());
  distributor_.end_turn();
  watch_certificate();
  send_look_ups();
  if (stopping_ && (distributor_.drained() || clock_.mono() > stop_deadline_)) serve_loop_.stop();
}

// ---- who may log in ----

void Pipeline::warn_of_access(const std::vector<std::string>& warnings) const {
  for (const std::string& warning : warnings) spdlog::warn("{}", warning);
}

/// Tokens are revoked, and keys are rotated, by writing a file.
void Pipeline::watch_access() {
  const AccessWatch::Change change = access_watch_->look(clock_.mono());
  if (!change.complaint.empty()) spdlog::error("{}; who could log in before still can", change.complaint);
  if (change.authenticator == nullptr) return;
  warn_of_access(change.warnings);
  spdlog::info("tokens or keys have changed and are read again");
  distributor_.set_authenticator(change.authenticator, logins_configured(*access_config_));
}

std::string Pipeline::reload() {
  try {
    auto fresh = std::make_unique<const Config>(read_configuration ? read_configuration() : *access_config_);
    Access access = load_access(*fresh);
    if (needs_restart(config_, *fresh)) {
      spdlog::warn("reload: besides logins, plans and keys the configuration has changed; a restart applies the rest");
    }
    access_watch_.reset();
    access_config_ = std::move(fresh);
    access_ = std::move(access);
    access_watch_.emplace(*access_config_, access_);
  } catch (const ConfigError& error) {
    spdlog::error("reload: {}; nothing is changed", error.what());
    return error.what();
  }
  warn_of_access(access_.warnings);
  distributor_.set_authenticator(access_.authenticator, logins_configured(*access_config_));
  spdlog::info("reload: logins, plans and keys are read again");
  return reload_certificate();
}

std::string Pipeline::reload_certificate() {
  const ServerTls& files = config_.server.tls;
  if (files.certificate.empty()) return {};
  const TlsFilesReport report = inspect_tls_files(files.certificate, files.private_key, clock_.utc());
  const bool sound = report.wrong == TlsFilesReport::Wrong::Nothing;
  std::string problem = sound ? distributor_.reload_tls() : report.problem + "; " + report.remedy;
  if (!problem.empty()) {
    spdlog::error("reload: the certificate in use stays in use: {}", problem);
    return problem;
  }
  spdlog::info("the certificate {} was read again; it ends on {}", files.certificate, to_rfc3339(distributor_.tls_expires()));
  next_certificate_watch_ = clock_.mono();
  return {};
}

/// Once a day, since who renews it may not look at metrics.
void Pipeline::watch_certificate() {
  const MonoTime now = clock_.mono();
  if (now < next_certificate_watch_) return;
  next_certificate_watch_ = now + kCertificateWatch;
  const std::string warning = expiry_warning(distributor_.tls_expires(), clock_.utc());
  if (!warning.empty()) spdlog::warn("the certificate {} {}; renew it, and send SIGHUP", config_.server.tls.certificate, warning);
}

// ---- the control path between the threads ----

void Pipeline::on_instruments(BrokerId broker, std::vector<Instrument>& instruments) {
  const Adapter& adapter = *adapters_[broker.value()];
  name_configured(instruments, config_.instruments, adapter, config_.brokers[broker.value()].name);
  catalog_ = Catalog::with_list(catalog_.get(), broker, instruments, adapter.may_know != nullptr ? ListScope::Part : ListScope::Whole);
  spdlog::info("{}: {} instruments", config_.brokers[broker.value()].name, instruments.size());
  normalize_loop().post([this, catalog = catalog_] { normalizer_.set_catalog(catalog); });
  serve_loop_.post([this, broker, catalog = catalog_] {
    upstream_.set_catalog(catalog, broker);
    distributor_.on_catalog(catalog);
  });
}

void Pipeline::on_found(BrokerId broker, std::vector<SymbolAnswer> answers) {
  name_configured(answers, config_.instruments, *adapters_[broker.value()], config_.brokers[broker.value()].name);
  catalog_ = Catalog::with_found(catalog_.get(), broker, answers);
  for (const SymbolAnswer& answer : answers) {
    spdlog::debug("{}: {} stands for {} instruments", config_.brokers[broker.value()].name, answer.text, answer.instruments.size());
  }
  normalize_loop().post([this, catalog = catalog_] { normalizer_.set_catalog(catalog); });
  serve_loop_.post([this, broker, catalog = catalog_, answers = std::move(answers)] {
    upstream_.set_found(catalog, broker, answers);
    distributor_.on_catalog(catalog);
  });
}

void Pipeline::send_look_ups() {
  std::vector<std::vector<std::string>> names = upstream_.take_look_ups();
  if (names.empty()) return;
  io_loop().post([this, names = std::move(names)] {
    for (std::size_t i = 0; i < sessions_.size(); ++i) {
      if (!names[i].empty()) sessions_[i]->look_up(names[i]);
    }
  });
}

void Pipeline::on_demand(std::vector<Want> wants, std::vector<WantedSet> by_broker, std::vector<SourcePlan> plans) {
  // The normalizer hears of it before any session can bring data for it.
  normalize_loop().post([this, wants = std::move(wants), by_broker = std::move(by_broker), plans = std::move(plans)]() mutable {
    normalizer_.set_wanted(wants);
    normalizer_.set_sources(plans);
    io_loop().post([this, by_broker = std::move(by_broker)] {
      for (std::size_t i = 0; i < sessions_.size(); ++i) sessions_[i]->update(by_broker[i]);
    });
  });
}

void Pipeline::reconnect(BrokerId broker) {
  io_loop().post([this, broker] { sessions_[broker.value()]->reconnect(); });
}

void Pipeline::request_snapshot(BrokerId broker, const std::string& symbol) {
  io_loop().post([this, broker, symbol] { sessions_[broker.value()]->request_snapshot(symbol); });
}

}  // namespace tidegate
