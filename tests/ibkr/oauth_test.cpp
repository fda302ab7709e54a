// The exchange and the signatures with time and randomness fixed, and against a peer in Python that shares nothing with them.
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "brokers/ibkr/oauth.hpp"
#include "tests/ibkr/oauth_consumer.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace tidegate;
using namespace tidegate::test;
using namespace tidegate::ibkr;

namespace {

constexpr const char* kUrl = "https://api.ibkr.com/v1/api/oauth/live_session_token";
constexpr UtcTime kNow{1'795'000'000'500'000'000};

bool holds(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// Another byte each time.
FillRandom counting() {
  return [next = 0](std::span<unsigned char> bytes) mutable {
    for (unsigned char& byte : bytes) byte = static_cast<unsigned char>(++next);
    return true;
  };
}

std::string parameter(const std::string& header, const std::string& name) {
  const std::string before = ' ' + name + "=\"";
  const std::size_t at = header.find(before);
  REQUIRE_MESSAGE(at != std::string::npos, header);
  return header.substr(at + before.size(), header.find('"', at + before.size()) - at - before.size());
}

std::string content(const std::filesystem::path& file) {
  std::ifstream in{file};
  REQUIRE_MESSAGE(in, file.string());
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// The other side, in Python.
class Peer {
 public:
  [[nodiscard]] static bool possible() { return std::system("command -v python3 openssl >/dev/null") == 0; }
  Peer() { run("keys", ""); }

  [[nodiscard]] OAuthKeys keys() const {
    OAuthKeys out;
    out.consumer_key = "TIDEGATEX";
    out.access_token = "a1b2c3d4e5f6";
    out.access_token_secret = content(folder_.path() / "secret");
    out.signature_key_pem = content(folder_.path() / "private_signature.pem");
    out.encryption_key_pem = content(folder_.path() / "private_encryption.pem");
    out.dh_param_pem = content(folder_.path() / "dhparam.pem");
    return out;
  }
  [[nodiscard]] std::string answer(const std::string& header) const {
    std::ofstream{folder_.path() / "header"} << header;
    run("answer", kUrl);
    return content(folder_.path() / "answer");
  }
  [[nodiscard]] std::string token_hex() const { return content(folder_.path() / "token"); }
  void check(const std::string& header, const std::string& method, const std::string& url) const {
    std::ofstream{folder_.path() / "header"} << header;
    run("check", method + " '" + url + "'");
  }

 private:
  void run(const std::string& action, const std::string& rest) const {
    const std::string command = "python3 " TIDEGATE_SOURCE_DIR "/tests/ibkr/oauth_peer.py " + action + " '" + folder_.path().string() + "' " + rest;
    REQUIRE(std::system(command.c_str()) == 0);
  }

  TemporaryFolder folder_;
};

}  // namespace

TEST_CASE("oauth: a peer in Python and openssl accepts the exchange and every signature, and has the same token") {
  if (!Peer::possible()) {
    MESSAGE("skipped: python3 or openssl is not installed");
    return;
  }
  const Peer peer;
  auto opened = OAuth::open(peer.keys());
  REQUIRE_MESSAGE(opened.ok(), opened.problem().words);
  OAuth& oauth = *opened;
  // The shared number begins with a set bit half of the time, which takes another byte.
  for (int i = 0; i < 4; ++i) {
    auto header = oauth.begin(kUrl, kNow);
    REQUIRE(header.ok());
    auto token = oauth.finish(200, peer.answer(*header), kNow);
    REQUIRE_MESSAGE(token.ok(), token.problem().words);
    CHECK(to_hex(token->bytes.view()) == peer.token_hex());
    for (const auto& [method, url] : {std::pair{"GET", "https://api.ibkr.com/v1/api/iserver/marketdata/snapshot?conids=1,2&fields=31"},
                                      std::pair{"POST", "https://api.ibkr.com/v1/api/tickle"}}) {
      auto authorization = oauth.authorization(*token, method, url, kNow);
      REQUIRE(authorization.ok());
      peer.check(*authorization, method, url);
    }
  }
}

TEST_CASE("oauth: with time and randomness fixed the headers are the same, name by name") {
  const TestConsumer consumer;
  const OAuthKeys keys = consumer.keys();
  auto one = OAuth::open(keys, counting()), two = OAuth::open(keys, counting());
  REQUIRE(one.ok());
  REQUIRE(two.ok());
  auto first = one->begin(kUrl, kNow), second = two->begin(kUrl, kNow);
  REQUIRE(first.ok());
  CHECK(*first == *second);
  CHECK(first->starts_with(R"(OAuth realm="limited_poa", diffie_hellman_challenge=")"));
  CHECK(parameter(*first, "oauth_consumer_key") == "TESTCONSX");
  CHECK(parameter(*first, "oauth_nonce") == "0102030405060708090a0b0c0d0e0f10");
  CHECK(parameter(*first, "oauth_signature_method") == "RSA-SHA256");
  CHECK(parameter(*first, "oauth_timestamp") == "1795000000");
  CHECK(parameter(*first, "oauth_token") == "a1b2c3d4e5f6");
  CHECK(parameter(*first, "diffie_hellman_challenge").find_first_not_of("0123456789abcdef") == std::string::npos);
}

TEST_CASE("oauth: the system's randomness makes nonces and challenges that never come twice") {
  const TestConsumer consumer;
  auto oauth = OAuth::open(consumer.keys());
  REQUIRE(oauth.ok());
  std::set<std::string> nonces, challenges;
  for (int i = 0; i < 20; ++i) {
    auto header = oauth->begin(kUrl, kNow);
    REQUIRE(header.ok());
    nonces.insert(parameter(*header, "oauth_nonce"));
    challenges.insert(parameter(*header, "diffie_hellman_challenge"));
  }
  CHECK(nonces.size() == 20);
  CHECK(challenges.size() == 20);
}

TEST_CASE("oauth: timestamps never fall, whatever the clock does") {
  const TestConsumer consumer;
  auto oauth = OAuth::open(consumer.keys(), counting());
  REQUIRE(oauth.ok());
  const auto stamp = [&oauth](std::int64_t second) {
    auto header = oauth->begin(kUrl, UtcTime{second * 1'000'000'000});
    REQUIRE(header.ok());
    return parameter(*header, "oauth_timestamp");
  };
  CHECK(stamp(1'795'000'000) == "1795000000");
  CHECK(stamp(1'794'000'000) == "1795000000");
  CHECK(stamp(1'795'000'001) == "1795000001");
}

TEST_CASE("oauth: a key that is wrong is named, with a remedy, and without any of it") {
  const TestConsumer consumer;
  const OAuthKeys keys = consumer.keys();
  const auto problem = [&](auto&& change) {
    OAuthKeys changed = keys;
    change(changed);
    const auto opened = OAuth::open(changed, counting());
    const std::string words = words_of(opened);
    CHECK(opened.problem().lasting);
    CHECK(holds(words, "; "));
    for (const std::string* secret : {&keys.access_token_secret, &keys.access_token, &keys.consumer_key}) CHECK_FALSE(holds(words, *secret));
    return words;
  };
  REQUIRE(OAuth::open(keys, counting()).ok());
  CHECK(problem([](auto& k) { k.consumer_key = ""; }).starts_with("oauth_consumer_key: empty"));
  CHECK(problem([](auto& k) { k.consumer_key = "A B"; }).starts_with("oauth_consumer_key: not only letters"));
  CHECK(problem([](auto& k) { k.access_token = "a1\n"; }).starts_with("oauth_access_token: not only letters"));
  CHECK(problem([](auto& k) { k.realm = "x\", y=\"z"; }).starts_with("oauth_realm: "));
  CHECK(problem([](auto& k) { k.signature_key_pem = ""; }).starts_with("oauth_signature_key: an empty file"));
  CHECK(problem([](auto& k) { k.encryption_key_pem = "x"; }).starts_with("oauth_encryption_key: no PEM text"));
  CHECK(problem([](auto& k) { k.dh_param_pem = group_pem("modp_1536"); }).starts_with("oauth_dh_param: a prime of 1536 bits"));
  CHECK(problem([](auto& k) { k.access_token_secret = "x"; }).starts_with("oauth_access_token_secret: no base64"));
  CHECK(problem([](auto& k) {
          k.access_token_secret.resize(128);
        }).starts_with("oauth_access_token_secret: 96 bytes, where oauth_encryption_key takes 256"));
  CHECK(holds(problem([](auto& k) { std::swap(k.signature_key_pem, k.encryption_key_pem); }), "not private_signature.pem"));
  CHECK(holds(problem([&](auto& k) { k.access_token_secret = to_base64(consumer.encryption.encrypted("")); }), "oauth_access_token_secret"));
}

TEST_CASE("oauth: an answer that does not fit is refused with words, and the exchange is over") {
  const TestConsumer consumer;
  auto oauth = OAuth::open(consumer.keys(), counting());
  REQUIRE(oauth.ok());
  CHECK(holds(words_of(oauth->finish(200, "{}", kNow)), "no live session token was asked for"));
  struct Case {
    const char* body;
    const char* words;
    bool lasting;
  };
  const std::string big = R"({"diffie_hellman_response":")" + std::string(70'000, '1') + R"("})";
  const std::vector<Case> cases{{"", "no JSON object", false},
                                {"<html>", "no JSON object", false},
                                {"[]", "no JSON object", false},
                                {big.c_str(), "no JSON object", false},
                                {"{}", "lacks diffie_hellman_response", false},
                                {R"({"diffie_hellman_response":17,"live_session_token_signature":"ab"})", "lacks diffie_hellman_response", false},
                                {R"({"diffie_hellman_response":"17"})", "lacks diffie_hellman_response or live_session_token_signature", false},
                                {R"({"diffie_hellman_response":"xyz","live_session_token_signature":"ab"})", "no number in hexadecimal", false},
                                {R"({"diffie_hellman_response":"0","live_session_token_signature":"ab"})", "no number in hexadecimal", false},
                                {R"({"diffie_hellman_response":"1","live_session_token_signature":"ab"})", "no number in hexadecimal", false},
                                {R"({"diffie_hellman_response":"4","live_session_token_signature":"ab"})", "not the one that was agreed on", true},
                                {R"({"diffie_hellman_response":"4","live_session_token_signature":"0000000000000000000000000000000000000000"})",
                                 "not the one that was agreed on", true}};
  for (const Case& each : cases) {
    CAPTURE(each.words);
    REQUIRE(oauth->begin(kUrl, kNow).ok());
    const auto answer = oauth->finish(200, each.body, kNow);
    CHECK(holds(words_of(answer), each.words));
    CHECK(answer.problem().lasting == each.lasting);
    CHECK(holds(words_of(oauth->finish(200, each.body, kNow)), "no live session token was asked for"));
  }
}

TEST_CASE("oauth: a refusal is told in the broker's words, without what is secret in them, and with what to do") {
  const TestConsumer consumer;
  auto oauth = OAuth::open(consumer.keys(), counting());
  REQUIRE(oauth.ok());
  const auto refusal = [&oauth](int status, const char* body) {
    REQUIRE(oauth->begin(kUrl, kNow).ok());
    return oauth->finish(status, body, kNow).problem();
  };
  const OAuthProblem consumer_key = refusal(401, R"({"error":"id: 39687, error: invalid consumer","statusCode":401})");
  CHECK(holds(consumer_key.words,
              "HTTP 401, \"id: 39687, error: invalid consumer\"; a new or changed consumer key works from the broker's next restart on"));
  CHECK(consumer_key.lasting);
  const OAuthProblem token = refusal(401, R"({"error":"id: 1, error: LST failed, error: No access secret key found for a1b2c3d4e5f6"})");
  CHECK(holds(token.words, "found for ***"));
  CHECK(holds(token.words, "generate a new access token"));
  CHECK_FALSE(holds(token.words, "a1b2c3d4e5f6"));
  CHECK(holds(refusal(401, "<html>").words, "HTTP 401; compare the three files"));
  const OAuthProblem down = refusal(503, "");
  CHECK(down.words == "the broker gave no live session token, HTTP 503; it is asked again");
  CHECK_FALSE(down.lasting);
}

TEST_CASE("oauth: without randomness, without a token or for no address nothing is signed") {
  const TestConsumer consumer;
  bool broken = true;
  auto oauth = OAuth::open(consumer.keys(), [&broken, next = counting()](std::span<unsigned char> bytes) mutable { return !broken && next(bytes); });
  REQUIRE(oauth.ok());
  LiveToken token{Secret{"0123456789"}, kNow};
  CHECK(holds(words_of(oauth->begin(kUrl, kNow)), "no random numbers"));
  CHECK(holds(words_of(oauth->authorization(token, "GET", kUrl, kNow)), "no random numbers"));
  broken = false;
  CHECK(holds(words_of(oauth->authorization(LiveToken{}, "GET", kUrl, kNow)), "no live session token"));
  CHECK(holds(words_of(oauth->authorization(token, "GET", "wss://a/b", kNow)), "set rest_url"));
  CHECK(holds(words_of(oauth->begin("a", kNow)), "set rest_url"));
  CHECK(oauth->authorization(token, "GET", kUrl, kNow).ok());
}

TEST_CASE("oauth: a secret is only in one place, and gone when it is moved") {
  Secret one{"short"}, two{std::string(100, 'x')};
  Secret three = std::move(one);
  CHECK(three.view() == "short");
  CHECK(one.empty());  // NOLINT(bugprone-use-after-move)
  two = std::move(three);
  CHECK(two.view() == "short");
  CHECK(three.empty());  // NOLINT(bugprone-use-after-move)
}
