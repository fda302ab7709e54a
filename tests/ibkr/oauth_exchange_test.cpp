// The exchange and signed requests against the simulated broker, which verifies them by itself.
#include <doctest/doctest.h>

#include <ctime>
#include <fstream>
#include <string>

#include "brokers/ibkr/oauth.hpp"
#include "tests/ibkr/oauth_consumer.hpp"
#include "tests/sim/ibkr_support.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace tidegate;
using namespace tidegate::test;
using namespace tidegate::ibkr;

namespace {

UtcTime now() { return UtcTime{std::int64_t{std::time(nullptr)} * 1'000'000'000}; }

class Exchange {
 public:
  explicit Exchange(bool query_signed = false) {
    std::ofstream{folder_.path() / "public.pem"} << consumer.signature.public_pem();
    std::ofstream{folder_.path() / "dhparam.pem"} << keys.dh_param_pem;
    auto options = still_ibkr();
    options.oauth.consumer_key = keys.consumer_key;
    options.oauth.access_token = keys.access_token;
    options.oauth.access_token_secret = to_hex(consumer.secret);
    options.oauth.signature_key_file = (folder_.path() / "public.pem").string();
    options.oauth.dh_param_file = (folder_.path() / "dhparam.pem").string();
    options.oauth.query_signed = query_signed;
    sim = std::make_unique<IbkrFixture>(options);
  }

  [[nodiscard]] std::string rest() const { return sim->address("http") + "/v1/api"; }
  OAuthResult<LiveToken> token(OAuth& oauth) {
    auto header = oauth.begin(rest() + std::string{kLiveTokenPath}, now());
    REQUIRE(header.ok());
    const auto answer = sim->call("POST", "/v1/api" + std::string{kLiveTokenPath}, "", {{"Authorization", *header}});
    return oauth.finish(answer.status, answer.body, now());
  }
  int call(OAuth& oauth, const LiveToken& token, const std::string& method, const std::string& path) {
    auto header = oauth.authorization(token, method, rest() + path, now());
    REQUIRE(header.ok());
    return sim->call(method, "/v1/api" + path, "", {{"Authorization", *header}}).status;
  }

  TestConsumer consumer;
  OAuthKeys keys = consumer.keys();
  std::unique_ptr<IbkrFixture> sim;

 private:
  TemporaryFolder folder_;
};

constexpr const char* kQueried = "/trsrv/stocks?symbols=AAPL,B%20C%26D";

}  // namespace

TEST_CASE("oauth exchange: the simulator gives the same token again and again, says when it ends, and takes what it signs") {
  Exchange exchange;
  auto oauth = OAuth::open(exchange.keys);
  REQUIRE(oauth.ok());
  for (int i = 0; i < 6; ++i) {
    auto token = exchange.token(*oauth);
    REQUIRE_MESSAGE(token.ok(), token.problem().words);
    CHECK(to_base64(token->bytes.view()) == exchange.sim->server.live_session_token());
    CHECK(token->expires.ns > now().ns + 23LL * 3600 * 1'000'000'000);
    CHECK(token->expires.ns <= now().ns + 24LL * 3600 * 1'000'000'000);
    CHECK(exchange.call(*oauth, *token, "POST", "/tickle") == 200);
    CHECK(exchange.call(*oauth, *token, "GET", kQueried) == 200);
  }
}

TEST_CASE("oauth exchange: a token that the broker dropped signs nothing, a new one does") {
  Exchange exchange;
  auto oauth = OAuth::open(exchange.keys);
  REQUIRE(oauth.ok());
  auto old = exchange.token(*oauth);
  REQUIRE(old.ok());
  exchange.sim->inject("expire_token");
  CHECK(exchange.call(*oauth, *old, "POST", "/tickle") == 401);
  auto fresh = exchange.token(*oauth);
  REQUIRE(fresh.ok());
  CHECK(exchange.call(*oauth, *old, "POST", "/tickle") == 401);
  CHECK(exchange.call(*oauth, *fresh, "POST", "/tickle") == 200);
}

TEST_CASE("oauth exchange: a broker that wants the query signed refuses it unsigned") {
  Exchange exchange{true};
  auto unsigned_one = OAuth::open(exchange.keys);
  exchange.keys.query = OAuthQuery::Signed;
  auto signed_one = OAuth::open(exchange.keys);
  REQUIRE(unsigned_one.ok());
  REQUIRE(signed_one.ok());
  auto token = exchange.token(*unsigned_one);
  REQUIRE(token.ok());
  CHECK(exchange.call(*unsigned_one, *token, "GET", kQueried) == 401);
  CHECK(exchange.call(*signed_one, *token, "GET", kQueried) == 200);
  CHECK(exchange.call(*unsigned_one, *token, "POST", "/tickle") == 200);
}

TEST_CASE("oauth exchange: other keys than the registered ones are refused by the broker, and told so") {
  Exchange exchange;
  const TestKey other;
  OAuthKeys keys = exchange.keys;
  keys.signature_key_pem = other.private_pem();
  auto oauth = OAuth::open(keys);
  REQUIRE(oauth.ok());
  auto token = exchange.token(*oauth);
  CHECK(words_of(token).find("HTTP 401, \"the signature does not fit\"; compare the three files") != std::string::npos);
  CHECK(token.problem().lasting);
}

TEST_CASE("oauth exchange: parameters of another group are found out by the token's signature") {
  Exchange exchange;
  OAuthKeys keys = exchange.keys;
  keys.dh_param_pem = group_pem("ffdhe2048");
  auto oauth = OAuth::open(keys);
  REQUIRE(oauth.ok());
  bool found_out = false;
  // A challenge or a response above the other prime is found out even before.
  for (int i = 0; i < 20 && !found_out; ++i)
    found_out = words_of(exchange.token(*oauth)).find("is not the one that was agreed on") != std::string::npos;
  CHECK(found_out);
}
