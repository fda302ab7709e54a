// Login, subscriptions, quotes and lists over REST.
#include <algorithm>

#include "tests/sim/xts_support.hpp"
#include "tests/support/manual_clock.hpp"

using namespace tidegate;
using namespace tidegate::test;
namespace code = sim::xts::code;

namespace {

std::string claims_of(const std::string& token) {
  const std::size_t first = token.find('.'), second = token.find('.', first + 1);
  REQUIRE(second != std::string::npos);
  const std::string part = token.substr(first + 1, second - first - 1);
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  unsigned bits = 0;
  int count = 0;
  for (const char c : part) {
    bits = (bits << 6U) | static_cast<unsigned>(kAlphabet.find(c));
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>((bits >> static_cast<unsigned>(count)) & 0xFFU);
  }
  return out;
}

bool is_html(const net::HttpAnswer& answer) { return answer.header("content-type").find("text/html") == 0; }

std::string text_result(const net::HttpAnswer& answer) {
  rapidjson::Document document;
  document.Parse(answer.body.data(), answer.body.size());
  REQUIRE(document.IsObject());
  REQUIRE(document["result"].IsString());
  return document["result"].GetString();
}

std::size_t columns(const std::string& row) { return static_cast<std::size_t>(std::count(row.begin(), row.end(), '|')) + 1; }

}  // namespace

