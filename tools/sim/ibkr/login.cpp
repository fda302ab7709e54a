#include "tools/sim/ibkr/login.hpp"

#include <algorithm>
#include <utility>

#include "tools/sim/ibkr/json_object.hpp"

namespace tidegate::sim::ibkr {
namespace {

constexpr std::string_view kServerName = "SimServer01", kServerVersion = "Build 0.0.0, Jan 1, 2030 9:00:00 AM";
constexpr std::string_view kMac = "00:00:00:00:00:00";
constexpr std::string_view kSocketSession = "67b9d9a5.00000001";  // what `act` calls sessionId: another one than tickle's

std::string server_info() { return JsonObject{}.text("serverName", kServerName).text("serverVersion", kServerVersion).str(); }

}  // namespace

Login::Login(LoginOptions options, std::uint64_t seed, std::int64_t now_ns) : options_(std::move(options)), random_(seed), touched_ns_(now_ns) {
  if (options_.logged_in) {
    log_in(options_.brokerage_open, now_ns);
  } else if (options_.login_after_ns > 0) {
    login_at_ns_ = now_ns + options_.login_after_ns;
  }
  news_ = false;
}

void Login::log_in(bool with_brokerage, std::int64_t now_ns) {
  login_at_ns_ = kForever;
  web_ = true;
  session_.clear();
  for (int i = 0; i < 32; ++i) session_ += "0123456789abcdef"[random_.below(16)];
  touch(now_ns);
  if (with_brokerage) open_brokerage();
}

void Login::log_out() {
  lose_brokerage();
  web_ = competing_ = false;
  session_.clear();
}

void Login::open_brokerage() {
  open_at_ns_ = kForever;
  news_ = news_ || !brokerage();
  authenticated_ = true;
  competing_ = false;
  rival_until_ns_ = 0;
}

void Login::init(bool compete, std::int64_t now_ns) {
  if (brokerage() || now_ns < reset_until_ns_ || (competing_ && !compete)) return;
  if (options_.init_ns == 0) return open_brokerage();
  open_at_ns_ = now_ns + options_.init_ns;
}

void Login::lose_brokerage() {
  lost_ = true;
  authenticated_ = primed_ = false;
  open_at_ns_ = kForever;
}

void Login::take_over(std::int64_t until_ns) {
  lose_brokerage();
  competing_ = news_ = true;
  rival_until_ns_ = until_ns;
}

void Login::reset_until(std::int64_t until_ns) {
  lose_brokerage();
  news_ = true;
  reset_until_ns_ = until_ns;
}

void Login::resume(std::int64_t now_ns) {
  rival_until_ns_ = std::min(rival_until_ns_, now_ns);
  if (reset_until_ns_ > now_ns) reset_until_ns_ = now_ns;
  tick(now_ns);
}

void Login::tick(std::int64_t now_ns) {
  if (now_ns >= login_at_ns_) log_in(options_.brokerage_open, now_ns);
  if (web_ && now_ns >= open_at_ns_) open_brokerage();
  if (competing_ && now_ns >= rival_until_ns_) {
    competing_ = false;
    news_ = true;
  }
  if (reset_until_ns_ != 0 && now_ns >= reset_until_ns_) {
    reset_until_ns_ = 0;
    if (web_ && !competing_) open_brokerage();
  }
  // Nothing is said of it: data stops, heartbeats go on.
  if (options_.session_timeout_ns > 0 && brokerage() && now_ns - touched_ns_ >= options_.session_timeout_ns) lose_brokerage();
}

std::string Login::auth_status_json() const {
  JsonObject out;
  out.flag("authenticated", brokerage()).flag("competing", competing_).flag("connected", web_ && (authenticated_ || competing_));
  if (!brokerage()) return out.text("MAC", kMac).str();
  return out.flag("established", true).text("message", "").text("MAC", kMac).add("serverInfo", server_info()).text("fail", "").str();
}

std::string Login::accounts_json() const {
  const std::string account = json_text(options_.account);
  const std::string properties = JsonObject{}.flag("hasChildAccounts", false).flag("supportsCashQty", true).flag("supportsFractions", true).str();
  return JsonObject{}
      .add("accounts", json_list({account}))
      .add("acctProps", "{" + account + ":" + properties + "}")
      .add("aliases", "{" + account + ":" + account + "}")
      .add("allowFeatures", JsonObject{}.number("snapshotRefreshTimeout", 30).text("allowedAssetTypes", "STK,OPT,FUT,CASH,IND").str())
      .add("chartPeriods", R"({"STK":["*"]})")
      .add("groups", "[]")
      .add("profiles", "[]")
      .text("selectedAccount", options_.account)
      .add("serverInfo", server_info())
      .text("sessionId", kSocketSession)
      .flag("isFT", false)
      .flag("isPaper", true)
      .str();
}

std::string Login::sts_json() const {
  const bool open = brokerage();
  JsonObject args;
  args.flag("connected", web_)
      .flag("authenticated", open)
      .flag("established", open)
      .flag("competing", competing_)
      .text("message", "")
      .text("fail", "");
  if (open) args.text("serverName", kServerName).text("serverVersion", kServerVersion);
  args.text("username", options_.user);
  return JsonObject{}.text("topic", "sts").add("args", args.str()).str();
}

}  // namespace tidegate::sim::ibkr
