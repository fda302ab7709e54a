// The instrument list, logins and the profile.
#include "tests/sim/zerodha_support.hpp"

using namespace tidegate;
using namespace tidegate::test;

namespace {

net::HttpCall post(const std::string& form) {
  net::HttpCall call;
  call.method = "POST";
  call.body = form;
  return call;
}

std::string text_member(std::string_view json, std::string_view name) {
  const std::string key = "\"" + std::string{name} + "\":\"";
  const std::size_t from = json.find(key);
  if (from == std::string_view::npos) return {};
  const std::string_view rest = json.substr(from + key.size());
  return std::string{rest.substr(0, rest.find('"'))};
}

// sha256("key" "request1" "simulator-secret"), by sha256sum
constexpr std::string_view kChecksum = "8195513033a92a41856fdbf41e09d9beb139d2799b6cc9a12840af551a370614";

}  // namespace

TEST_CASE("kite sim: the instrument list is CSV with the documented header, quoted where need be, whole or by exchange") {
  KiteFixture sim;
  const auto all = sim.get("/instruments");
  CHECK(all.status == 200);
  CHECK(all.body.find(
            "instrument_token,exchange_token,tradingsymbol,name,last_price,expiry,strike,tick_size,lot_size,instrument_type,segment,exchange\n"
            "256265,1001,NIFTY 50,NIFTY 50,0,,0,0,0,EQ,INDICES,NSE\n"
            "738561,2885,RELIANCE,RELIANCE INDUSTRIES,0,,,0.05,1,EQ,NSE,NSE\n") == 0);
  CHECK(all.body.find(",BSE SENSEX SIXTY 65:35,") != std::string::npos);
  CHECK(all.body.find(R"(,SIM00007,"SIMULATED ""S"", NO 00007",0,)") != std::string::npos);
  CHECK(std::count(all.body.begin(), all.body.end(), '\n') == 61);
  const auto bse = sim.get("/instruments/BSE");
  CHECK(bse.body.find("265,1,SENSEX,SENSEX,0,,0,0,0,EQ,INDICES,BSE\n128083204,500325,RELIANCE,RELIANCE INDUSTRIES,0,,0,0.05,1,EQ,BSE,BSE\n") !=
        std::string::npos);
  CHECK(bse.body.find("NIFTY 50") == std::string::npos);
  CHECK(sim.get("/instruments/INDICES").status == 400);
  CHECK(sim.get("/elsewhere").status == 404);
}

TEST_CASE("kite sim: the list is packed for a client that takes gzip, and plain for one that does not") {
  KiteFixture sim;
  const auto packed = sim.get("/instruments");  // our HTTP client takes gzip and unpacks it
  net::HttpCall call;
  call.headers = {{"Accept-Encoding", "identity"}};
  const auto plain = sim.call(call, "/instruments");
  CHECK(packed.header("content-encoding") == "gzip");
  CHECK(plain.header("content-encoding").empty());
  CHECK(packed.body == plain.body);
}

TEST_CASE("kite sim: a changed list has more rows and another etag, and its new instruments can be subscribed") {
  KiteFixture sim;
  KiteClient before{sim.loop, sim.url()};
  sim.until_open(before);
  const auto tokens = sim.server.tokens();
  sim.inject("list_changed=2");
  REQUIRE(sim.server.tokens().size() == tokens.size() + 2);
  KiteClient after{sim.loop, sim.url()};
  sim.until_open(after);
  CHECK(before.texts[0].find("\"count\": 60,") != std::string::npos);
  CHECK(after.texts[0].find("\"count\": 62,") != std::string::npos);
  CHECK(before.texts[0].substr(before.texts[0].find("etag")) != after.texts[0].substr(after.texts[0].find("etag")));
  after.send(R"({"a":"subscribe","v":[)" + std::to_string(sim.server.tokens().back()) + "]}");
  sim.until([&] { return after.data.size() == 1; });
  const auto list = sim.get("/instruments/NSE");
  CHECK(list.body.find(",SIM50001,") != std::string::npos);
}

TEST_CASE("kite sim: a login ends in an access token that may connect and read the profile") {
  auto options = still_options();
  options.credentials = {"key:configured"};
  KiteFixture sim{options};
  const auto page = sim.get("/connect/login?v=3&api_key=key");
  CHECK(page.status == 200);
  CHECK(page.body.find("request_token=request1") != std::string::npos);
  const std::string form = "api_key=key&request_token=request1&checksum=";
  CHECK(sim.call(post(form + std::string(64, '0')), "/session/token").status == 403);
  const auto session = sim.call(post(form + std::string{kChecksum}), "/session/token");
  REQUIRE(session.status == 200);
  const std::string token = text_member(session.body, "access_token");
  REQUIRE_FALSE(token.empty());
  CHECK(text_member(session.body, "status") == "success");
  CHECK(text_member(session.body, "user_id") == "XX0000");
  KiteClient client{sim.loop, sim.url("/?api_key=key&access_token=" + token)};
  sim.until_open(client);

  net::HttpCall profile;
  profile.headers = {{"Authorization", "token key:" + token}, {"X-Kite-Version", "3"}};
  CHECK(sim.call(profile, "/user/profile").status == 200);
  net::HttpCall leave;
  leave.method = "DELETE";
  CHECK(sim.call(leave, "/session/token?api_key=key&access_token=" + token).status == 200);
  const auto refused = sim.call(profile, "/user/profile");
  CHECK(refused.status == 403);
  CHECK(text_member(refused.body, "error_type") == "TokenException");
  CHECK(sim.get("/user/profile").status == 403);
}

TEST_CASE("kite sim: a spent request token and missing fields are refused in the broker's shape") {
  KiteFixture sim;
  const auto spent = sim.call(post("api_key=key&request_token=expired&checksum=00"), "/session/token");
  CHECK(spent.status == 403);
  CHECK(text_member(spent.body, "status") == "error");
  CHECK(text_member(spent.body, "error_type") == "TokenException");
  CHECK(sim.call(post("api_key=key"), "/session/token").status == 400);
  CHECK(sim.get("/connect/login").status == 400);
}

TEST_CASE("kite sim: a login leads to the redirect URL where there is one") {
  auto options = still_options();
  options.redirect_url = "http://127.0.0.1:1/done?app=x";
  KiteFixture sim{options};
  const auto answer = sim.get("/connect/login?v=3&api_key=key&redirect_params=some%3Dthing");
  CHECK(answer.status == 302);
  CHECK(answer.header("location") == "http://127.0.0.1:1/done?app=x&action=login&type=login&status=success&request_token=request1&some=thing");
}

TEST_CASE("kite sim: REST refuses on demand, counted or until resume") {
  KiteFixture sim;
  sim.inject("rest_429=1");
  CHECK(sim.get("/instruments").status == 429);
  CHECK(sim.get("/instruments").status == 200);
  sim.inject("rest_503");
  CHECK(sim.get("/instruments").status == 503);
  CHECK(sim.get("/instruments").status == 503);
  sim.inject("resume");
  CHECK(sim.get("/instruments").status == 200);
  sim.inject("no_list");
  CHECK(sim.get("/instruments").status == 404);
  CHECK(sim.get("/connect/login?api_key=key").status == 200);
  sim.inject("no_list=500");
  CHECK(sim.get("/instruments/NSE").status == 500);
  CHECK(sim.server.counters().rest_requests == 8);
  CHECK(sim.server.requests().back() == "GET /instruments/NSE");
}
