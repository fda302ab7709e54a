#include "brokers/ibkr/login_keeper.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace tidegate::ibkr {
namespace {

using RestKind = RestAnswer::Kind;

constexpr std::size_t kLoginWordsMax = 60;  // of the 119 that a status has

/// Words of an answer to tickle that mean: nobody is missing but the brokerage session.
bool lacks_brokerage(const RestAnswer& answer) { return answer.words.find("no bridge") != std::string::npos; }

}  // namespace

LoginKeeper::LoginKeeper(SessionHost& host, const BrokerConfig& config, const Settings& settings, RestClient& rest, LoginOwner& owner)
    : host_(host),
      config_(config),
      settings_(settings),
      rest_(rest),
      owner_(owner),
      oauth_(host, settings, rest,
             [this] {
               if (stopped_ || ready_) return;
               if (!oauth_.closed()) return retry_in(Duration::zero());
               owner_.on_login_trouble();
             }),
      backoff_(config.reconnect_initial, config.reconnect_maximum, host.random_seed()),
      timer_(host.loop()),
      competing_timer_(host.loop()) {}

void LoginKeeper::stop() {
  stopped_ = true;
  ++run_;
  timer_.cancel();
  competing_timer_.cancel();
  oauth_.stop();
}

bool LoginKeeper::fresh() const { return ready_ && host_.clock().mono() - proved_ < settings_.tickle_spacing; }

// ---- the preflight, step by step ----

void LoginKeeper::ask(std::string_view method, std::string_view path, std::string body, Done done) {
  rest_.send(RestClient::Urgency::Login, method, path, std::move(body), [this, run = run_, done](RestAnswer&& answer) {
    if (run == run_ && !stopped_) (this->*done)(std::move(answer));
  });
}

void LoginKeeper::check() {
  if (!running_ && !waiting_) begin();  // what waits has its reasons, which the owner was told
}

void LoginKeeper::begin() {
  if (stopped_) return;
  ++run_;
  timer_.cancel();
  running_ = true;
  waiting_ = false;
  begun_ = host_.clock().mono();
  found_session_.clear();
  opening_until_.reset();
  taking_ = false;
  if (settings_.oauth && (!oauth_.signed_in() || oauth_.renewal_due())) return sign_in();
  tickle();
}

void LoginKeeper::sign_in() {
  oauth_.sign_in([this, run = run_](const OAuthLogin::Outcome& outcome) {
    if (run != run_ || stopped_) return;
    if (outcome.kind == OAuthLogin::Outcome::Kind::SignedIn) {
      signed_in_run_ = run_;
      return tickle();
    }
    if (oauth_.signed_in()) {  // the one there is has some time left
      spdlog::warn("{}: the live session token cannot be renewed yet: {}", config_.name, oauth_.closed() ? oauth_.reason() : outcome.words);
      return tickle();
    }
    if (outcome.kind == OAuthLogin::Outcome::Kind::Failed) return failed(BrokerState::Reconnecting, "no live session token: " + outcome.words, {});
    drop(oauth_.reason());
    owner_.on_login_trouble();  // a change of the keys begins anew
  });
}

void LoginKeeper::tickle() { ask("POST", kTicklePath, {}, &LoginKeeper::on_tickle); }

void LoginKeeper::on_tickle(RestAnswer&& answer) {
  if (lacks_brokerage(answer) && answer.kind != RestKind::Success) return ask_status();
  if (answer.kind != RestKind::Success) return unanswered("cannot ask for the session", answer);
  found_session_ = read_session(answer.body);
  if (found_session_.empty()) return failed(BrokerState::Down, "the answer to tickle holds no session; check rest_url", settings_.refused_wait);
  ask_status();
}

void LoginKeeper::on_status(RestAnswer&& answer) {
  if (answer.kind != RestKind::Success) return unanswered("cannot ask for the login's status", answer);
  const auto status = read_auth_status(answer.body);
  if (!status) return failed(BrokerState::Reconnecting, "the answer to auth/status is none", {});
  judge(*status);
}

void LoginKeeper::judge(const AuthStatus& status) {
  if (status.usable()) return ask("GET", "/iserver/accounts", {}, &LoginKeeper::on_accounts);
  if (status.taken() && !taking_) {
    if (!may_take()) return rival();
    return open_brokerage(true);
  }
  if (!opening_until_) return open_brokerage(false);
  if (host_.clock().mono() >= *opening_until_) {
    if (status.taken()) return rival();
    const std::string words = rest_.printable(status.message, kLoginWordsMax);
    return failed(BrokerState::Reconnecting, "the brokerage session does not open" + (words.empty() ? words : ": " + words), {});
  }
  timer_.start(settings_.init_poll, [this] { ask_status(); });
}

void LoginKeeper::open_brokerage(bool compete) {
  opening_until_ = host_.clock().mono() + settings_.init_timeout;
  taking_ = compete;
  if (compete) {
    took_ = true;
    take_due_ = false;
    spdlog::warn("{}: another program has the brokerage session; taking it over, as configured", config_.name);
  }
  ask("POST", "/iserver/auth/ssodh/init", compete ? R"({"publish":true,"compete":true})" : R"({"publish":true,"compete":false})",
      &LoginKeeper::on_status);
}

