#include "gateway/pipeline.hpp"

#include <fmt/format.h>
#include <pthread.h>
#include <spdlog/spdlog.h>

#include <deque>
#include <random>
#include <utility>

#include "gateway/config/tls_files.hpp"
#include "gateway/distributor_options.hpp"
#include "gateway/net/ws_server.hpp"
#include "gateway/pipeline_reload.hpp"

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

/// Different at every start, so that nobody takes one life's sequence numbers for another's.
std::string make_epoch(const Clock& clock) {
  std::random_device random;
  return fmt::format("{:x}-{:08x}", clock.utc().ns / 1'000'000, random());
}

}  // namespace

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
    : config_(std::make_shared<const Config>(std::move(config))),
      access_config_(std::make_unique<const Config>(*config_)),
      access_(load_access(*access_config_)),
      access_watch_(std::in_place, *access_config_, access_),
      clock_(clock),
      calendars_(calendars_of(*config_)),
      epoch_(make_epoch(clock)),
      inline_(decide_inline(*config_)),
      frames_(static_cast<std::size_t>(config_->pipeline.frame_queue_frames), static_cast<std::size_t>(config_->pipeline.frame_queue_bytes),
              kConnectionsMax, [this] { normalize_loop().wake(); }),
      upstream_(*config_, adapters_of(*config_), clock_, telemetry_.gateway,
                [this](std::vector<Want> wants, std::vector<WantedSet> by_broker, std::vector<SourcePlan> plans) {
                  on_demand(std::move(wants), std::move(by_broker), std::move(plans));
                }),
      distributor_(serve_loop_, clock_, telemetry_, upstream_, distributor_options(*config_, access_, epoch_)),
      ring_(inline_ ? nullptr : std::make_unique<RecordRing>(static_cast<std::size_t>(config_->pipeline.record_queue_bytes))),
      ring_sink_(inline_ ? nullptr : std::make_unique<RingSink>(*ring_, serve_loop_)),
      normalizer_(clock_, telemetry_, inline_ ? static_cast<RecordSink&>(distributor_) : *ring_sink_,
                  NormalizerOptions{.quiet_after = config_->pipeline.quiet_after}),
      serve_tick_(serve_loop_) {
  if (!inline_) {
    io_loop_.emplace();
    normalize_loop_.emplace();
    normalize_tick_.emplace(*normalize_loop_);
  }
  const bool spin = config_->pipeline.wait == PipelineWait::Spin;
  serve_loop_.set_spin(spin);
  if (!inline_) normalize_loop_->set_spin(spin);
  make_brokers();
  warn_of_access(access_.warnings);
  upstream_.reconnect_broker = [this](BrokerId broker) { reconnect(broker); };
  upstream_.reload_configuration = [this] { return reload(); };
  upstream_.renew_broker = [this](BrokerId broker) { return renew(broker); };
}

Pipeline::~Pipeline() = default;

BrokerSessions::Ties Pipeline::ties() {
  BrokerSessions::Ties ties;
  ties.on_catalog = [this](std::shared_ptr<const Catalog> catalog, std::optional<BrokerId> listed) {
    normalize_loop().post([this, catalog] { normalizer_.set_catalog(catalog); });
    serve_loop_.post([this, listed, catalog = std::move(catalog)] {
      upstream_.set_catalog(catalog, listed);
      distributor_.on_catalog(catalog);
    });
  };
  ties.on_found = [this](std::shared_ptr<const Catalog> catalog, BrokerId broker, std::vector<SymbolAnswer> answers) {
    normalize_loop().post([this, catalog] { normalizer_.set_catalog(catalog); });
    serve_loop_.post([this, broker, catalog = std::move(catalog), answers = std::move(answers)] {
      upstream_.set_found(catalog, broker, answers);
      distributor_.on_catalog(catalog);
    });
  };
  ties.on_report = [this](BrokerId broker, BrokerReport report) { upstream_.set_report(broker, std::move(report)); };
  return ties;
}

