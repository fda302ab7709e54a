// OAuth 1.0a: base strings against the example of RFC 5849, and the whole exchange with a client that is written here.
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include <fstream>

#include "tests/sim/ibkr_support.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace tidegate;
using namespace tidegate::test;
using sim::ibkr::percent_encode;

namespace {

constexpr const char* kSecretHex = "00ff10a0b0c0d0e0f01122334455667788";

std::string base64(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(length));
  return out;
}

std::string mac(const EVP_MD* digest, std::string_view key, std::string_view data) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  HMAC(digest, key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(data.data()), data.size(), out, &length);
  return {reinterpret_cast<const char*>(out), length};
}

std::string unhex(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) out += static_cast<char>(std::stoi(std::string{hex.substr(i, 2)}, nullptr, 16));
  return out;
}

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    out += kDigits[static_cast<unsigned char>(c) >> 4U];
    out += kDigits[static_cast<unsigned char>(c) & 0xFU];
  }
  return out;
}

std::string hex_of(const BIGNUM* number) {
  char* const text = BN_bn2hex(number);
  std::string out = text;
  OPENSSL_free(text);
  return out;
}

/// A consumer with its keys, and the requests it signs.
class Consumer {
 public:
  using Parameters = std::map<std::string, std::string>;

  Consumer() : key_(EVP_RSA_gen(2048)) {
    FILE* const key_file = std::fopen((folder_.path() / "public.pem").c_str(), "w");
    PEM_write_PUBKEY(key_file, key_);
    std::fclose(key_file);
    EVP_PKEY_CTX* const context = EVP_PKEY_CTX_new_from_name(nullptr, "DH", nullptr);
    EVP_PKEY* parameters = nullptr;
    char group[] = "modp_2048";
    const OSSL_PARAM wanted[] = {OSSL_PARAM_construct_utf8_string("group", group, 0), OSSL_PARAM_construct_end()};
    EVP_PKEY_paramgen_init(context);
    EVP_PKEY_CTX_set_params(context, wanted);
    EVP_PKEY_paramgen(context, &parameters);
    FILE* const dh_file = std::fopen((folder_.path() / "dhparam.pem").c_str(), "w");
    BIO* const bio = BIO_new_fp(dh_file, BIO_NOCLOSE);
    PEM_write_bio_Parameters(bio, parameters);
    BIO_free(bio);
    std::fclose(dh_file);
    EVP_PKEY_get_bn_param(parameters, "p", &prime_);
    EVP_PKEY_free(parameters);
    EVP_PKEY_CTX_free(context);
  }
  ~Consumer() {
    EVP_PKEY_free(key_);
    BN_free(prime_);
  }
  Consumer(const Consumer&) = delete;
  Consumer& operator=(const Consumer&) = delete;

  [[nodiscard]] sim::IbkrOptions options() const {
    auto out = still_ibkr();
    out.oauth.consumer_key = "TESTCONS1";
    out.oauth.access_token = "a1b2c3d4";
    out.oauth.access_token_secret = kSecretHex;
    out.oauth.signature_key_file = (folder_.path() / "public.pem").string();
    out.oauth.dh_param_file = (folder_.path() / "dhparam.pem").string();
    return out;
  }

