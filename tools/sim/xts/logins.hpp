// Login sessions: one for each app key, with its token and what it has subscribed. A new one ends the older.
#pragma once

#include <compare>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tools/sim/common/credentials.hpp"
#include "tools/sim/common/wire.hpp"
#include "tools/sim/xts/instruments.hpp"

namespace tidegate::sim::xts {

struct Subscription {
  std::uint32_t code = 0;
  InstrumentKey instrument;
  auto operator<=>(const Subscription&) const = default;
};

/// So many requests in any second; 0: no limit.
class RateLimit {
 public:
  bool admit(std::int64_t now_ns, std::size_t per_second);

 private:
  std::deque<std::int64_t> admitted_ns_;
};

enum class LoginEnd : std::uint8_t {
  Replaced,   // by another login of its key
  LoggedOut,  // on its own wish
  Revoked,    // the broker took its token back
};

struct Login {
  std::string app_key, user_id, token;
  std::string root;  // where it logged in
  std::int64_t expires_s = 0;
  bool ended = false;
  std::vector<Subscription> subscriptions;  // in order
  RateLimit subscribe_rate, quotes_rate;

  [[nodiscard]] bool has(const Subscription& subscription) const;
  /// Under whatever code.
  [[nodiscard]] bool has(InstrumentKey instrument) const;
};

class Logins {
 public:
  using Ended = std::function<void(Login&, LoginEnd)>;

  Logins(Credentials credentials, std::int64_t lifetime_s, Ended ended)
      : credentials_(std::move(credentials)), lifetime_s_(lifetime_s), ended_(std::move(ended)) {}

  /// Null: wrong credentials.
  std::shared_ptr<Login> log_in(const std::string& app_key, const std::string& secret_key, std::string_view root, Now now);
  /// The login of a living token; null: none.
  [[nodiscard]] std::shared_ptr<Login> find(std::string_view token, Now now) const;
  void end(const std::shared_ptr<Login>& login, LoginEnd why);
  /// Every token issued so far is as old as its lifetime from now on. Nobody is told.
  void expire_all();
  /// Living ones.
  [[nodiscard]] std::vector<std::shared_ptr<Login>> all() const;

 private:
  Credentials credentials_;
  std::int64_t lifetime_s_;
  Ended ended_;
  std::map<std::string, std::shared_ptr<Login>> by_key_;
  std::map<std::string, std::string> user_ids_;  // by app key
  std::uint64_t issued_ = 0;
};

}  // namespace tidegate::sim::xts
