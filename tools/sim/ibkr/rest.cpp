#include "tools/sim/ibkr/rest.hpp"

#include <algorithm>

#include "tools/sim/ibkr/commands.hpp"
#include "tools/sim/ibkr/json_object.hpp"

namespace tidegate::sim::ibkr {
namespace {

constexpr std::string_view kPrefix = "/v1/api/";
constexpr std::string_view kExchangePath = "oauth/live_session_token";
constexpr std::size_t kSnapshotConidsMax = 100, kSnapshotFieldsMax = 50;

// What a route needs, each one what is before it too.
constexpr int kNothing = 0;
constexpr int kWeb = 1;        // somebody is logged in; else 401
constexpr int kBrokerage = 2;  // the brokerage session is open; else 401
constexpr int kPrimed = 3;     // iserver/accounts was asked for; else 500

/// Paths that may be asked for less often than all together (docs/protocols/ibkr.md, limits).
struct OwnLimit {
  std::string_view path;
  std::int64_t apart_ns;
};
constexpr OwnLimit kOwnLimits[] = {{"iserver/account/orders", 5 * kSecondNs}, {"sso/validate", 60 * kSecondNs}, {"tickle", kSecondNs}};

net::HttpResponse page(int status, std::string_view words) {
  net::HttpResponse response;
  response.status = status;
  response.content_type = "text/html; charset=utf-8";
  response.body =
      "<!doctype html><html><head><title>" + std::string{words} + "</title></head><body><h1>" + std::string{words} + "</h1></body></html>\n";
  return response;
}

bool take(std::int64_t& left) {
  if (left == 0) return false;
  if (left > 0) --left;
  return true;
}

}  // namespace

net::HttpResponse json_answer(std::string body, int status) {
  net::HttpResponse response;
  response.status = status;
  response.content_type = "application/json;charset=utf-8";
  response.body = std::move(body);
  return response;
}

net::HttpResponse json_error(int status, std::string_view error) {
  return json_answer(JsonObject{}.text("error", error).number("statusCode", status).str(), status);
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    if (!part.empty()) out.emplace_back(part);
  }
  return out;
}

const std::map<std::string_view, Rest::Route>& Rest::routes() {
  static const std::map<std::string_view, Route> kRoutes = {
      {"tickle", {&Rest::tickle, kNothing}},
      {"sso/validate", {&Rest::validate, kWeb}},
      {"logout", {&Rest::log_out, kNothing}},
      {"iserver/auth/status", {&Rest::auth_status, kWeb}},
      {"iserver/auth/ssodh/init", {&Rest::open_brokerage, kWeb}},
      {"iserver/accounts", {&Rest::accounts, kBrokerage}},
      {"iserver/account/orders", {&Rest::orders, kPrimed}},
      {"iserver/marketdata/snapshot", {&Rest::snapshot, kPrimed}},
      {"iserver/marketdata/unsubscribe", {&Rest::unsubscribe, kPrimed}},
      {"iserver/marketdata/unsubscribeall", {&Rest::unsubscribe_all, kPrimed}},
      {"iserver/secdef/search", {&Rest::search, kBrokerage}},
      {"iserver/secdef/info", {&Rest::contract_info, kBrokerage}},
      {"iserver/secdef/strikes", {&Rest::strikes, kBrokerage}},
      {"trsrv/stocks", {&Rest::stocks, kWeb}},
      {"trsrv/futures", {&Rest::futures, kWeb}},
  };
  return kRoutes;
}

bool Rest::over_rate(std::string_view path) {
  if (options_.requests_per_second == 0) return false;
  while (!recent_ns_.empty() && recent_ns_.front() <= now_.mono_ns - kSecondNs) recent_ns_.pop_front();
  if (static_cast<std::int64_t>(recent_ns_.size()) >= options_.requests_per_second) return true;
  for (const OwnLimit& limit : kOwnLimits) {
    if (limit.path != path) continue;
    const auto last = last_ns_.find(path);
    if (last != last_ns_.end() && now_.mono_ns - last->second < limit.apart_ns) return true;
    last_ns_[std::string{path}] = now_.mono_ns;
  }
  recent_ns_.push_back(now_.mono_ns);
  return false;
}

net::HttpResponse Rest::answer(const net::HttpRequest& request, Now now) {
  now_ = now;
  if (!request.path().starts_with(kPrefix)) return page(404, "Resource not found");
  const std::string_view path = request.path().substr(kPrefix.size());
  if (take(refuse_503)) return json_error(503, "Service Unavailable");
  if (path.starts_with("iserver/") && now.mono_ns < maintenance_until_ns) return json_error(503, "Service Unavailable");
  if (take(refuse_429) || over_rate(path)) {
    ++refused_for_rate_;
    return json_error(429, "Too Many Requests");
  }
  if (request.method == "POST" && request.header("Content-Length").empty()) return page(411, "Length Required");
  const std::string_view scheme = options_.https ? "https" : "http";
  const std::int64_t now_s = now.utc_us / 1'000'000;
  if (oauth_.on()) {
    if (path == kExchangePath && request.method == "POST") {
      net::HttpResponse response = oauth_.exchange(request, scheme, now_s);
      if (response.status == 200 && !login_.web()) login_.log_in(false, now.mono_ns);
      return response;
    }
    if (const std::string problem = oauth_.verify(request, scheme, now_s); !problem.empty()) return json_error(401, problem);
  }
  const auto route = routes().find(path);
  if (route == routes().end()) return json_error(404, "Resource not found");
  const int needs = route->second.needs;
  if (needs >= kWeb && !login_.web()) return json_error(401, "Unauthorized");
  login_.touch(now.mono_ns);
  if (needs >= kBrokerage && !login_.brokerage()) return json_error(401, "not authenticated");
  if (needs >= kPrimed && !login_.primed()) return json_error(500, "Please query /accounts first");
  return (this->*route->second.answer)(request);
}