  static Parameters parameters(const std::string& method, const std::string& nonce) {
    return {{"oauth_consumer_key", "TESTCONS1"},
            {"oauth_token", "a1b2c3d4"},
            {"oauth_signature_method", method},
            {"oauth_nonce", nonce},
            {"oauth_timestamp", std::to_string(std::time(nullptr))}};
  }
  static std::string base_string(const std::string& method, const std::string& url, const Parameters& parameters) {
    std::string joined;
    for (const auto& [name, value] : parameters) joined += (joined.empty() ? "" : "&") + percent_encode(name) + "=" + percent_encode(value);
    return method + "&" + percent_encode(url) + "&" + percent_encode(joined);
  }
  static IbkrClient::Headers header(Parameters parameters, const std::string& signature) {
    std::string text = R"(OAuth realm="limited_poa")";
    parameters["oauth_signature"] = signature;
    for (const auto& [name, value] : parameters) text += ", " + name + "=\"" + percent_encode(value) + "\"";
    return {{"Authorization", text}};
  }
  [[nodiscard]] std::string sign(const std::string& text) const {
    std::string out(512, '\0');
    std::size_t length = out.size();
    EVP_MD_CTX* const context = EVP_MD_CTX_new();
    EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key_);
    EVP_DigestSign(context, reinterpret_cast<unsigned char*>(out.data()), &length, reinterpret_cast<const unsigned char*>(text.data()), text.size());
    EVP_MD_CTX_free(context);
    out.resize(length);
    return base64(out);
  }

  /// The live session token that the exchange gives, checked as a client must; empty when it is refused.
  std::string exchange(IbkrFixture& sim, const std::string& secret_hex = kSecretHex) {
    BN_CTX* const context = BN_CTX_new();
    BIGNUM *own = BN_new(), *two = BN_new(), *power = BN_new(), *theirs = nullptr;
    BN_rand(own, 256, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY);
    BN_set_word(two, 2);
    BN_mod_exp(power, two, own, prime_, context);
    Parameters signed_ones = parameters("RSA-SHA256", "exchange" + std::to_string(++nonces_));
    signed_ones["diffie_hellman_challenge"] = hex_of(power);
    const std::string base = base_string("POST", sim.address("http") + "/v1/api/oauth/live_session_token", signed_ones);
    answer = sim.call("POST", "/v1/api/oauth/live_session_token", "", header(signed_ones, sign(secret_hex + base)));
    std::string token;
    if (answer.status == 200) {
      BN_hex2bn(&theirs, sim::ibkr::read_member(answer.body, "diffie_hellman_response").c_str());
      BN_mod_exp(power, theirs, own, prime_, context);
      std::string shared(static_cast<std::size_t>(BN_num_bytes(power)), '\0');
      BN_bn2bin(power, reinterpret_cast<unsigned char*>(shared.data()));
      if ((static_cast<unsigned char>(shared[0]) & 0x80U) != 0) shared.insert(shared.begin(), '\0');
      const std::string bytes = mac(EVP_sha1(), shared, unhex(secret_hex));
      CHECK(sim::ibkr::read_member(answer.body, "live_session_token_signature") == hex(mac(EVP_sha1(), bytes, "TESTCONS1")));
      token = base64(bytes);
      key = bytes;
    }
    for (BIGNUM* each : {own, two, power, theirs}) BN_free(each);
    BN_CTX_free(context);
    return token;
  }
  /// A call signed with the live session token; `query` as parameters.
  net::HttpAnswer call(IbkrFixture& sim, const std::string& method, const std::string& path, const Parameters& query = {}) {
    Parameters all = parameters("HMAC-SHA256", "call" + std::to_string(++nonces_));
    const Parameters own = all;
    std::string target = "/v1/api/" + path;
    for (const auto& [name, value] : query) {
      target += (target.find('?') == std::string::npos ? "?" : "&") + percent_encode(name) + "=" + percent_encode(value);
      all[name] = value;
    }
    const std::string base = base_string(method, sim.address("http") + "/v1/api/" + path, all);
    return sim.call(method, target, "", header(own, base64(mac(EVP_sha256(), key, base))));
  }

  net::HttpAnswer answer;
  std::string key;  // the live session token's bytes

 private:
  TemporaryFolder folder_;
  EVP_PKEY* key_;
  BIGNUM* prime_ = nullptr;
  inline static int nonces_ = 0;  // of all consumers: a nonce is used once
};

}  // namespace

TEST_CASE("ibkr sim oauth: the base string of the RFC's example") {
  // RFC 5849, section 3.4.1.1.
  net::HttpRequest request;
  request.method = "POST";
  request.target = "/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b";
  request.body = "c2&a3=2+q";
  request.headers = {{"Host", "EXAMPLE.COM:80"}, {"Content-Type", "application/x-www-form-urlencoded"}};
  std::map<std::string, std::string> header;
  REQUIRE(sim::ibkr::read_oauth_header(R"(OAuth realm="Example", oauth_consumer_key="9djdj82h48djs9d2", oauth_token="kkk9d7dh3k39sjv7",)"
                                       R"( oauth_signature_method="HMAC-SHA1", oauth_timestamp="137131201", oauth_nonce="7d8f3e4a",)"
                                       R"( oauth_signature="bYT5CMsGcbgUdFHObYMEfcx6bsw%3D")",
                                       header));
  CHECK(header.at("realm") == "Example");
  CHECK(header.at("oauth_signature") == "bYT5CMsGcbgUdFHObYMEfcx6bsw=");
  CHECK(sim::ibkr::signature_base_string(request, "http", header) ==
        "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D%26"
        "oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26"
        "oauth_token%3Dkkk9d7dh3k39sjv7");
}

TEST_CASE("ibkr sim oauth: headers that are none, or encoded wrongly, are refused") {
  std::map<std::string, std::string> header;
  for (const char* text : {"", "Bearer abc", "OAuth ", "OAuth a", R"(OAuth a="b)", R"(OAuth a="b" c="d")", R"(OAuth a="b", a="c")", R"(OAuth a="%4")",
                           R"(OAuth a="b+c")", R"(OAuth a="b=")"}) {
    CAPTURE(text);
    CHECK_FALSE(sim::ibkr::read_oauth_header(text, header));
  }
  CHECK(sim::ibkr::read_oauth_header(R"(oauth a="b%3D",c="d")", header));
}

TEST_CASE("ibkr sim oauth: the exchange gives both sides the same token, again and again") {
  Consumer consumer;
  IbkrFixture sim{consumer.options()};
  // The shared secret begins with a set bit half of the time, which takes another byte.
  for (int i = 0; i < 8; ++i) {
    const std::string token = consumer.exchange(sim);
    REQUIRE_MESSAGE(!token.empty(), consumer.answer.body);
    CHECK(token == sim.server.live_session_token());
  }
  CHECK(std::stoll(sim::ibkr::read_member(consumer.answer.body, "live_session_token_expiration")) / 1000 > std::time(nullptr) + 23 * 3600);
}

