// REST answers told apart, tokens and addresses: the pure parts of the XTS session.
#include <doctest/doctest.h>

#include <fstream>
#include <iterator>

#include "brokers/xts/rest_answer.hpp"
#include "tests/session/xts_fixture.hpp"
#include "tests/support/paths.hpp"

using namespace std::chrono_literals;
using namespace tidegate;
using xts::RestAnswer;
using Kind = xts::RestAnswer::Kind;

namespace {

RestAnswer read(int status, std::string body) {
  net::HttpAnswer answer;
  answer.status = status;
  answer.body = std::move(body);
  return xts::read_answer(std::move(answer));
}

Kind kind_of(int status, std::string_view code, std::string_view words) { return read(status, test::xts_error(status, code, words).body).kind; }

}  // namespace

TEST_CASE("xts answers: refusals are told apart by their words, in an order in which none is taken for another") {
  CHECK(kind_of(400, "e-session-0002", "Instrument Already Subscribed !") == Kind::AlreadySubscribed);
  CHECK(kind_of(400, "x",
                "Exceeded Instrument Subscription Limit of 50.You have already subscribed 50/50 and you are trying subscribe 51 Instrument.") ==
        Kind::LimitReached);
  CHECK(kind_of(400, "e-session-0007", "Invalid Token") == Kind::TokenRejected);
  CHECK(kind_of(401, "e-token-0002", "Please Provide token to Authenticate") == Kind::TokenRejected);
  CHECK(kind_of(401, "x", "no words") == Kind::TokenRejected);
  CHECK(kind_of(400, "x", "Your session has been expired") == Kind::TokenRejected);
  CHECK(kind_of(400, "x", "Token/Authorization not found") == Kind::TokenRejected);
  CHECK(kind_of(429, "e-apirl-0004", "Rate limit exceeded for user U1") == Kind::RateLimited);
  CHECK(kind_of(400, "e-apirl-0004", "slow down") == Kind::RateLimited);
  CHECK(kind_of(429, "x", "Invalid Token") == Kind::RateLimited);
  CHECK(kind_of(400, "e-instrument-0001", "unknown") == Kind::NotFound);
  CHECK(kind_of(404, "x", "Instrument not found") == Kind::NotFound);
  CHECK(kind_of(400, "e-app-001", "Bad Request") == Kind::Refused);
  CHECK(kind_of(500, "e-app-002", "Internal Error") == Kind::Unreachable);
}

TEST_CASE("xts answers: success is what `type` says, in an array of one too") {
  CHECK(read(200, R"({"type":"success","code":"e-response-0010","result":{}})").kind == Kind::Success);
  CHECK(read(200, R"([{"type":"success","code":"s","result":{}}])").kind == Kind::Success);
  CHECK(read(200, R"({"type":"error","code":"s-session-0001","description":"no"})").kind == Kind::Refused);
  CHECK(read(200, R"([{"type":"success"},{"type":"success"}])").kind == Kind::Unreachable);
}

