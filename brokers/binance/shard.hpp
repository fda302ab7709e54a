// One stream connection to the venue and what it carries: subscribing in legal batches, answers, pongs, audits.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "brokers/binance/control.hpp"
#include "brokers/binance/options.hpp"
#include "brokers/binance/streams.hpp"
#include "brokers/common/connection.hpp"
#include "brokers/common/request_ledger.hpp"

namespace tidegate::binance {

class Shard;

/// The session's side of a shard. Called on the loop's thread.
class ShardOwner {
 public:
  virtual ~ShardOwner() = default;
  virtual void on_shard_open(Shard& shard) = 0;
  virtual void on_shard_changed(Shard& shard) = 0;  // phase or counts, for status and report
  virtual void on_streams_accepted(Shard& shard, const std::vector<std::string>& streams) = 0;
  virtual void on_streams_refused(Shard& shard, const std::vector<std::string>& streams, std::string_view words) = 0;
};

/// The loop's thread. Opens its connection when something is wanted, and closes it when nothing has been for a while.
class Shard final : private common::ConnectionOwner {
 public:
  Shard(SessionHost& host, const BrokerConfig& config, const Settings& settings, Route route, common::FramePort& port,
        common::SlidingWindow& attempts, ShardOwner& owner);

  void want(std::string_view stream) { ledger_.want(stream); }
  void unwant(std::string_view stream) { ledger_.unwant(stream); }
  /// After a round of want() and unwant(): connects, sends or schedules what follows from them.
  void apply();
  void reconnect(std::string_view why) { connection_.reconnect(why); }
  void stop();

  [[nodiscard]] Route route() const { return route_; }
  [[nodiscard]] common::FramePort& port() { return port_; }
  [[nodiscard]] const common::Connection& connection() const { return connection_; }
  [[nodiscard]] const common::RequestLedger& ledger() const { return ledger_; }
  [[nodiscard]] bool needed() const { return ledger_.wanted_count() > 0; }

 private:
  struct Request {
    MonoTime deadline;
    bool audit = false;
  };

  void on_attempt(common::Connection& connection, std::uint64_t attempt) override;
  void on_open(common::Connection& connection) override;
  void on_message(common::Connection& connection, std::string&& payload, bool binary, const common::Stamp& stamp) override;
  void on_ping(common::Connection& connection, std::string_view payload) override;
  common::LossVerdict judge(common::Connection& connection, const net::WsClosed& closed) override;
  void on_phase(common::Connection& connection) override;

  void on_control(const ControlMessage& message);
  void on_answer(std::uint64_t id, const Request& request, const ControlMessage& message);
  void pump();
  void sent(std::uint64_t id, bool audit);
  void watch_answers();
  void on_no_answer();
  void schedule_audit();
  void after_change();

  SessionHost& host_;
  const Settings& settings_;
  Route route_;
  common::FramePort& port_;
  ShardOwner& owner_;
  net::TlsOptions tls_;
  common::RequestLedger ledger_;
  common::SendPacer pacer_;
  net::Timer send_timer_;
  net::Timer answer_timer_;
  net::Timer audit_timer_;
  net::Timer idle_timer_;
  std::map<std::uint64_t, Request> requests_;  // without an answer, oldest first
  bool audit_due_ = false;
  std::uint32_t audits_unanswered_ = 0;
  common::Connection connection_;
};

}  // namespace tidegate::binance
