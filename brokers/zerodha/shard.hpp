// One ticker connection and what it carries: subscribing and modes in batches, heartbeats, probes, what the broker says in text.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "brokers/common/connection.hpp"
#include "brokers/common/credential_gate.hpp"
#include "brokers/common/log_pacer.hpp"
#include "brokers/common/pacer.hpp"
#include "brokers/zerodha/mode_ledger.hpp"
#include "brokers/zerodha/options.hpp"
#include "brokers/zerodha/text_message.hpp"
#include "brokers/zerodha/url.hpp"

namespace tidegate::zerodha {

class Shard;

/// The session's side of a shard. Called on the loop's thread.
class ShardOwner {
 public:
  virtual ~ShardOwner() = default;
  virtual void on_shard_changed(Shard& shard) = 0;  // phase or counts, for status and report
  /// Everything that is wanted of these was sent.
  virtual void on_tokens_asked(Shard& shard, const std::vector<Token>& tokens) = 0;
  /// An error that can only mean this instrument.
  virtual void on_token_refused(Shard& shard, Token token, std::string_view words) = 0;
  virtual void on_instruments_etag(std::string_view etag) = 0;
};

/// The loop's thread. Opens its connection when something is wanted, and closes it when nothing has been for a while.
class Shard final : private common::ConnectionOwner {
 public:
  Shard(SessionHost& host, const BrokerConfig& config, const Settings& settings, common::CredentialGate& gate, common::FramePort& port,
        common::SlidingWindow& attempts, ShardOwner& owner);

  void want(Token token, Mode mode) { ledger_.want(token, mode); }
  /// Where all that is wanted of it is traded.
  void set_venues(const common::VenueSet& venues) { connection_.set_venues(venues); }
  /// After a round of want(): connects, sends or schedules what follows from it.
  void apply();
  /// Credentials may have been renewed: a connection that is parked for them tries again.
  void unpark() { connection_.unpark(); }
  void reconnect(std::string_view why) { connection_.reconnect(why); }
  void stop();

  [[nodiscard]] common::FramePort& port() { return port_; }
  [[nodiscard]] const common::Connection& connection() const { return connection_; }
  [[nodiscard]] const ModeLedger& ledger() const { return ledger_; }
  /// Of the connection that is open, or of the last attempt.
  [[nodiscard]] const std::string& access_token() const { return credentials_.access_token; }
  [[nodiscard]] bool needed() const { return ledger_.wanted_count() > 0; }

 private:
  void on_attempt(common::Connection& connection, std::uint64_t attempt) override;
  void on_open(common::Connection& connection) override;
  void on_message(common::Connection& connection, std::string&& payload, bool binary, const common::Stamp& stamp) override;
  void on_ping(common::Connection& connection, std::string_view payload) override;
  bool probe(common::Connection& connection) override;
  common::LossVerdict judge(common::Connection& connection, const net::WsClosed& closed) override;
  void on_phase(common::Connection& connection) override;

  void dial(std::uint64_t attempt, const std::optional<common::CredentialGate::Credentials>& taken);
  void on_text(std::string_view payload);
  void on_error(std::string_view words);
  [[nodiscard]] std::optional<Token> blamed(std::string_view words) const;
  void pump();
  void sent(const Command& command);
  void after_change();

  SessionHost& host_;
  const BrokerConfig& config_;
  const Settings& settings_;
  common::CredentialGate& gate_;
  common::FramePort& port_;
  ShardOwner& owner_;
  Credentials credentials_;  // of the present or last attempt
  ModeLedger ledger_;
  common::SendPacer pacer_;
  net::Timer send_timer_;
  net::Timer idle_timer_;
  std::deque<std::string> probe_;  // commands of a probe, before all others
  Token heard_ = 0;                // the first instrument of the newest data message
  Token probed_ = 0;
  std::optional<Token> subscribed_alone_;  // the last subscribe command had this token only
  MonoTime subscribed_at_{};
  common::LogPacer error_log_;
  common::LogPacer notice_log_;
  bool refusal_logged_ = false;
  common::Connection connection_;
};

}  // namespace tidegate::zerodha
