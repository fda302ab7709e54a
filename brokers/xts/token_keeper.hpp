// The login session: its token from the first login to the logout, and who may have taken it. docs/protocols/xts.md section 3.1
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "brokers/adapter.hpp"
#include "brokers/common/backoff.hpp"
#include "brokers/common/credential_gate.hpp"
#include "brokers/xts/options.hpp"
#include "brokers/xts/rest_client.hpp"
#include "gateway/net/event_loop.hpp"

namespace tidegate::xts {

/// Called on the loop's thread.
class TokenOwner {
 public:
  virtual ~TokenOwner() = default;
  /// There is a token, the first or another one; the broker has forgotten all subscriptions.
  virtual void on_token() = 0;
  /// The token is gone; a new login may be under way already.
  virtual void on_token_lost(std::string_view why) = 0;
  /// Whether, or why, there is none has changed.
  virtual void on_token_trouble() = 0;
};

/// One session per app key: every login ends the token, the feed and the subscriptions of the one before it, whoever made that. So a login happens at
/// the start, before the token ends and at the planned time of day, and after an error that can only mean a dead token; never more often than
/// relogin_interval because of such errors, and never again once another program has taken the session. The loop's thread.
class TokenKeeper {
 public:
  TokenKeeper(SessionHost& host, const BrokerConfig& config, const Settings& settings, RestClient& rest, TokenOwner& owner);

  void start();
  /// Ends the session at the broker where that is wanted, without waiting for an answer.
  void stop();

  [[nodiscard]] bool ready() const { return !login_.token.empty(); }
  [[nodiscard]] const std::string& token() const { return login_.token; }
  [[nodiscard]] const std::string& user() const { return login_.user; }
  /// Grows with each login; what belongs to an earlier one changes nothing.
  [[nodiscard]] std::uint64_t generation() const { return generation_; }
  /// Another login holds the session, and nothing is done about it.
  [[nodiscard]] bool competing() const { return competing_; }
  /// No login may be made; `reason` names the remedy. A token that is there goes on working.
  [[nodiscard]] bool closed() const { return gate_.closed(); }
  /// What is told while there is no token, or while the gate is closed.
  [[nodiscard]] BrokerState state() const;
  [[nodiscard]] const std::string& reason() const { return gate_.closed() ? gate_.reason() : reason_; }

  /// What was refused, or taken by another login, is tried once more.
  void forgive() { gate_.forgive(); }
  /// The broker says that the token of this generation is dead.
  void rejected(std::uint64_t generation, std::string_view words);
  /// The broker says that another login took the session.
  void taken_over(std::uint64_t generation);
  /// Something was refused in a way that may or may not mean the token: asks for the configuration, which needs a live one (section 3.1).
  void doubt(std::uint64_t generation);
  /// When the present token ends, before which the keeper logs in anew; kNoTime: there is none.
  [[nodiscard]] UtcTime token_end() const { return token_end_; }
  /// The token did its work.
  void proved(std::uint64_t generation);

 private:
  void log_in();
  void log_in_with(common::CredentialGate::Credentials&& credentials);
  void log_in_later(Duration delay);
  void on_answer(RestAnswer&& answer);
  void accept(Login&& login);
  void failed(BrokerState state, std::string reason, Duration wait_min);
  void on_gate();
  void compete();
  void lose(std::string_view why);
  void plan();
  void look_at_clock();
  void warn_of_application_end(const std::string& date) const;

  SessionHost& host_;
  const BrokerConfig& config_;
  const Settings& settings_;
  RestClient& rest_;
  TokenOwner& owner_;
  common::Backoff backoff_;
  net::Timer login_timer_;
  net::Timer clock_timer_;
  net::Timer competing_timer_;

  common::CredentialGate::Credentials credentials_;  // of the present login, or of the one under way
  Login login_;
  std::uint64_t generation_ = 0;
  UtcTime renew_at_;
  UtcTime token_end_;
  bool under_way_ = false;
  bool proved_ = false;
  bool competing_ = false;
  bool stopped_ = false;
  std::optional<std::uint64_t> doubted_;
  std::optional<MonoTime> relogin_at_;  // the last login because of a dead token
  BrokerState state_ = BrokerState::Connecting;
  std::string reason_ = "logging in";
  common::CredentialGate gate_;
};

}  // namespace tidegate::xts
