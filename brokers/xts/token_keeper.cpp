#include "brokers/xts/token_keeper.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "brokers/common/trading_day.hpp"

namespace tidegate::xts {
namespace {

constexpr std::int64_t kWarnDays = 14;
/// How long the logout may take after the gateway has stopped.
constexpr std::chrono::milliseconds kLogoutTimeout{2'000};
constexpr std::size_t kLoginWordsMax = 60;  // of the 119 that a status has

std::string login_body(const common::CredentialGate::Credentials& credentials, const std::string& source) {
  rapidjson::StringBuffer text;
  rapidjson::Writer<rapidjson::StringBuffer> json{text};
  const auto put = [&json](const char* key, const std::string& value) {
    json.Key(key);
    json.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
  };
  json.StartObject();
  put("appKey", credentials.at(0));
  put("secretKey", credentials.at(1));
  if (!source.empty()) put("source", source);
  json.EndObject();
  return {text.GetString(), text.GetSize()};
}

}  // namespace

TokenKeeper::TokenKeeper(SessionHost& host, const BrokerConfig& config, const Settings& settings, RestClient& rest, TokenOwner& owner)
    : host_(host),
      config_(config),
      settings_(settings),
      rest_(rest),
      owner_(owner),
      backoff_(config.reconnect_initial, config.reconnect_maximum, host.random_seed()),
      login_timer_(host.loop()),
      clock_timer_(host.loop()),
      competing_timer_(host.loop()),
      gate_(host, {"app_key", "secret_key"}, settings.credential_check, [this] { on_gate(); }) {}

void TokenKeeper::start() { log_in(); }

// Nobody waits for the answer: a session left behind costs nothing but its place, which the next login takes.
void TokenKeeper::stop() {
  stopped_ = true;
  login_timer_.cancel();
  clock_timer_.cancel();
  competing_timer_.cancel();
  gate_.stop();
  if (!ready() || !settings_.logout_on_stop) return;
  net::HttpCall call = rest_.call("DELETE", "/auth/logout", {});
  call.timeout = std::min(call.timeout, kLogoutTimeout);
  host_.http().send_last(std::move(call));
}

BrokerState TokenKeeper::state() const {
  if (gate_.closed()) return competing_ ? BrokerState::Down : BrokerState::AuthRequired;
  return state_;
}

// ---- logging in ----

void TokenKeeper::log_in() {
  if (stopped_ || under_way_) return;
  login_timer_.cancel();
  if (const Duration wait = rest_.wait(RestLane::Account); wait > Duration::zero()) return log_in_later(wait);
  gate_.fetch([this](std::optional<common::CredentialGate::Credentials> credentials) {
    if (credentials && !under_way_) log_in_with(std::move(*credentials));  // under way: an opening gate has logged in already
  });
}

void TokenKeeper::log_in_with(common::CredentialGate::Credentials&& credentials) {
  credentials_ = std::move(credentials);
  rest_.hide(credentials_);
  under_way_ = true;
  rest_.send(RestLane::Account, "POST", kLoginPath, login_body(credentials_, settings_.source),
             [this](RestAnswer&& answer) { on_answer(std::move(answer)); });
}

void TokenKeeper::log_in_later(Duration delay) {
  login_timer_.start(delay, [this] { log_in(); });
}

void TokenKeeper::on_answer(RestAnswer&& answer) {
  under_way_ = false;
  const std::string words = rest_.printable(answer.words, kLoginWordsMax);
  switch (answer.kind) {
    case RestAnswer::Kind::Success:
      if (auto login = read_login(answer.body)) return accept(std::move(*login));
      return failed(BrokerState::Down, "the answer to the login holds no token; check rest_url", settings_.refused_wait);
    case RestAnswer::Kind::RateLimited:
      return failed(BrokerState::Reconnecting, "the broker puts logins off: " + words, rest_.wait(RestLane::Account));
    case RestAnswer::Kind::Unreachable:
      // An answer that is none of XTS comes from a wrong address, and will come again.
      if (answer.status >= 400 && answer.status < 500) return failed(BrokerState::Down, "cannot log in: " + words, settings_.refused_wait);
      return failed(BrokerState::Reconnecting, "cannot log in: " + words, {});
    default:
      break;
  }
  count(host_.counters().connects_failed);
  gate_.refuse(credentials_, "login refused (" + words + "):", "secret_key");
  if (!gate_.closed()) log_in();
}

void TokenKeeper::failed(BrokerState state, std::string reason, Duration wait_min) {
  state_ = state;
  reason_ = std::move(reason);
  log_in_later(std::max(backoff_.next(), wait_min));
  owner_.on_token_trouble();
}

void TokenKeeper::accept(Login&& login) {
  login_ = std::move(login);
  ++generation_;
  proved_ = false;
  doubted_.reset();
  backoff_.reset();
  state_ = BrokerState::Live;
  reason_.clear();
  rest_.authorize(login_.token);
  spdlog::info("{}: logged in", config_.name);
  warn_of_application_end(login_.application_expiry);
  plan();
  owner_.on_token();
}

void TokenKeeper::warn_of_application_end(const std::string& date) const {
  const auto days = days_until(date, host_.clock().utc());
  if (!days || *days >= kWarnDays) return;
  spdlog::warn("{}: the app_key lapses on {}: renew it with the broker, and then {}", config_.name, date, config_.secret_source("app_key"));
}

// A token dies during the day when it is that old; the planned login makes that impossible, and the other one covers odd lifetimes.
void TokenKeeper::plan() {
  const UtcTime now = host_.clock().utc();
  const UtcTime end = xts::token_end(login_.token).value_or(UtcTime{now.ns + settings_.token_lifetime.count()});
  token_end_ = end;
  const std::int64_t left = std::max<std::int64_t>(end.ns - now.ns, 0);
  renew_at_ = UtcTime{now.ns + std::max(left - settings_.renew_before.count(), left / 2)};
  if (settings_.login_at) renew_at_ = std::min(renew_at_, common::next_trading_day(now, *settings_.login_at));
  look_at_clock();
}

// Looked at often rather than waited for: the clock may be set, and machines sleep.
void TokenKeeper::look_at_clock() {
  const Duration left{renew_at_.ns - host_.clock().utc().ns};
  if (left > Duration::zero()) {
    return clock_timer_.start(std::min(left, settings_.credential_check), [this] { look_at_clock(); });
  }
  spdlog::info("{}: planned new login", config_.name);
  log_in();
}

// ---- the gate ----

void TokenKeeper::on_gate() {
  if (stopped_) return;
  if (!gate_.closed()) {
    competing_ = false;
    competing_timer_.cancel();
    const bool due = !ready() || renew_at_ <= host_.clock().utc();
    if (due) login_timer_.start(Duration::zero(), [this] { log_in(); });  // later: this may come from inside a login
  }
  owner_.on_token_trouble();
}

// ---- dead tokens ----

void TokenKeeper::proved(std::uint64_t generation) {
  if (generation == generation_) proved_ = true;
}

void TokenKeeper::lose(std::string_view why) {
  login_ = {};
  token_end_ = kNoTime;
  rest_.authorize({});
  clock_timer_.cancel();
  owner_.on_token_lost(why);
}

void TokenKeeper::rejected(std::uint64_t generation, std::string_view words) {
  if (stopped_ || generation != generation_ || !ready() || under_way_) return;
  const std::string shown = rest_.printable(words, kLoginWordsMax);
  const MonoTime now = host_.clock().mono();
  const bool again = relogin_at_ && now - *relogin_at_ < settings_.relogin_interval;
  if (again && proved_) return compete();
  spdlog::warn("{}: the broker refuses the token: {}", config_.name, shown);
  state_ = again ? BrokerState::Down : BrokerState::Reconnecting;
  reason_ = again ? "fresh tokens are refused (" + shown + "): check rest_url and socket_path" : "token refused (" + shown + "); logging in again";
  lose(reason_);
  if (again) return log_in_later(*relogin_at_ + settings_.relogin_interval - now);
  relogin_at_ = now;
  log_in();
}

// An own new login ends the session before it, and may be told so.
void TokenKeeper::taken_over(std::uint64_t generation) {
  if (!stopped_ && generation == generation_ && ready() && !under_way_) compete();
}

void TokenKeeper::compete() {
  competing_ = true;
  spdlog::error("{}: another login took the session of this app_key", config_.name);
  gate_.refuse(credentials_, "another login took this app_key's session: stop that program and restart, or", "app_key");
  lose("another login took the session");
  if (!gate_.closed()) {  // other credentials are there already
    competing_ = false;
    return log_in();
  }
  if (settings_.competing_wait > Duration::zero()) {
    competing_timer_.start(settings_.competing_wait, [this] { gate_.forgive(); });
  }
}

void TokenKeeper::doubt(std::uint64_t generation) {
  if (stopped_ || generation != generation_ || !ready() || doubted_ == generation) return;
  doubted_ = generation;
  rest_.send(RestLane::Account, "GET", "/config/clientConfig", {}, [this, generation](RestAnswer&& answer) {
    if (doubted_ == generation) doubted_.reset();
    if (answer.kind == RestAnswer::Kind::TokenRejected) rejected(generation, answer.words);
  });
}

}  // namespace tidegate::xts