void Pipeline::make_brokers() {
  sessions_ = std::make_unique<BrokerSessions>(io_loop(), http_, clock_, calendars_, frames_, ties());
  sessions_->use(config_);
  for (const BrokerConfig& broker : config_->brokers) telemetry_.brokers.emplace_back().name = broker.name;
  for (const BrokerConfig& broker : config_->brokers) {
    const Adapter& adapter = adapter_of(*config_, broker.id);
    normalizer_.add_broker(adapter.make_decoder(broker), trade_fills_of(adapter, broker));
    sessions_->place(make_session(config_, broker.id));
  }
  retired_.assign(config_->brokers.size(), false);
  normalizer_.on_source_wishes = [this](std::vector<SourceWish> wishes) {
    serve_loop_.post([this, wishes = std::move(wishes)] { upstream_.take_source_wishes(wishes); });
  };
  normalizer_.on_source_reports = [this](std::vector<SourceReport> reports) {
    serve_loop_.post([this, reports = std::move(reports)]() mutable { upstream_.set_source_reports(std::move(reports)); });
  };
  normalizer_.set_calendars(calendars_);
  normalizer_.request_snapshot = [this](BrokerId broker, const std::string& symbol) { request_snapshot(broker, symbol); };
  normalizer_.request_trades = [this](BrokerId broker, const std::string& symbol, std::uint64_t first, std::uint64_t last) {
    io_loop().post([this, broker, symbol, first, last] { sessions_->request_trades(broker, symbol, first, last); });
  };
}

// ---- start, run, stop ----

std::string Pipeline::start() {
  if (std::string problem = distributor_.listen(); !problem.empty()) return problem;
  if (const std::string problem = config_->server.io_uring ? net::WsServer::io_uring_problem() : ""; !problem.empty()) {
    spdlog::info("the kernel allows no io_uring here ({}): every write to a client is a call of its own, which takes more of a core", problem);
  }
  next_certificate_watch_ = clock_.mono() + kCertificateWatch;  // the configuration's warnings speak of it now
  normalize_loop().at_turn_end([this] { normalize_turn(); });
  serve_loop_.at_turn_end([this] { serve_turn(); });
  tick(serve_tick_);
  if (!inline_) tick(*normalize_tick_);
  io_loop().post([this] { sessions_->start(); });
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
    sessions_->stop();
    serve_loop_.poll();  // lets the closing handshakes leave
    return;
  }
  io_loop_->post([this] {
    sessions_->stop();
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

/// Once a day, since who renews it may not look at metrics.
void Pipeline::watch_certificate() {
  const MonoTime now = clock_.mono();
  if (now < next_certificate_watch_) return;
  next_certificate_watch_ = now + kCertificateWatch;
  const std::string warning = expiry_warning(distributor_.tls_expires(), clock_.utc());
  if (!warning.empty()) spdlog::warn("the certificate {} {}; renew it, and send SIGHUP", config_->server.tls.certificate, warning);
}

// ---- the control path between the threads ----

void Pipeline::send_look_ups() {
  std::vector<std::vector<std::string>> names = upstream_.take_look_ups();
  if (names.empty()) return;
  io_loop().post([this, names = std::move(names)] { sessions_->look_up(names); });
}

void Pipeline::on_demand(std::vector<Want> wants, std::vector<WantedSet> by_broker, std::vector<SourcePlan> plans) {
  // The normalizer hears of it before any session can bring data for it.
  normalize_loop().post([this, wants = std::move(wants), by_broker = std::move(by_broker), plans = std::move(plans)]() mutable {
    normalizer_.set_wanted(wants);
    normalizer_.set_sources(plans);
    io_loop().post([this, by_broker = std::move(by_broker)]() mutable { sessions_->update(std::move(by_broker)); });
  });
}

void Pipeline::reconnect(BrokerId broker) {
  io_loop().post([this, broker] { sessions_->reconnect(broker); });
}

void Pipeline::request_snapshot(BrokerId broker, const std::string& symbol) {
  io_loop().post([this, broker, symbol] { sessions_->request_snapshot(broker, symbol); });
}

}  // namespace tidegate
