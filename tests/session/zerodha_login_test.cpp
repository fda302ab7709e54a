#include <doctest/doctest.h>

#include "gateway/net/http_client.hpp"
#include "tests/session/zerodha_fixture.hpp"

using namespace tidegate;
using test::kite_config;
using test::set_kite;
using Verdict = CredentialAnswer::Verdict;

namespace {

const LoginHelper& login() { return *zerodha::kZerodha.login; }

CredentialAnswer read(int status, std::string body, std::string& token) {
  net::HttpAnswer answer;
  answer.status = status;
  answer.body = std::move(body);
  if (status == 0) answer.error = "cannot connect";
  return login().read_answer(answer, token);
}

}  // namespace

TEST_CASE("zerodha login: the page's address names the app") {
  BrokerConfig config = kite_config();
  set_kite(config, "api_key", "a key&");
  CHECK(login().token_key == "access_token");
  CHECK(login().url(config) == "https://kite.zerodha.com/connect/login?v=3&api_key=a%20key%26");
  set_kite(config, "login_url", "http://127.0.0.1:8080/connect/login?test=1");
  CHECK(login().url(config) == "http://127.0.0.1:8080/connect/login?test=1&v=3&api_key=a%20key%26");
}

TEST_CASE("zerodha login: without its secret it says what to set") {
  BrokerConfig config = kite_config();
  CHECK(login().complaint(config).starts_with("api_secret: "));
  set_kite(config, "api_secret", "s");
  CHECK(login().complaint(config).empty());
  set_kite(config, "api_key", "");
  CHECK(login().complaint(config).starts_with("api_key: "));
}

TEST_CASE("zerodha login: the request token is found in whatever was pasted") {
  const auto find = login().request_token;
  CHECK(find("Ab12") == "Ab12");
  CHECK(find("  Ab12 \r\n") == "Ab12");
  CHECK(find("https://127.0.0.1/?action=login&status=success&request_token=Ab12&x=y") == "Ab12");
  CHECK(find("https://example.com/back?request_token=Ab12#top") == "Ab12");
  CHECK(find("'https://example.com/back?my_request_token=no&request_token=Ab12'") == "Ab12");
  CHECK(find("request_token=Ab12&status=success") == "Ab12");
  CHECK(find("https://example.com/?request_token=A%2Bb") == "A+b");
  for (const auto* nothing : {"", "   ", "https://example.com/?status=error", "https://example.com/", "two words",
                              "request_token=", "?request_token=&a=b", "a=b", "https://example.com/?my_request_token=no"}) {
    CHECK(find(nothing).empty());
  }
}

TEST_CASE("zerodha login: the exchange carries the documented checksum") {
  BrokerConfig config = kite_config();
  config.rest_url = "https://api.kite.trade/";
  set_kite(config, "api_key", "kitekey");
  set_kite(config, "api_secret", "kitesecret");
  const net::HttpCall call = login().exchange(config, "requesttoken");
  CHECK(call.method == "POST");
  CHECK(call.url == "https://api.kite.trade/session/token");
  // printf %s kitekeyrequesttokenkitesecret | sha256sum
  CHECK(call.body == "api_key=kitekey&request_token=requesttoken&checksum=2d7dfa00d720c76c74052a2fe45debabc6bc5e5da723f2a31c29d89146c0ddcc");
  CHECK(std::find(call.headers.begin(), call.headers.end(), std::pair<std::string, std::string>{"X-Kite-Version", "3"}) != call.headers.end());
}

TEST_CASE("zerodha login: the answer holds the access token, or the broker's own words") {
  std::string token;
  CredentialAnswer answer = read(200, R"({"status":"success","data":{"user_id":"AB1234","access_token":"the+token","public_token":"p"}})", token);
  CHECK(answer.verdict == Verdict::Works);
  CHECK(token == "the+token");
  CHECK(answer.words.find("the+token") == std::string::npos);

  token.clear();
  answer = read(403, R"({"status":"error","message":"Token is invalid or has expired.","error_type":"TokenException"})", token);
  CHECK(answer.verdict == Verdict::Refused);
  CHECK(answer.words.find("Token is invalid or has expired.") != std::string::npos);
  answer = read(400, R"({"status":"error","message":"Invalid checksum\n","error_type":"InputException"})", token);
  CHECK(answer.verdict == Verdict::Refused);
  CHECK(answer.words.find("Invalid checksum.") != std::string::npos);
  CHECK(read(403, "<html>", token).verdict == Verdict::Refused);

  CHECK(read(503, "", token).verdict == Verdict::Unknown);
  CHECK(read(429, "{}", token).verdict == Verdict::Unknown);
  answer = read(0, "", token);
  CHECK(answer.verdict == Verdict::Unknown);
  CHECK(answer.words.find("cannot connect") != std::string::npos);
  for (const auto* body : {"", "{", "[]", "{}", R"({"data":null})", R"({"data":{"access_token":7}})", R"({"data":{"access_token":""}})",
                           R"({"data":{"access_token":"two\nlines"}})", "[[[[[[[["}) {
    CHECK(read(200, body, token).verdict == Verdict::Unknown);
  }
  CHECK(token.empty());
}

TEST_CASE_FIXTURE(test::KiteFixture, "zerodha login: the exchange works over the wire") {
  set_kite(config, "api_secret", "kitesecret");
  kite.token_answer.body = R"({"status":"success","data":{"access_token":"newtoken"}})";
  std::string token;
  CredentialAnswer answer;
  host.http().send(login().exchange(config, "request&token"), loop, [&](net::HttpAnswer&& given) { answer = login().read_answer(given, token); });
  REQUIRE(until([&] { return !token.empty(); }));
  CHECK(answer.verdict == Verdict::Works);
  REQUIRE(kite.http_requests.size() == 1);
  CHECK(kite.http_requests.front().method == "POST");
  CHECK(kite.http_requests.front().target == "/session/token");
  CHECK(kite.http_requests.front().header("Content-Type") == "application/x-www-form-urlencoded");
  CHECK(kite.http_requests.front().body.starts_with("api_key=kitekey&request_token=request%26token&checksum="));
}
