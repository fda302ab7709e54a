#include "tools/sim/xts/logins.hpp"

#include <algorithm>
#include <cstdio>

#include "tools/sim/xts/token.hpp"

namespace tidegate::sim::xts {

bool RateLimit::admit(std::int64_t now_ns, std::size_t per_second) {
  if (per_second == 0) return true;
  while (!admitted_ns_.empty() && now_ns - admitted_ns_.front() >= kSecondNs) admitted_ns_.pop_front();
  if (admitted_ns_.size() >= per_second) return false;
  admitted_ns_.push_back(now_ns);
  return true;
}

bool Login::has(const Subscription& subscription) const {
  return std::find(subscriptions.begin(), subscriptions.end(), subscription) != subscriptions.end();
}

bool Login::has(InstrumentKey instrument) const {
  return std::any_of(subscriptions.begin(), subscriptions.end(), [instrument](const Subscription& each) { return each.instrument == instrument; });
}

std::shared_ptr<Login> Logins::log_in(const std::string& app_key, const std::string& secret_key, std::string_view root, Now now) {
  if (!credentials_.valid(app_key, secret_key)) return nullptr;
  if (const auto older = by_key_.find(app_key); older != by_key_.end()) end(std::shared_ptr{older->second}, LoginEnd::Replaced);
  std::string& user_id = user_ids_[app_key];
  if (user_id.empty()) {
    char text[24];
    std::snprintf(text, sizeof text, "SIM%04zu", user_ids_.size());
    user_id = text;
  }
  auto login = std::make_shared<Login>();
  login->app_key = app_key;
  login->user_id = user_id;
  login->root = root;
  const std::int64_t issued_s = now.utc_us / 1'000'000;
  login->expires_s = issued_s + lifetime_s_;
  login->token = make_token(user_id, app_key, issued_s, login->expires_s, ++issued_);
  by_key_[app_key] = login;
  return login;
}

std::shared_ptr<Login> Logins::find(std::string_view token, Now now) const {
  for (const auto& [key, login] : by_key_) {
    if (login->token == token && now.utc_us / 1'000'000 < login->expires_s) return login;
  }
  return nullptr;
}

void Logins::end(const std::shared_ptr<Login>& login, LoginEnd why) {
  if (login->ended) return;
  login->ended = true;
  login->subscriptions.clear();
  by_key_.erase(login->app_key);
  ended_(*login, why);
}

void Logins::expire_all() {
  for (const auto& [key, login] : by_key_) login->expires_s = 0;
}

std::vector<std::shared_ptr<Login>> Logins::all() const {
  std::vector<std::shared_ptr<Login>> out;
  out.reserve(by_key_.size());
  for (const auto& [key, login] : by_key_) out.push_back(login);
  return out;
}

}  // namespace tidegate::sim::xts
