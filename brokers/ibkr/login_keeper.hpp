// The login: the web session that a person (or OAuth) opens, and the brokerage session on top of it, of which a user has one, whatever the program.
// docs/protocols/ibkr.md sections 8.1 to 8.3
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "brokers/adapter.hpp"
#include "brokers/common/backoff.hpp"
#include "brokers/ibkr/oauth_login.hpp"
#include "brokers/ibkr/options.hpp"
#include "brokers/ibkr/rest_client.hpp"
#include "gateway/net/event_loop.hpp"

namespace tidegate::ibkr {

/// Called on the loop's thread.
class LoginOwner {
 public:
  virtual ~LoginOwner() = default;
  /// The brokerage session is open and can be asked for data: for the first time, again, or still, after a check.
  virtual void on_login() = 0;
  /// It is gone, and everything that was asked for with it.
  virtual void on_login_lost(std::string_view why) = 0;
  /// Why there is none has changed.
  virtual void on_login_trouble() = 0;
};

/// Goes through the preflight (tickle, status, init where needed, accounts) at the start and whenever something casts doubt on the login, and keeps
/// it alive by tickling. Where a person has to log in, it says so and asks now and then whether somebody has. Another program's session is never
/// fought over. The loop's thread.
class LoginKeeper {
 public:
  LoginKeeper(SessionHost& host, const BrokerConfig& config, const Settings& settings, RestClient& rest, LoginOwner& owner);

  void start() { begin(); }
  void stop();

  [[nodiscard]] bool ready() const { return ready_; }
  /// What opens the socket. A secret.
  [[nodiscard]] const std::string& session() const { return session_; }
  [[nodiscard]] const std::string& account() const { return account_; }
  /// For the socket's query; empty without OAuth. A secret.
  [[nodiscard]] const std::string& access_token() const { return oauth_.access_token(); }
  /// When the live session token ends, before which another is asked for; kNoTime without OAuth, and before a login.
  [[nodiscard]] UtcTime token_end() const { return oauth_.token_end(); }
  /// Ready, and so a moment ago: no need to ask again.
  [[nodiscard]] bool fresh() const;
  /// Another program has the brokerage session, and nothing is done about it.
  [[nodiscard]] bool competing() const { return competing_; }
  /// What is told while there is none.
  [[nodiscard]] BrokerState state() const { return oauth_.closed() ? BrokerState::AuthRequired : state_; }
  [[nodiscard]] const std::string& reason() const { return oauth_.closed() ? oauth_.reason() : reason_; }

  /// What was proved last may be over.
  void doubt() { proved_ = {}; }
  /// Goes through the preflight again, unless that is under way or waits for its time; what is there counts until it proves otherwise. Ends in
  /// on_login(), or in on_login_lost().
  void check();
  /// Takes the brokerage session from the program that has it, once; without effect where none has.
  void take_back();
  /// The broker says that the brokerage session is gone.
  void lost(std::string_view why);
  /// The broker says that there may be one again: asks soon, where it would have waited.
  void hint();

 private:
  using Done = void (LoginKeeper::*)(RestAnswer&&);
  /// Its answer counts unless a later preflight has begun.
  void ask(std::string_view method, std::string_view path, std::string body, Done done);

  void begin();
  void sign_in();
  void tickle();
  void on_tickle(RestAnswer&& answer);
  void ask_status() { ask("POST", "/iserver/auth/status", {}, &LoginKeeper::on_status); }
  void on_status(RestAnswer&& answer);
  void judge(const AuthStatus& status);
  void open_brokerage(bool compete);
  void on_accounts(RestAnswer&& answer);
  void finish();

  void keep();
  void on_kept(RestAnswer&& answer);

  [[nodiscard]] bool may_take() const { return take_due_ || (settings_.compete && !took_); }
  void rival();
  void nobody();
  /// What kept a step from its answer.
  void unanswered(std::string_view what, const RestAnswer& answer);
  void failed(BrokerState state, std::string reason, Duration wait_min);
  void drop(std::string_view why);
  void retry_in(Duration delay);

  SessionHost& host_;
  const BrokerConfig& config_;
  const Settings& settings_;
  RestClient& rest_;
  LoginOwner& owner_;
  OAuthLogin oauth_;
  common::Backoff backoff_;
  net::Timer timer_;  // the next step, attempt, or tickle
  net::Timer competing_timer_;

  std::uint64_t run_ = 0;  // of the preflight
  MonoTime begun_{};
  std::uint64_t signed_in_run_ = 0;        // the one that made the live session token
  std::string found_session_;              // by the preflight under way
  std::optional<MonoTime> opening_until_;  // ssodh/init was sent
  bool taking_ = false;                    // with compete
  bool running_ = false;                   // a preflight is under way
  bool waiting_ = false;                   // for the next one

  std::string session_;
  std::string account_;
  MonoTime proved_{};
  bool ready_ = false;
  bool competing_ = false;
  bool took_ = false;      // the one time that `compete` allows
  bool take_due_ = false;  // competing_wait is over
  bool stopped_ = false;
  BrokerState state_ = BrokerState::Connecting;
  std::string reason_ = "logging in";
};

}  // namespace tidegate::ibkr
