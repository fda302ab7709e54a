// Options that do not go together, addresses that follow from one another, and what `tidegate check` says of a login.
#include <doctest/doctest.h>

#include <fstream>

#include "tests/session/ibkr_fixture.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace std::chrono_literals;
using namespace tidegate;
using test::IbkrFixture;
using test::json_response;
using test::set_ibkr;

TEST_CASE("ibkr options: a certificate may be passed over on this machine and in private networks alone") {
  BrokerConfig config = test::ibkr_config();
  config.tls_verify = false;
  for (const char* const host : {"localhost:5000", "127.0.0.1:5000", "[::1]:5000", "10.1.2.3", "192.168.1.7:5001", "172.31.0.1", "[fd00::1]:5000"}) {
    CAPTURE(host);
    config.rest_url = "https://" + std::string{host} + "/v1/api";
    CHECK(ibkr::complaint(config).empty());
  }
  for (const char* const host : {"api.ibkr.com", "8.8.8.8:5000", "172.32.0.1", "localhost.example.com", "11.0.0.1", "[2001:db8::1]:5000"}) {
    CAPTURE(host);
    config.rest_url = "https://" + std::string{host} + "/v1/api";
    CHECK(ibkr::complaint(config).starts_with("tls.verify: "));
  }
  config.insecure = true;
  CHECK(ibkr::complaint(config).empty());
  config.insecure = false;
  config.rest_url = "https://localhost:5000/v1/api";
  config.ws_url = "wss://api.ibkr.com/v1/api/ws";
  CHECK(ibkr::complaint(config).starts_with("tls.verify: "));
}

TEST_CASE("ibkr options: what does not go together is named") {
  BrokerConfig config = test::ibkr_config();
  config.rest_url = "https://localhost:5000/v1/api";
  CHECK(ibkr::complaint(config).empty());
  std::string words;
  SUBCASE("a renewal after the end") {
    set_ibkr(config, "stream_renewal", "15m");
    words = "stream_renewal: ";
  }
  SUBCASE("no venues") {
    set_ibkr(config, "venues", " , ");
    words = "venues: ";
  }
  SUBCASE("OAuth without keys") {
    set_ibkr(config, "login", "oauth");
    words = "oauth_consumer_key: ";
  }
  CHECK(ibkr::complaint(config).starts_with(words));
}

TEST_CASE("ibkr options: the socket's address and the login page follow from rest_url") {
  BrokerConfig config = test::ibkr_config();
  config.rest_url = "https://localhost:5000/v1/api/";
  CHECK(ibkr::Settings{config}.rest_root == "https://localhost:5000/v1/api");
  CHECK(ibkr::Settings{config}.socket_url == "wss://localhost:5000/v1/api/ws");
  CHECK(ibkr::Settings{config}.login_page == "https://localhost:5000");
  config.rest_url = "http://127.0.0.1:5001/v1/api";
  CHECK(ibkr::Settings{config}.socket_url == "ws://127.0.0.1:5001/v1/api/ws");
  config.ws_url = "wss://elsewhere/ws";
  CHECK(ibkr::Settings{config}.socket_url == "wss://elsewhere/ws");
}

TEST_CASE("ibkr adapter: asks its broker for names of its venues and for bare ones") {
  const BrokerConfig config = test::ibkr_config();
  const auto may_know = [&](std::string_view text) { return ibkr::kIbkr.may_know(config, text); };
  for (const char* const text : {"NASDAQ:AAPL", "SMART:BRK B", "CME:ESZ6", "AAPL", "EUR.USD"}) CHECK(may_know(text));
  for (const char* const text : {"NSE:RELIANCE", "BINANCE:BTCUSDT", "", "NASDAQ:", "ibkr#265598", "A\nB"}) CHECK_FALSE(may_know(text));
}

TEST_CASE_FIXTURE(IbkrFixture, "ibkr check: one question about the login's status, and what it comes to") {
  using Verdict = CredentialAnswer::Verdict;
  Verdict verdict = Verdict::Unknown;
  std::string words;
  SUBCASE("open") {
    verdict = Verdict::Works;
    words = "somebody is logged in, and the brokerage session is open";
  }
  SUBCASE("nobody") {
    ibkr.logged_in = false;
    verdict = Verdict::Refused;
    words = "nobody is logged in: open http://127.0.0.1:";
  }
  SUBCASE("another program") {
    ibkr.authenticated = false;
    ibkr.competing = true;
    words = "somebody is logged in, but another program has the brokerage session (TWS, mobile)";
  }
  SUBCASE("not open yet") {
    ibkr.authenticated = false;
    words = "the brokerage session is not open; ";
  }
  SUBCASE("no such program") {
    ibkr.next["/iserver/auth/status"].push_back(net::HttpResponse{.status = 404, .content_type = "text/html", .body = "<html></html>"});
    words = "the gateway program could not be asked: HTTP 404, a page: check the path of rest_url";
  }
  std::optional<CredentialAnswer> answer;
  const auto check = ::tidegate::ibkr::kIbkr.check_credentials(config, loop, [&](CredentialAnswer given) { answer = std::move(given); });
  REQUIRE(until([&] { return answer.has_value(); }));
  CHECK(answer->verdict == verdict);
  CHECK(answer->words.starts_with(words));
  REQUIRE(ibkr.calls.size() == 1);
  CHECK(ibkr.calls[0].method + " " + ibkr.calls[0].path == "POST /iserver/auth/status");
}

TEST_CASE_FIXTURE(IbkrFixture, "ibkr oauth: a key that is missing or no key is named, nothing is asked, and it is found again when it is there") {
  const test::TemporaryFolder folder;
  set_ibkr(config, "login", "oauth");
  for (const char* key : {"oauth_consumer_key", "oauth_access_token", "oauth_access_token_secret"}) set_ibkr(config, key, "abcdefghi");
  for (const char* key : {"oauth_signature_key", "oauth_encryption_key", "oauth_dh_param"}) {
    set_ibkr(config, key, (folder.path() / (std::string{key} + ".pem")).string());
    if (std::string_view{key} != "oauth_dh_param") std::ofstream{config.text(key)} << "no key";
  }
  start();
  REQUIRE(until_state(BrokerState::AuthRequired));
  CHECK(reason().starts_with("oauth_dh_param: cannot read the file "));
  std::ofstream{config.text("oauth_dh_param")} << "none either";
  REQUIRE(until([&] { return reason().find("oauth_signature_key") != std::string::npos; }));
  CHECK(host.in_state(BrokerState::AuthRequired));
  CHECK(ibkr.calls.empty());
}