net::HttpResponse Rest::tickle(const net::HttpRequest&) {
  if (!login_.web()) return options_.no_session_401 ? json_error(401, "Unauthorized") : json_answer(R"({"error":"no session"})");
  net::HttpResponse response = json_answer(JsonObject{}
                                               .text("session", login_.session())
                                               .number("ssoExpires", 600'000)
                                               .flag("collission", false)
                                               .number("userId", 100'000'001)
                                               .add("hmds", R"({"error":"no bridge"})")
                                               .add("iserver", JsonObject{}.add("authStatus", login_.auth_status_json()).str())
                                               .str());
  response.headers.emplace_back("Set-Cookie", "x-sess-uuid=0.5a1d1f1.1893456000.1a2b3c4d; secure; HttpOnly");
  return response;
}

net::HttpResponse Rest::validate(const net::HttpRequest&) {
  return json_answer(JsonObject{}
                         .number("USER_ID", 100'000'001)
                         .text("USER_NAME", login_.options().user)
                         .flag("RESULT", true)
                         .number("AUTH_TIME", now_.utc_us / 1000)
                         .flag("SF_ENABLED", false)
                         .flag("IS_FREE_TRIAL", false)
                         .text("CREDENTIAL", login_.options().user)
                         .text("IP", "127.0.0.1")
                         .number("EXPIRES", 600'000)
                         .number("lastAccessed", now_.utc_us / 1000)
                         .str());
}

net::HttpResponse Rest::log_out(const net::HttpRequest&) {
  login_.log_out();
  oauth_.expire();
  return json_answer(R"({"status":true})");
}

net::HttpResponse Rest::auth_status(const net::HttpRequest&) { return json_answer(login_.auth_status_json()); }

net::HttpResponse Rest::open_brokerage(const net::HttpRequest& request) {
  if (request.method != "POST") return json_error(405, "Method Not Allowed");
  if (!read_flag(request.body, "publish")) return json_error(500, "Internal Server Error");
  login_.init(read_flag(request.body, "compete"), now_.mono_ns);
  return json_answer(login_.auth_status_json());
}

net::HttpResponse Rest::accounts(const net::HttpRequest&) {
  login_.prime();
  return json_answer(login_.accounts_json());
}

net::HttpResponse Rest::orders(const net::HttpRequest&) { return json_answer(R"({"orders":[],"snapshot":true})"); }

net::HttpResponse Rest::snapshot(const net::HttpRequest& request) {
  const std::vector<std::string> targets = split_list(request.query("conids")), fields = split_list(request.query("fields"));
  if (targets.empty()) return json_error(400, "Bad Request: no conids");
  if (targets.size() > kSnapshotConidsMax || fields.size() > kSnapshotFieldsMax) return json_error(400, "Bad Request: too many conids or fields");
  std::vector<std::string> rows;
  for (const std::string& target : targets) {
    std::int64_t conid = 0;
    std::string exchange;
    if (!read_target(target, conid, exchange)) return json_error(400, "Bad Request: conid");
    JsonObject row;
    row.number("conid", conid).text("conidEx", target);
    const Contract* contract = contracts_.find(conid);
    if (asked_.insert(target).second) {
      rows.push_back(row.str());  // the first time it only begins to look
      continue;
    }
    row.number("_updated", now_.utc_us / 1000).text("6119", "q0").text("server_id", "q0");
    if (contract == nullptr) {
      rows.push_back(row.text("55", "-").text("31", "N/A").str());
      continue;
    }
    const Quote quote = desk_.quote_of(*contract, exchange);
    row.add("6509", field_value(quote, "6509"));
    for (const std::string& field : fields) {
      if (std::string value = field_value(quote, field); !value.empty() && field != "6509") row.add(field, std::move(value));
    }
    rows.push_back(row.str());
  }
  return json_answer(json_list(rows));
}

net::HttpResponse Rest::unsubscribe(const net::HttpRequest& request) {
  std::int64_t conid = 0;
  std::string exchange;
  if (request.method != "POST") return json_error(405, "Method Not Allowed");
  if (!read_target(read_member(request.body, "conid"), conid, exchange) || !desk_.unsubscribe(conid))
    return json_answer(R"({"error":"unknown"})", 500);
  return json_answer(R"({"success":true})");
}

net::HttpResponse Rest::unsubscribe_all(const net::HttpRequest&) {
  desk_.unsubscribe_all();
  return json_answer(R"({"unsubscribed":true})");
}

}  // namespace tidegate::sim::ibkr