TEST_CASE("xts sim: a login gives a token of a day whose claims name the user and the key") {
  XtsFixture sim;
  const auto answer = sim.post("/apimarketdata/auth/login", R"({"appKey":"key","secretKey":"secret"})");
  CHECK(answer.status == 200);
  CHECK(answer.body.find(R"({"type":"success","code":"e-response-0010","description":"Provided Valid Credentials","result":{"token":"ey)") == 0);
  CHECK(member(answer.body, "application_expiry_date") == "\"31-12-2030\"");
  const std::string claims = claims_of(sim.log_in().token);
  CHECK(member(claims, "userID") == "\"SIM0001_key\"");
  CHECK(member(claims, "publicKey") == "\"key\"");
  CHECK(std::stoll(member(claims, "exp")) - std::stoll(member(claims, "iat")) == 86'400);
}

TEST_CASE("xts sim: only the given pairs log in, and a body that is none is a bad request") {
  const TemporaryFile file{"other:old\n"};
  auto options = xts_still_options();
  options.credentials = {"key:secret"};
  options.credentials_file = file.path();
  XtsFixture sim{options};
  CHECK(sim.log_in().user_id == "SIM0001");
  CHECK(sim.post("/apimarketdata/auth/login", R"({"appKey":"key","secretKey":"guess"})").status == 400);
  CHECK(sim.post("/apimarketdata/auth/login", R"({"appKey":"other","secretKey":"new"})").status == 400);
  file.write("other:new\n");
  CHECK(sim.post("/apimarketdata/auth/login", R"({"appKey":"other","secretKey":"new"})").status == 200);
  const auto bad = sim.post("/apimarketdata/auth/login", "appKey=key");
  CHECK(bad.status == 400);
  CHECK(member(bad.body, "code") == "\"e-app-001\"");
}

TEST_CASE("xts sim: a token that is missing, wrong, replaced, logged out or too old is refused with its own words") {
  auto options = xts_still_options();
  XtsFixture sim{options};
  const std::string where = "/apimarketdata/config/clientConfig";
  const auto missing = sim.get(where);
  CHECK(missing.status == 401);
  CHECK(missing.body == R"({"type":"error","code":"e-token-0002","description":"Please Provide token to Authenticate"})");
  const std::string invalid = R"({"type":"error","code":"e-session-0007","description":"Invalid Token"})";
  CHECK(sim.rest("GET", where, "", "guess").body == invalid);
  const auto first = sim.log_in(), second = sim.log_in();
  CHECK(first.token != second.token);
  CHECK(sim.rest("GET", where, "", first.token).body == invalid);
  CHECK(sim.rest("GET", where, "", second.token).status == 200);
  CHECK(sim.rest("DELETE", "/apimarketdata/auth/logout", "", second.token).status == 200);
  CHECK(sim.rest("GET", where, "", second.token).status == 400);
  const auto third = sim.log_in();
  sim.inject("expire_token");
  CHECK(sim.rest("GET", where, "", third.token).body == invalid);
}

TEST_CASE("xts sim: an invalid token is a 401 with another code where asked for") {
  auto options = xts_still_options();
  options.invalid_token_status = 401;
  XtsFixture sim{options};
  const auto answer = sim.rest("GET", "/apimarketdata/config/clientConfig", "", "guess");
  CHECK(answer.status == 401);
  CHECK(member(answer.body, "code") == "\"e-token-0005\"");
}

TEST_CASE("xts sim: what nobody serves is a page, not JSON") {
  XtsFixture sim;
  for (const char* path : {"/", "/auth/login", "/apimarketdata/", "/apimarketdata", "/marketdata/auth/login", "/apimarketdata/instruments/nothing"}) {
    const auto answer = sim.get(path);
    CHECK(answer.status == 404);
    CHECK(is_html(answer));
  }
}

TEST_CASE("xts sim: a subscription is answered with the snapshot of each instrument and what is left") {
  XtsFixture sim;
  const auto login = sim.log_in();
  const auto answer = sim.subscribe(login, code::kTouchline, {kReliance, kNifty});
  CHECK(answer.status == 200);
  rapidjson::Document document;
  document.Parse(answer.body.data(), answer.body.size());
  CHECK(std::string{document["code"].GetString()} == "s-session-0001");
  CHECK(std::string{document["description"].GetString()} == "Instrument subscribed successfully!");
  const auto& result = document["result"];
  CHECK(result["mdp"].GetInt64() == 1501);
  CHECK(result["quotesList"].Size() == 2);
  REQUIRE(result["listQuotes"].Size() == 2);
  const std::string quote = result["listQuotes"][0].GetString();
  CHECK(member(quote, "ExchangeInstrumentID") == "2885");
  CHECK(member(quote, "LastTradedPrice") == "2938.5");
  CHECK(result["Remaining_Subscription_Count"].GetInt64() == 48);
  REQUIRE(sim.server.sessions().size() == 1);
  CHECK(sim.server.sessions()[0].subscriptions.size() == 2);
}

TEST_CASE("xts sim: one instrument that is subscribed already refuses the whole request") {
  XtsFixture sim;
  const auto login = sim.log_in();
  CHECK(sim.subscribe(login, code::kTouchline, {kReliance}).status == 200);
  const auto answer = sim.subscribe(login, code::kTouchline, {kInfy, kReliance});
  CHECK(answer.status == 400);
  CHECK(answer.body == R"({"type":"error","code":"e-session-0002","description":"Instrument Already Subscribed !",)"
                       R"("result":{"listQuotes":[],"Remaining_Subscription_Count":49}})");
  CHECK(sim.server.sessions()[0].subscriptions.size() == 1);
  CHECK(sim.subscribe(login, code::kDepth, {kInfy, kReliance}).status == 200);  // another code is another subscription
}

TEST_CASE("xts sim: more than the limit refuses the whole request, in words that name it") {
  auto options = xts_still_options();
  options.subscriptions_max = 2;
  XtsFixture sim{options};
  const auto login = sim.log_in();
  CHECK(sim.subscribe(login, code::kTouchline, {kReliance}).status == 200);
  const auto answer = sim.subscribe(login, code::kTouchline, {kInfy, kNifty});
  CHECK(answer.status == 400);
  CHECK(answer.body.find("Exceeded Instrument Subscription Limit of 2.You have already subscribed 1/2 and you are trying subscribe 3 Instrument.") !=
        std::string::npos);
  CHECK(sim.server.sessions()[0].subscriptions.size() == 1);
  CHECK(sim.unsubscribe(login, code::kTouchline, {kReliance}).status == 200);
  CHECK(sim.subscribe(login, code::kTouchline, {kInfy, kNifty}).status == 200);
}

TEST_CASE("xts sim: ids sent as text come back as text, and to unsubscribe what is not subscribed is fine") {
  XtsFixture sim;
  const auto login = sim.log_in();
  const auto answer = sim.post("/apimarketdata/instruments/subscription",
                               R"({"instruments":[{"exchangeSegment":1,"exchangeInstrumentID":"2885"}],"xtsMessageCode":1512})", login.token);
  CHECK(answer.status == 200);
  CHECK(answer.body.find(R"("quotesList":[{"exchangeSegment":1,"exchangeInstrumentID":"2885"}])") != std::string::npos);
  const auto gone = sim.unsubscribe(login, code::kLastPrice, {kInfy, kReliance});
  CHECK(gone.status == 200);
  CHECK(gone.body.find(R"("result":{"mdp":1512,"unsubList":[{"exchangeSegment":1,"exchangeInstrumentID":1594},)") != std::string::npos);
  CHECK(sim.server.sessions()[0].subscriptions.empty());
}

TEST_CASE("xts sim: requests that are none are bad, unknown instruments are not found, a batch has a limit") {
  auto options = xts_still_options();
  options.batch_max = 2;
  XtsFixture sim{options};
  const auto login = sim.log_in();
  const std::string where = "/apimarketdata/instruments/subscription";
  for (const char* body :
       {"", "[]", "{}", R"({"instruments":[],"xtsMessageCode":1501})", R"({"instruments":[{"exchangeSegment":1}],"xtsMessageCode":1501})",
        R"({"instruments":[{"exchangeSegment":1,"exchangeInstrumentID":2885}]})",
        R"({"instruments":[{"exchangeSegment":1,"exchangeInstrumentID":2885}],"xtsMessageCode":1503})"}) {
    const auto answer = sim.post(where, body, login.token);
    CHECK(answer.status == 400);
    CHECK(member(answer.body, "code") == "\"e-app-001\"");
  }
  CHECK(sim.subscribe(login, code::kTouchline, {kReliance, kInfy, kNifty}).status == 400);
  const auto unknown = sim.subscribe(login, code::kTouchline, {kReliance, {1, 424242}});
  CHECK(unknown.status == 400);
  CHECK(member(unknown.body, "description") == "\"Instrument not found\"");
  CHECK(sim.server.sessions()[0].subscriptions.empty());
}

TEST_CASE("xts sim: quotes need publishFormat and take no subscription") {
  XtsFixture sim;
  const auto login = sim.log_in();
  const std::string where = "/apimarketdata/instruments/quotes";
  CHECK(sim.post(where, XtsFixture::batch(code::kDepth, {kReliance}), login.token).status == 400);
  const auto answer = sim.post(where, XtsFixture::batch(code::kDepth, {kReliance}, R"(,"publishFormat":"JSON")"), login.token);
  CHECK(answer.status == 200);
  CHECK(member(answer.body, "code") == "\"s-quotes-0001\"");
  CHECK(answer.body.find(R"("listQuotes":["{\"MessageCode\":1502,)") != std::string::npos);
  CHECK(sim.server.sessions()[0].subscriptions.empty());
  const auto interest = sim.post(where, XtsFixture::batch(code::kOpenInterest, {kNiftyFuture, kReliance}, R"(,"publishFormat":"JSON")"), login.token);
  CHECK(interest.body.find(R"(\"OpenInterest\":)") != std::string::npos);
  CHECK(interest.body.find(R"(\"ExchangeInstrumentID\":2885)") == std::string::npos);  // a share has none
}

TEST_CASE("xts sim: too many requests in a second are refused, with a token that is good") {
  auto options = xts_still_options();
  options.subscribe_per_second = 2;
  options.quotes_per_second = 1;
  ManualClock clock;
  XtsFixture sim{options, &clock};
  const auto login = sim.log_in();
  const auto quotes = [&] {
    return sim.post("/apimarketdata/instruments/quotes", XtsFixture::batch(code::kDepth, {kReliance}, R"(,"publishFormat":"JSON")"), login.token);
  };
  CHECK(quotes().status == 200);
  CHECK(quotes().status == 429);
  CHECK(sim.subscribe(login, code::kTouchline, {kReliance}).status == 200);
  CHECK(sim.unsubscribe(login, code::kTouchline, {kReliance}).status == 200);
  const auto refused = sim.subscribe(login, code::kTouchline, {kReliance});
  CHECK(refused.status == 429);
  CHECK(refused.body == R"({"type":"error","code":"e-apirl-0004","description":"Rate limit exceeded for user SIM0001"})");
  CHECK(sim.rest("GET", "/apimarketdata/config/clientConfig", "", login.token).status == 200);
  clock.advance(std::chrono::seconds{1});
  CHECK(quotes().status == 200);
  CHECK(sim.subscribe(login, code::kTouchline, {kReliance}).status == 200);
}

TEST_CASE("xts sim: the master has rows of three lengths, without a header, a token or indices") {
  XtsFixture sim;
  const std::string shares = text_result(sim.post("/apimarketdata/instruments/master", R"({"exchangeSegmentList":["NSECM"]})"));
  const std::string reliance = shares.substr(0, shares.find('\n'));
  CHECK(reliance.find("NSECM|2885|8|RELIANCE|RELIANCE-EQ|EQ|RELIANCE-EQ|1100100002885|") == 0);
  CHECK(columns(reliance) == 22);
  CHECK(shares.find("|26000|") == std::string::npos);
  CHECK(shares.find("\nNSECM|99001|8|SIMTRADE|SIMTRADE-BE|BE|SIMTRADE-BE|") != std::string::npos);
  CHECK(shares.back() != '\n');
  const std::string contracts = text_result(sim.post("/apimarketdata/instruments/master", R"({"exchangeSegmentList":["NSEFO"]})"));
  const std::string future = contracts.substr(0, contracts.find('\n'));
  CHECK(future.find("NSEFO|66001|1|NIFTY|NIFTY30DECFUT|FUTIDX|NIFTY-FUTIDX|") == 0);
  CHECK(future.find("|-1|Nifty 50|2030-12-31T14:30:00|NIFTY 31DEC2030|1|1|NIFTY30DECFUT") != std::string::npos);
  CHECK(columns(future) == 21);
  const std::size_t at = contracts.find("NSEFO|66011|");
  const std::string option = contracts.substr(at, contracts.find('\n', at) - at);
  CHECK(option.find("|2030-12-31T14:30:00|24500|3|NIFTY 31DEC2030 CE 24500|") != std::string::npos);
  CHECK(columns(option) == 23);
  const std::string both = text_result(sim.post("/apimarketdata/instruments/master", R"({"exchangeSegmentList":["NSEFO","BSECM"]})"));
  CHECK(both.find("BSECM|500325|8|RELIANCE|RELIANCE-A|A|") != std::string::npos);
  CHECK(sim.post("/apimarketdata/instruments/master", R"({"exchangeSegmentList":["NOWHERE"]})").status == 400);
}

TEST_CASE("xts sim: the master asks for a token where that is wanted") {
  auto options = xts_still_options();
  options.master_needs_token = true;
  XtsFixture sim{options};
  const std::string body = R"({"exchangeSegmentList":["NSECM"]})";
  CHECK(sim.post("/apimarketdata/instruments/master", body).status == 401);
  CHECK(sim.post("/apimarketdata/instruments/master", body, sim.log_in().token).status == 200);
}

TEST_CASE("xts sim: indices, search, and the bars of the last hour") {
  auto options = xts_moving_options();
  options.bar_interval = std::chrono::seconds{1};
  XtsFixture sim{options};
  const auto login = sim.log_in();
  CHECK(sim.rest("GET", "/apimarketdata/instruments/indexlist?exchangeSegment=1", "", login.token)
            .body.find(R"("result":{"exchangeSegment":1,"indexList":["NIFTY 50_26000","NIFTY BANK_26001"]})") != std::string::npos);
  CHECK(sim.rest("GET", "/apimarketdata/instruments/indexlist?exchangeSegment=11", "", login.token).body.find("SENSEX_1\"") != std::string::npos);
  CHECK(sim.rest("GET", "/apimarketdata/instruments/indexlist?exchangeSegment=99", "", login.token).status == 400);
  const auto found = sim.rest("GET", "/apimarketdata/search/instruments?searchString=rel", "", login.token);
  CHECK(found.body.find(R"("result":[{"ExchangeSegment":1,"ExchangeInstrumentID":2885,"InstrumentType":8,"Name":"RELIANCE",)") != std::string::npos);
  const auto by_id = sim.post("/apimarketdata/search/instrumentsbyid",
                              R"({"source":"WEBAPI","instruments":[{"exchangeSegment":2,"exchangeInstrumentID":66001}]})", login.token);
  CHECK(member(by_id.body, "ContractExpiration") == "\"2030-12-31T14:30:00\"");
  XtsClient client{sim.loop, sim.url(login)};
  sim.until_joined(client);
  CHECK(sim.subscribe(login, code::kCandle, {kReliance}).status == 200);
  sim.until([&] { return !client.arguments("1505-json-full").empty(); });
  const auto bars = sim.rest("GET",
                             "/apimarketdata/instruments/ohlc?exchangeSegment=1&exchangeInstrumentID=2885&startTime=Jan%2001%202020%20000000"
                             "&endTime=Dec%2031%202090%20000000&compressionValue=60",
                             "", login.token);
  CHECK(bars.status == 200);
  CHECK(bars.body.find(R"("dataReponse":")" + member(client.arguments("1505-json-full")[0], "BarTime") + "|") != std::string::npos);
}

TEST_CASE("xts sim: a token is good under its own root only where that is wanted") {
  auto options = xts_still_options();
  XtsFixture free{options};
  CHECK(free.rest("GET", "/apibinarymarketdata/config/clientConfig", "", free.log_in().token).status == 200);
  options.bound_to_root = true;
  XtsFixture bound{options};
  const auto login = bound.log_in();
  CHECK(bound.rest("GET", "/apimarketdata/config/clientConfig", "", login.token).status == 200);
  CHECK(bound.rest("GET", "/apibinarymarketdata/config/clientConfig", "", login.token).status == 400);
  XtsClient elsewhere{bound.loop, bound.url(login, "Full", kBinaryRoot)};
  bound.until([&] { return elsewhere.refused_with(400); });
}

TEST_CASE("xts sim: bad options are said, not thrown") {
  net::EventLoop loop;
  const auto problem = [&loop](const std::function<void(sim::XtsOptions&)>& change) {
    sim::XtsOptions options;
    change(options);
    sim::XtsServer server{loop, options};
    return server.listen("127.0.0.1", 0);
  };
  CHECK(problem([](auto& options) { options.frames_path = "/nonexistent.jsonl"; }).find("cannot open") != std::string::npos);
  CHECK(problem([](auto& options) { options.credentials_file = "/nonexistent"; }).find("cannot open") != std::string::npos);
  CHECK(problem([](auto& options) { options.credentials = {"key"}; }) == "credentials are KEY:SECRET");
  CHECK(problem([](auto& options) { options.faults = {"nonsense@3"}; }) == "unknown fault: nonsense");
  CHECK_FALSE(problem([](auto& options) { options.symbols = 0; }).empty());
  CHECK_FALSE(problem([](auto& options) { options.rate = -1; }).empty());
  CHECK_FALSE(problem([](auto& options) { options.refusal = "politely"; }).empty());
  CHECK_FALSE(problem([](auto& options) { options.roots = {"apimarketdata/"}; }).empty());
  CHECK_FALSE(problem([](auto& options) { options.packets_per_event = 0; }).empty());
}
