// Who is logged in: the web session, which a person opens in a browser (or OAuth does), and the brokerage session on top of it, of which there is one
// a user, whatever the program (docs/protocols/ibkr.md, session preflight).
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "tools/sim/common/random.hpp"
#include "tools/sim/common/wire.hpp"

namespace tidegate::sim::ibkr {

struct LoginOptions {
  bool logged_in = true;                              // a person has logged in before the start
  bool brokerage_open = true;                         // and the brokerage session is open without ssodh/init
  std::int64_t login_after_ns = 0;                    // of a start without login: a person logs in so much later; 0: never
  std::int64_t init_ns = 0;                           // from ssodh/init to an open brokerage session
  std::int64_t session_timeout_ns = 360 * kSecondNs;  // the brokerage session ends after so long without a request; 0: never
  std::string user = "simuser";
  std::string account = "DU0000001";
};

class Login {
 public:
  Login(LoginOptions options, std::uint64_t seed, std::int64_t now_ns);

  [[nodiscard]] const LoginOptions& options() const { return options_; }
  /// Somebody is logged in.
  [[nodiscard]] bool web() const { return web_; }
  /// The brokerage session is open, and ours.
  [[nodiscard]] bool brokerage() const { return web_ && authenticated_ && !competing_; }
  /// Another program of the same user holds the brokerage session.
  [[nodiscard]] bool competing() const { return competing_; }
  /// GET iserver/accounts came, without which nothing of the brokerage session works.
  [[nodiscard]] bool primed() const { return brokerage() && primed_; }
  /// 32 hexadecimal digits; empty when nobody is logged in.
  [[nodiscard]] const std::string& session() const { return session_; }

  void prime() { primed_ = true; }
  /// A request came: the session lives on.
  void touch(std::int64_t now_ns) { touched_ns_ = now_ns; }
  /// A person logs in, or OAuth does: another session id, the brokerage session open or not.
  void log_in(bool with_brokerage, std::int64_t now_ns);
  void log_out();
  /// POST iserver/auth/ssodh/init.
  void init(bool compete, std::int64_t now_ns);
  void lose_brokerage();
  /// Sockets are to be told the state.
  void announce() { news_ = true; }
  /// Another program takes the brokerage session until this time.
  void take_over(std::int64_t until_ns);
  /// Nobody has a brokerage session until this time, when it is back by itself.
  void reset_until(std::int64_t until_ns);
  /// Ends what was to last.
  void resume(std::int64_t now_ns);
  void tick(std::int64_t now_ns);

  /// Whether the brokerage session has ended since this was last asked.
  [[nodiscard]] bool take_lost() { return std::exchange(lost_, false); }
  /// Whether sockets are to be told the state (sts) since this was last asked.
  [[nodiscard]] bool take_news() { return std::exchange(news_, false); }

  /// The objects that REST and the socket show of it.
  [[nodiscard]] std::string auth_status_json() const;
  [[nodiscard]] std::string accounts_json() const;
  [[nodiscard]] std::string sts_json() const;

 private:
  void open_brokerage();

  LoginOptions options_;
  Random random_;
  bool web_ = false, authenticated_ = false, competing_ = false, primed_ = false;
  std::string session_;
  std::int64_t touched_ns_ = 0;
  std::int64_t login_at_ns_ = kForever, open_at_ns_ = kForever, rival_until_ns_ = 0, reset_until_ns_ = 0;
  bool lost_ = false, news_ = false;
};

}  // namespace tidegate::sim::ibkr
