// One socket to the ticker and what it carries: subscribing and modes in batches, heartbeats, probes, what the broker says in text.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "brokers/common/connection.hpp"
#include "brokers/common/credential_gate.hpp"
#include "brokers/common/log_pacer.hpp"
#include "brokers/common/pacer.hpp"
#include "brokers/common/succession.hpp"
#include "brokers/zerodha/mode_ledger.hpp"
#include "brokers/zerodha/options.hpp"
#include "brokers/zerodha/text_message.hpp"
#include "brokers/zerodha/url.hpp"

namespace tidegate::zerodha {

class TickerSocket;

/// The shard's side of a socket. Called on the loop's thread.
class TickerSocketOwner {
 public:
  virtual ~TickerSocketOwner() = default;
  virtual void on_socket_changed(TickerSocket& socket) = 0;  // phase or counts
  /// An open socket is being lost; `whole`: closed by the broker in order.
  virtual void on_socket_losing(TickerSocket& socket, std::string_view reason, bool whole) = 0;
  /// A planned end is due.
  virtual void on_socket_renewal(TickerSocket& socket, std::string_view why) = 0;
  /// Everything that is wanted of these was sent.
  virtual void on_tokens_asked(TickerSocket& socket, const std::vector<Token>& tokens) = 0;
  /// An error that can only mean this instrument.
  virtual void on_token_refused(TickerSocket& socket, Token token, std::string_view words) = 0;
  virtual void on_instruments_etag(std::string_view etag) = 0;
};

/// The loop's thread.
class TickerSocket final : public common::Link, private common::ConnectionOwner {
 public:
  /// Carries nothing yet; `wishes`: of which it takes over what is wanted.
  TickerSocket(SessionHost& host, const BrokerConfig& config, const Settings& settings, common::CredentialGate& gate, common::FramePort& port,
               common::SlidingWindow& attempts, const ModeLedger& wishes, TickerSocketOwner& owner);

  void want(Token token, Mode mode) { ledger_.want(token, mode); }
  /// Where all that is wanted of it is traded.
  void set_venues(const common::VenueSet& venues) { connection_.set_venues(venues); }
  /// After a round of want(): sends or schedules what follows from it.
  void apply() { after_change(); }

  [[nodiscard]] common::Connection& connection() override { return connection_; }
  [[nodiscard]] const common::Connection& connection() const { return connection_; }
  [[nodiscard]] common::FramePort& port() override { return port_; }
  /// Everything that is wanted was sent; Kite acknowledges nothing.
  [[nodiscard]] bool carries_all() const override { return connection_.open() && !ledger_.work_left(); }
  [[nodiscard]] const ModeLedger& ledger() const { return ledger_; }
  /// Of the present or last attempt.
  [[nodiscard]] const Credentials& credentials() const { return credentials_; }

 private:
  void on_attempt(common::Connection& connection, std::uint64_t attempt) override;
  void on_open(common::Connection& connection) override;
  void on_message(common::Connection& connection, std::string&& payload, bool binary, const common::Stamp& stamp) override;
  void on_ping(common::Connection& connection, std::string_view payload) override;
  bool probe(common::Connection& connection) override;
  common::LossVerdict judge(common::Connection& connection, const net::WsClosed& closed) override;
  void on_phase(common::Connection& connection) override;
  bool on_renewal(common::Connection& connection, std::string_view why) override;

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
  TickerSocketOwner& owner_;
  Credentials credentials_;  // of the present or last attempt
  ModeLedger ledger_;
  common::SendPacer pacer_;
  net::Timer send_timer_;
  std::deque<std::string> probe_;  // commands of a probe, before all others
  Token heard_ = 0;                // the first instrument of the newest data message
  Token probed_ = 0;
  std::optional<Token> subscribed_alone_;  // the last subscribe command had this token only
  MonoTime subscribed_at_{};
  common::LogPacer error_log_;
  common::LogPacer notice_log_;
  bool refusal_logged_ = false;
  std::shared_ptr<const void> alive_ = std::make_shared<char>();  // credentials may come when this socket is gone
  common::Connection connection_;
};

}  // namespace tidegate::zerodha