void LoginKeeper::on_accounts(RestAnswer&& answer) {
  if (answer.kind != RestKind::Success) return unanswered("cannot ask for the accounts", answer);
  account_ = settings_.account.empty() ? read_account(answer.body) : settings_.account;
  if (found_session_.empty()) return tickle();  // there was no brokerage session to tell it before
  finish();
}

void LoginKeeper::finish() {
  if (std::exchange(competing_, false)) {
    competing_timer_.cancel();
    if (!taking_) took_ = false;  // it was given back: the next time is another matter
  }
  running_ = false;
  session_ = std::move(found_session_);
  rest_.hide({session_, oauth_.access_token()});
  backoff_.reset();
  state_ = BrokerState::Live;
  reason_.clear();
  proved_ = host_.clock().mono();
  if (!std::exchange(ready_, true)) spdlog::info("{}: the brokerage session is open", config_.name);
  timer_.start(settings_.tickle_interval, [this] { keep(); });
  owner_.on_login();
}

// ---- keeping it ----

void LoginKeeper::keep() {
  if (settings_.oauth && oauth_.renewal_due()) return begin();
  ask("POST", kTicklePath, {}, &LoginKeeper::on_kept);
}

void LoginKeeper::on_kept(RestAnswer&& answer) {
  if (answer.kind == RestKind::NoLogin) return unanswered("", answer);
  if (lacks_brokerage(answer) && answer.kind != RestKind::Success) return lost("the brokerage session is gone");
  if (answer.kind != RestKind::Success) {
    // The stream goes on without it for some minutes.
    spdlog::warn("{}: tickle: {}", config_.name, answer.words);
    return timer_.start(std::min(settings_.tickle_interval, std::max(backoff_.next(), settings_.tickle_spacing)), [this] { keep(); });
  }
  const std::string session = read_session(answer.body);
  const auto status = read_tickle_status(answer.body);
  if (status && status->lost()) return lost(status->taken() ? "another program took the brokerage session" : "the brokerage session is gone");
  if (session != session_) return begin();  // somebody logged in anew
  backoff_.reset();
  proved_ = host_.clock().mono();
  timer_.start(settings_.tickle_interval, [this] { keep(); });
}

void LoginKeeper::lost(std::string_view why) {
  if (stopped_ || !ready_) return;
  drop(why);
  begin();
}

void LoginKeeper::hint() {
  if (stopped_ || !waiting_) return;
  retry_in(std::max(begun_ + settings_.init_poll - host_.clock().mono(), Duration::zero()));
}

// ---- trouble ----

void LoginKeeper::drop(std::string_view why) {
  if (!std::exchange(ready_, false)) return;
  spdlog::warn("{}: {}", config_.name, why);
  owner_.on_login_lost(why);
}

void LoginKeeper::retry_in(Duration delay) {
  running_ = false;
  waiting_ = true;
  timer_.start(delay, [this] { begin(); });
}

void LoginKeeper::rival() {
  if (!std::exchange(competing_, true)) {
    spdlog::error("{}: another program of the same user has the brokerage session", config_.name);
    if (settings_.competing_wait > Duration::zero()) {
      competing_timer_.start(settings_.competing_wait, [this] { take_back(); });
    }
  }
  state_ = BrokerState::Down;
  reason_ = "another program has the brokerage session (TWS, mobile): log it out, or give the gateway a user name of its own";
  drop(reason_);
  retry_in(settings_.competing_check);
  owner_.on_login_trouble();
}

void LoginKeeper::take_back() {
  if (stopped_ || !competing_) return;
  take_due_ = true;
  begin();
}

void LoginKeeper::nobody() {
  state_ = BrokerState::AuthRequired;
  reason_ = "nobody is logged in: open " + settings_.login_page + " in a browser and log in";
  drop(reason_);
  retry_in(settings_.login_check);
  owner_.on_login_trouble();
}

void LoginKeeper::unanswered(std::string_view what, const RestAnswer& answer) {
  const std::string words = answer.words.substr(0, kLoginWordsMax);
  switch (answer.kind) {
    case RestKind::NoLogin:
      if (!settings_.oauth) return nobody();
      oauth_.forget();
      if (signed_in_run_ != run_) {  // it had worked before: its time is over
        drop("the live session token is no longer taken");
        return begin();
      }
      return failed(BrokerState::Down, "a fresh live session token is refused: " + words, settings_.refused_wait);
    case RestKind::Untrusted:
      return failed(BrokerState::Down, answer.words, settings_.refused_wait);
    case RestKind::RateLimited:
      return failed(BrokerState::Reconnecting, "IBKR asks to slow down: " + words, settings_.rate_limit_wait);
    case RestKind::Refused:
      return failed(BrokerState::Down, std::string{what} + ": " + words, settings_.refused_wait);
    default:
      return failed(BrokerState::Reconnecting, std::string{what} + ": " + words, {});
  }
}

void LoginKeeper::failed(BrokerState state, std::string reason, Duration wait_min) {
  state_ = state;
  reason_ = std::move(reason);
  count(host_.counters().connects_failed);
  drop(reason_);
  retry_in(std::max(backoff_.next(), wait_min));
  owner_.on_login_trouble();
}

}  // namespace tidegate::ibkr