TEST_CASE("xts answers: what is none of XTS's answers blames nobody, unless its few words do") {
  CHECK(read(404, "<!DOCTYPE html><pre>Cannot POST /instruments Token</pre>").kind == Kind::Unreachable);
  CHECK(read(404, "<html>").words.find("rest_url") != std::string::npos);
  CHECK(read(400, "Invalid Token").kind == Kind::TokenRejected);
  CHECK(read(429, "").kind == Kind::RateLimited);
  CHECK(read(403, "Forbidden").kind == Kind::Unreachable);
  CHECK(read(200, std::string(100'000, '[')).kind == Kind::Unreachable);
  net::HttpAnswer none;
  none.error = "timed out";
  CHECK(xts::read_answer(std::move(none)).words == "timed out");
}

TEST_CASE("xts answers: the remaining count, the quotes and the wait are read where they are") {
  const RestAnswer several = read(200, R"({"type":"success","result":{"listQuotes":["{}","",7,"{}"],"Remaining_Subscription_Count":48}})");
  CHECK(several.quotes == 2);
  CHECK(several.remaining == 48);
  CHECK(read(200, R"({"type":"success","result":{"listQuotes":"{}","Remaining_Subscription_Count":"48"}})").quotes == 1);
  CHECK_FALSE(read(200, R"({"type":"success","result":{"Remaining_Subscription_Count":"48"}})").remaining);
  CHECK_FALSE(read(200, R"({"type":"success","result":{"Remaining_Subscription_Count":4.5e300}})").remaining);
  CHECK(read(200, R"({"type":"success","result":"text"})").quotes == 0);
  net::HttpAnswer slow;
  slow.status = 429;
  slow.headers.emplace_back("retry-after", "999999999999");
  CHECK(xts::read_answer(std::move(slow)).retry_after == Duration{24h});
}

TEST_CASE("xts answers: a login holds a token that can travel, or is none") {
  const auto login = xts::read_login(R"({"type":"success","result":{"token":"a.b.c","userID":"U1","application_expiry_date":"30-10-2025"}})");
  REQUIRE(login);
  CHECK(login->token == "a.b.c");
  CHECK(login->user == "U1");
  CHECK(login->application_expiry == "30-10-2025");
  for (const char* bad : {R"({"type":"success"})", R"({"result":{"token":""}})", R"({"result":{"token":7}})", R"({"result":{"token":"a\r\nb"}})",
                          R"({"result":{"token":"a b"}})", R"({"result":["token"]})", "", "[]", "<html>"}) {
    CHECK_FALSE(xts::read_login(bad));
  }
}

TEST_CASE("xts answers: a token tells its end, or nothing") {
  CHECK(xts::token_end(test::jwt(1'764'000'000, 1)) == UtcTime{1'764'000'000'000'000'000});
  for (const char* bad : {"", "x", "a.b", "a..c", "a.!!!.c", "a.e30.c", "a.eyJleHAiOiJ4In0.c", "a.eyJleHAiOi01fQ.c", "a.eyJleHAiOjFlMzB9.c",
                          "a.eyJleHAiOjk5OTk5OTk5OTk5OTk5fQ.c"}) {
    CHECK_FALSE(xts::token_end(bad));
  }
  CHECK_FALSE(xts::token_end("a." + std::string(100'000, 'W')));
}

TEST_CASE("xts answers: days until the app key lapses count India's days") {
  const UtcTime now{1'764'000'000'000'000'000};  // 2025-11-24T16:00Z
  CHECK(xts::days_until("24-11-2025", now) == 0);
  CHECK(xts::days_until("25-11-2025", now) == 1);
  CHECK(xts::days_until("30-11-2025", now) == 6);
  for (const char* bad : {"", "2025-11-24", "31-02-2025", "aa-bb-cccc", "-1-11-2025"}) CHECK_FALSE(xts::days_until(bad, now));
}

TEST_CASE("xts answers: the newest update of a quotes answer is found in both shapes") {
  const UtcTime now{1'764'000'000'000'000'000};
  const auto body = [](std::string_view quotes) { return R"({"type":"success","result":{"listQuotes":[)" + std::string{quotes} + "]}}"; };
  CHECK(xts::newest_update(body(R"("{\"LastUpdateTime\":1448486000}","{\"Touchline\":{\"LastUpdateTime\":1448486100}}")"), now) ==
        UtcTime{1'763'999'100'000'000'000});
  CHECK_FALSE(xts::newest_update(body(R"("{\"LastUpdateTime\":null}","no json","{}")"), now));
  CHECK_FALSE(xts::newest_update(body(R"("{\"LastUpdateTime\":0}","{\"LastUpdateTime\":99999999999999}")"), now));
  CHECK_FALSE(xts::newest_update("", now));
}

TEST_CASE("xts options: addresses come from rest_url, ws_url, deployment and socket_path") {
  BrokerConfig config = test::xts_config();
  config.rest_url = "https://h.example:3000/root/";
  CHECK(xts::Settings{config}.rest_root == "https://h.example:3000/root");
  CHECK(xts::Settings{config}.socket_url == "wss://h.example:3000/root/socket.io/");
  CHECK(xts::Settings{config}.polling_url == "https://h.example:3000/root/socket.io/");
  config.ws_url = "wss://feed.example";
  CHECK(xts::Settings{config}.socket_url == "wss://feed.example/root/socket.io/");
  config.rest_url = "http://h";
  config.ws_url.clear();
  test::set_xts(config, "deployment", "apibinarymarketdata");
  CHECK(xts::Settings{config}.rest_root == "http://h/apibinarymarketdata");
  CHECK(xts::Settings{config}.socket_url == "ws://h/apibinarymarketdata/socket.io/");
  CHECK(xts::Settings{config}.root_path == "/apibinarymarketdata");
}

TEST_CASE("xts options: every default is accepted, and what is missing or malformed is named") {
  BrokerConfig config = test::xts_config();
  config.rest_url = "https://h/root";
  CHECK(xts::complaint(config).empty());
  const auto complaint_with = [&](std::string_view key, std::string_view value) {
    BrokerConfig changed = config;
    test::set_xts(changed, key, value);
    return xts::complaint(changed).substr(0, key.size() + 1);
  };
  CHECK(complaint_with("app_key", "") == "app_key:");
  CHECK(complaint_with("secret_key", "") == "secret_key:");
  CHECK(complaint_with("instruments_at", "25:00") == "instruments_at:");
  CHECK(complaint_with("login_at", "8") == "login_at:");
  CHECK(complaint_with("segments", "NSECM,NOSUCH") == "segments:");
  config.rest_url.clear();
  CHECK(xts::complaint(config).starts_with("rest_url:"));
}

TEST_CASE("xts adapter: ids, venues, channels and unlisted symbols") {
  const BrokerConfig config = test::xts_config();
  NativeId native;
  REQUIRE(xts::kXts.parse_native("1_2885", native));
  CHECK(native.segment == 1);
  CHECK(native.token == 2885);
  for (const char* bad : {"", "2885", "1_", "_2885", "1_x", "1_2885x", "99_1", "1_0", "-1_5", "1_99999999999999999999"}) {
    CHECK_FALSE(xts::kXts.parse_native(bad, native));
  }
  CHECK(xts::kXts.venues(config) == std::vector<std::string>{"NSE", "NFO"});
  CHECK(xts::kXts.unlisted_symbol(config, {.segment = 1, .token = 2885}) == "xts#1_2885");
  Instrument index;
  index.kind = InstrumentKind::Index;
  CHECK(xts::kXts.serves(config, index, Channel::Ticker));
  CHECK(xts::kXts.serves(config, index, Channel::Candle1m));
  CHECK_FALSE(xts::kXts.serves(config, index, Channel::OrderBook));
  CHECK_FALSE(xts::kXts.serves(config, Instrument{}, Channel::Candle5m));
}

TEST_CASE_FIXTURE(test::XtsFixture, "xts adapter: a check of the credentials does not log in, since that would end a running gateway's session") {
  std::optional<CredentialAnswer> answer;
  const auto check = tidegate::xts::kXts.check_credentials(config, loop, [&](CredentialAnswer given) { answer = std::move(given); });
  CHECK_FALSE(answer);
  REQUIRE(until([&] { return answer.has_value(); }));
  CHECK(answer->verdict == CredentialAnswer::Verdict::Unknown);
  CHECK(answer->words.find("one session") != std::string::npos);
  test::run_on(loop, std::chrono::milliseconds{20});
  CHECK(xts.logins == 0);
}

TEST_CASE("xts answers: the shared answers are told apart") {
  const auto folder = test::shared_fixture("xts/rest");
  if (test::skipped_without(folder)) return;
  const auto read_file = [&](int status, const char* name) {
    std::ifstream file{folder / name};
    return read(status, {std::istreambuf_iterator<char>{file}, {}});
  };
  CHECK(read_file(200, "clientConfig.success.json").kind == Kind::Success);
  CHECK(read_file(400, "invalid-token.400.json").kind == Kind::TokenRejected);
  CHECK(read_file(200, "login.success.json").kind == Kind::Success);
  CHECK(read_file(200, "quotes.success.1502.json").quotes == 1);
  CHECK(read_file(429, "rate-limit.429.json").kind == Kind::RateLimited);
  const RestAnswer already = read_file(400, "subscribe.already.400.json");
  CHECK(already.kind == Kind::AlreadySubscribed);
  CHECK(already.remaining == 45);
  CHECK(read_file(400, "subscribe.limit.400.json").kind == Kind::LimitReached);
  CHECK(read_file(200, "subscribe.success.1502.json").quotes == 1);
}