TEST_CASE("ibkr sim oauth: an exchange with another secret, key or challenge is refused") {
  Consumer consumer, other;
  IbkrFixture sim{consumer.options()};
  CHECK(consumer.exchange(sim, "00ff").empty());
  CHECK(consumer.answer.status == 401);
  CHECK(other.exchange(sim).empty());
  CHECK(other.answer.body.find("the signature does not fit") != std::string::npos);
  auto parameters = Consumer::parameters("RSA-SHA256", "n");
  parameters["diffie_hellman_challenge"] = "xyz";
  const std::string base = Consumer::base_string("POST", sim.address("http") + "/v1/api/oauth/live_session_token", parameters);
  const auto answer = sim.call("POST", "/v1/api/oauth/live_session_token", "", Consumer::header(parameters, consumer.sign(kSecretHex + base)));
  CHECK(answer.status == 401);
  CHECK(answer.body.find("diffie_hellman_challenge") != std::string::npos);
  CHECK(sim.server.live_session_token().empty());
}

TEST_CASE("ibkr sim oauth: signed requests pass, the brokerage session needs ssodh/init, the socket the access token") {
  Consumer consumer;
  IbkrFixture sim{consumer.options()};
  CHECK(sim.post("tickle").status == 401);
  REQUIRE_FALSE(consumer.exchange(sim).empty());
  CHECK(sim.post("tickle").status == 401);
  CHECK(consumer.call(sim, "POST", "tickle").status == 200);
  CHECK(consumer.call(sim, "GET", "iserver/accounts").status == 401);
  const auto found = consumer.call(sim, "GET", "trsrv/stocks", {{"symbols", "AAPL,B C&D"}});
  CHECK(found.status == 200);
  CHECK(found.body.find("265598") != std::string::npos);
  const std::string session = sim.server.session();
  IbkrClient without{sim.loop, sim.url(), sim.cookie()};
  IbkrClient with{sim.loop, sim.url("/v1/api/ws?oauth_token=a1b2c3d4"), sim.cookie()};
  sim.until([&] { return without.closed && with.greeted(); });
  CHECK(without.closed->http_status == 401);
  CHECK_FALSE(sim::ibkr::read_flag(with.of("sts")[0].values.at("args"), "authenticated"));
  sim.inject("expire_token");
  CHECK(consumer.call(sim, "POST", "tickle").status == 401);
  REQUIRE_FALSE(consumer.exchange(sim).empty());
  CHECK(consumer.call(sim, "POST", "logout").status == 200);
  CHECK(consumer.call(sim, "POST", "tickle").status == 401);
  REQUIRE_FALSE(consumer.exchange(sim).empty());
  const auto tickle = consumer.call(sim, "POST", "tickle");
  CHECK(tickle.body.find(sim.server.session()) != std::string::npos);
  CHECK(sim.server.session() != session);
}

TEST_CASE("ibkr sim oauth: a used nonce, an old time, another realm, method, consumer or key are refused with words") {
  Consumer consumer;
  auto options = consumer.options();
  options.oauth.live_session_token = base64("0123456789abcdefghij");
  IbkrFixture sim{options};
  const auto refusal = [&](const std::function<void(Consumer::Parameters&)>& change, std::string_view key = "0123456789abcdefghij") {
    static int number = 0;
    auto parameters = Consumer::parameters("HMAC-SHA256", "r" + std::to_string(++number));
    change(parameters);
    const std::string base = Consumer::base_string("POST", sim.address("http") + "/v1/api/tickle", parameters);
    const auto answer = sim.call("POST", "/v1/api/tickle", "", Consumer::header(parameters, base64(mac(EVP_sha256(), key, base))));
    return answer.status == 200 ? std::string{} : sim::ibkr::read_member(answer.body, "error");
  };
  std::string time;  // a nonce counts for its second
  CHECK(refusal([&](auto& parameters) { time = parameters["oauth_timestamp"]; }).empty());
  CHECK(refusal([](auto& parameters) { parameters["oauth_version"] = "1.0"; }).empty());
  const auto repeat = [&](auto& parameters) {
    parameters["oauth_nonce"] = "r1";
    parameters["oauth_timestamp"] = time;
  };
  CHECK(refusal(repeat) == "oauth_nonce was used before");
  CHECK(refusal([](auto& parameters) { parameters["oauth_timestamp"] = "1000"; }) == "oauth_timestamp is too far from now");
  CHECK(refusal([](auto& parameters) { parameters["oauth_timestamp"] = "soon"; }) == "oauth_timestamp is not a number of seconds");
  CHECK(refusal([](auto& parameters) { parameters["oauth_signature_method"] = "HMAC-SHA1"; }) == "the signature method must be HMAC-SHA256");
  CHECK(refusal([](auto& parameters) { parameters["oauth_consumer_key"] = "OTHER"; }) == "unknown consumer key");
  CHECK(refusal([](auto& parameters) { parameters["oauth_token"] = "OTHER"; }) == "unknown access token");
  CHECK(refusal([](auto& parameters) { parameters["oauth_version"] = "2.0"; }) == "oauth_version is not 1.0");
  CHECK(refusal([](auto&) {}, "another key") == "the signature does not fit");
}
