// Owns the queues, stages and threads of a running gateway; the order of start and stop in one place.
//
// pipeline.mode inline: one loop reads broker sockets, drains the frame queue through normalizer and distributor, then flushes subscribers.
// pipeline.mode threads: broker I/O, normalizer and server each on a thread of their own, with the same stages and the same order of records.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "brokers/adapter.hpp"
#include "distributor/distributor.hpp"
#include "gateway/broker_sessions.hpp"
#include "gateway/config/access_files.hpp"
#include "gateway/config/config.hpp"
#include "gateway/core/telemetry.hpp"
#include "gateway/frame_queue.hpp"
#include "gateway/net/event_loop.hpp"
#include "gateway/net/http_client.hpp"
#include "gateway/record_ring.hpp"
#include "gateway/upstream.hpp"
#include "normalizer/normalizer.hpp"

namespace tidegate {

class Pipeline {
 public:
  /// Runs the adapters that `config` was loaded with, which outlive the pipeline as `clock` does.
  Pipeline(Config config, const Clock& clock);
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  /// Binds the server and lets the sessions begin. Returns an empty text, or what went wrong.
  [[nodiscard]] std::string start();
  [[nodiscard]] std::uint16_t port() const;
  /// Serves on the calling thread until stop().
  void run();
  /// Any thread. Subscribers are told (4050) and drained, then run() returns.
  void stop(std::string reason);
  /// Where reload() reads the configuration again; throws ConfigError. Set before run(); without it the files are read again that the present
  /// configuration names.
  std::function<Config()> read_configuration;
  /// The loop's thread. Reads the whole configuration anew and checks it; then what has changed is applied, thread by thread, within moments: see
  /// pipeline_reload.cpp. A reload during another one is applied after it. With a problem nothing is changed.
  distributor::Reloaded reload();

  /// The loop that run() serves, for signals.
  [[nodiscard]] net::EventLoop& loop() { return serve_loop_; }
  [[nodiscard]] const Telemetry& telemetry() const { return telemetry_; }

 private:
  class RingSink;
  struct Reloading;

  [[nodiscard]] net::EventLoop& io_loop() { return inline_ ? serve_loop_ : *io_loop_; }
  [[nodiscard]] net::EventLoop& normalize_loop() { return inline_ ? serve_loop_ : *normalize_loop_; }
  void warn_of_access(const std::vector<std::string>& warnings) const;
  void watch_access();                                        // server's thread
  void reconnect(BrokerId broker);                            // server's thread
  [[nodiscard]] distributor::Renewal renew(BrokerId broker);  // server's thread
  [[nodiscard]] BrokerSessions::Ties ties();
  void make_brokers();
  void send_look_ups();                                                                                      // server's thread
  void on_demand(std::vector<Want> wants, std::vector<WantedSet> by_broker, std::vector<SourcePlan> plans);  // server's thread
  void request_snapshot(BrokerId broker, const std::string& symbol);                                         // normalizer's thread
  std::size_t normalize_turn();
  void serve_turn();
  [[nodiscard]] std::string certificate_problem() const;
  void reload_certificate();
  [[nodiscard]] std::unique_ptr<Reloading> prepare(const Config& fresh);
  [[nodiscard]] BrokerSessions::Made make_session(const std::shared_ptr<const Config>& config, BrokerId broker);
  [[nodiscard]] std::string take_configuration(std::unique_ptr<const Config> fresh, Access access);
  void take_access(std::unique_ptr<const Config> fresh, Access access);
  void begin_reload();                         // server's thread, as all above
  void end_sessions(Reloading& reloading);     // I/O thread
  void change_decoders(Reloading& reloading);  // normalizer's thread
  void begin_sessions(Reloading& reloading);   // I/O thread
  void end_reload();                           // server's thread
  void drain_frames();                         // normalizer's thread
  void watch_certificate();
  void tick(net::Timer& timer);

  std::shared_ptr<const Config> config_;         // the server's thread's; brokers by BrokerId, see ReloadPlan
  std::unique_ptr<const Config> access_config_;  // the last one read; of it, what says who may log in
  Access access_;
  std::optional<AccessWatch> access_watch_;
  const Clock& clock_;
  Telemetry telemetry_;
  const Calendars calendars_;
  std::string epoch_;
  bool inline_;
  net::EventLoop serve_loop_;
  std::optional<net::EventLoop> io_loop_, normalize_loop_;
  net::HttpClient http_;
  FrameQueue frames_;
  Upstream upstream_;
  Distributor distributor_;
  std::unique_ptr<RecordRing> ring_;  // threads mode only, as is its sink
  std::unique_ptr<RingSink> ring_sink_;
  Normalizer normalizer_;
  std::unique_ptr<BrokerSessions> sessions_;  // the I/O thread's
  std::vector<std::uint32_t> lives_;          // by BrokerId: sessions made so far
  std::vector<bool> renewable_;               // by BrokerId
  std::vector<bool> retired_;                 // by BrokerId: taken out of the configuration
  net::Timer serve_tick_;
  std::optional<net::Timer> normalize_tick_;
  std::thread io_thread_, normalize_thread_;
  bool stopping_ = false;  // server's thread
  MonoTime stop_deadline_;
  MonoTime next_certificate_watch_;
  std::deque<std::unique_ptr<Reloading>> reloads_;  // the first is being applied, the others wait for it; server's thread
};

}  // namespace tidegate
