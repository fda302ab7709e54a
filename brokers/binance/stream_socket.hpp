// One socket to the venue and what it carries: subscribing in legal batches, answers, pongs, audits.
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
#include "brokers/common/succession.hpp"

namespace tidegate::binance {

class StreamSocket;

/// The shard's side of a socket. Called on the loop's thread.
class StreamSocketOwner {
 public:
  virtual ~StreamSocketOwner() = default;
  virtual void on_socket_open(StreamSocket& socket) = 0;
  virtual void on_socket_changed(StreamSocket& socket) = 0;  // phase or counts
  /// An open socket is being lost; `whole`: closed by the venue in order.
  virtual void on_socket_losing(StreamSocket& socket, std::string_view reason, bool whole) = 0;
  /// A planned end is due: age, or the venue's notice.
  virtual void on_socket_renewal(StreamSocket& socket, std::string_view why) = 0;
  virtual void on_streams_accepted(StreamSocket& socket, const std::vector<std::string>& streams) = 0;
  virtual void on_streams_refused(StreamSocket& socket, const std::vector<std::string>& streams, std::string_view words) = 0;
};

/// The loop's thread.
class StreamSocket final : public common::Link, private common::ConnectionOwner {
 public:
  /// Carries nothing yet; `wishes`: of which it takes over what is wanted.
  StreamSocket(SessionHost& host, const BrokerConfig& config, const Settings& settings, Route route, common::FramePort& port,
               common::SlidingWindow& attempts, const common::RequestLedger& wishes, StreamSocketOwner& owner);

  void want(std::string_view stream) { ledger_.want(stream); }
  void unwant(std::string_view stream) { ledger_.unwant(stream); }
  /// After a round of want() and unwant(): sends or schedules what follows from them.
  void apply() { after_change(); }

  [[nodiscard]] common::Connection& connection() override { return connection_; }
  [[nodiscard]] const common::Connection& connection() const { return connection_; }
  [[nodiscard]] common::FramePort& port() override { return port_; }
  /// Everything that is wanted was accepted or refused, and something accepted.
  [[nodiscard]] bool carries_all() const override { return ledger_.settled() && (ledger_.confirmed_count() > 0 || ledger_.wanted_count() == 0); }
  [[nodiscard]] const common::RequestLedger& ledger() const { return ledger_; }

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
  bool on_renewal(common::Connection& connection, std::string_view why) override;

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
  StreamSocketOwner& owner_;
  net::TlsOptions tls_;
  common::RequestLedger ledger_;
  common::SendPacer pacer_;
  net::Timer send_timer_;
  net::Timer answer_timer_;
  net::Timer audit_timer_;
  std::map<std::uint64_t, Request> requests_;  // without an answer, oldest first
  bool audit_due_ = false;
  std::uint32_t audits_unanswered_ = 0;
  common::Connection connection_;
};

}  // namespace tidegate::binance
