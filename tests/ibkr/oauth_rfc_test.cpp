// The parts of OAuth against published examples: RFC 5849, RFC 2202, RFC 4231, and the numbers in IBKR's own guide.
#include <doctest/doctest.h>

#include <string>

#include "brokers/common/safe_text.hpp"
#include "brokers/ibkr/oauth_crypto.hpp"
#include "brokers/ibkr/oauth_signature.hpp"

using namespace tidegate::ibkr;

namespace {

OAuthParameters photo_parameters(const std::string& timestamp, const std::string& nonce) {
  return {
      {"oauth_consumer_key", "dpf43f3p2l4k3l03"}, {"oauth_signature_method", "HMAC-SHA1"}, {"oauth_timestamp", timestamp}, {"oauth_nonce", nonce}};
}

/// HMAC-SHA1 of RFC 5849, section 3.4.2; the keys are those of section 1.2.
std::string sign(const std::string& token_secret, const std::string& base) { return to_base64(hmac_sha1("kd94hf93k423kf44&" + token_secret, base)); }

}  // namespace

TEST_CASE("oauth base string: the RFC's example, with a query and a form") {
  // RFC 5849, section 3.4.1.1; c2 and the second a3 come from the body.
  const OAuthParameters parameters{{"oauth_consumer_key", "9djdj82h48djs9d2"},
                                   {"oauth_token", "kkk9d7dh3k39sjv7"},
                                   {"oauth_signature_method", "HMAC-SHA1"},
                                   {"oauth_timestamp", "137131201"},
                                   {"oauth_nonce", "7d8f3e4a"},
                                   {"c2", ""},
                                   {"a3", "2 q"}};
  const auto base = oauth_base_string("post", "http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b", parameters, OAuthQuery::Signed);
  REQUIRE(base);
  CHECK(*base ==
        "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D%26"
        "oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26"
        "oauth_token%3Dkkk9d7dh3k39sjv7");
  // The signature that the RFC's erratum 2550 gives for it.
  CHECK(to_base64(hmac_sha1("j49sk3j29djd&dh893hdasih9", *base)) == "r6/TJjbCOr97/+UU0NsvSne7s5g=");
}

TEST_CASE("oauth signature: the three requests of the RFC's introduction") {
  // RFC 5849, section 1.2.
  OAuthParameters initiate = photo_parameters("137131200", "wIjqoS");
  initiate.emplace_back("oauth_callback", "http://printer.example.com/ready");
  CHECK(sign("", oauth_base_string("POST", "https://photos.example.net/initiate", initiate, OAuthQuery::Signed).value()) ==
        "74KNZJeDHnMBp0EMJ9ZHt/XKycU=");
  OAuthParameters token = photo_parameters("137131201", "walatlh");
  token.emplace_back("oauth_token", "hh5s93j4hdidpola");
  token.emplace_back("oauth_verifier", "hfdp7dh39dks9884");
  CHECK(sign("hdhd0244k9j7ao03", oauth_base_string("POST", "https://photos.example.net/token", token, OAuthQuery::Signed).value()) ==
        "gKgrFCywp7rO0OXSjdot/IHF7IU=");
  OAuthParameters photo = photo_parameters("137131202", "chapoH");
  photo.emplace_back("oauth_token", "nnch734d00sl2jdk");
  const auto base = oauth_base_string("GET", "http://photos.example.net/photos?file=vacation.jpg&size=original", photo, OAuthQuery::Signed);
  CHECK(sign("pfkkdhi9sl3r4s00", base.value()) == "MdpQcU8iPSUjWoN/UDMsK2sui9I=");
}

TEST_CASE("oauth base string: scheme, host and port as the RFC writes them") {
  const auto address = [](const char* url) {
    const auto base = oauth_base_string("GET", url, {}, OAuthQuery::Unsigned);
    return base ? base->substr(4, base->size() - 5) : "none";
  };
  // RFC 5849, section 3.4.1.2.
  CHECK(address("HTTP://EXAMPLE.COM:80/r%20v/X?id=123") == "http%3A%2F%2Fexample.com%2Fr%2520v%2FX");
  CHECK(address("https://www.example.net:8080/?q=1") == "https%3A%2F%2Fwww.example.net%3A8080%2F");
  CHECK(address("https://a:443#x") == "https%3A%2F%2Fa%2F");
  CHECK(address("https://a:80/b") == "https%3A%2F%2Fa%3A80%2Fb");
  for (const char* url : {"", "a", "ftp://a/b", "https://", "https:///b", "https://me:you@a/b", "wss://a/b"}) {
    CAPTURE(url);
    CHECK(address(url) == "none");
  }
}

TEST_CASE("oauth base string: a query counts only where it is signed, and must be encoded soundly there") {
  const OAuthParameters one{{"oauth_nonce", "n"}};
  const char* url = "https://a/b?conids=1,2&x=%2C+y&&z";
  CHECK(oauth_base_string("GET", url, one, OAuthQuery::Unsigned).value() == "GET&https%3A%2F%2Fa%2Fb&oauth_nonce%3Dn");
  CHECK(oauth_base_string("GET", url, one, OAuthQuery::Signed).value() ==
        "GET&https%3A%2F%2Fa%2Fb&conids%3D1%252C2%26oauth_nonce%3Dn%26x%3D%252C%2520y%26z%3D");
  for (const char* bad : {"https://a/b?x=%", "https://a/b?x=%4", "https://a/b?%zz=1"}) {
    CAPTURE(bad);
    CHECK_FALSE(oauth_base_string("GET", bad, one, OAuthQuery::Signed));
    CHECK(oauth_base_string("GET", bad, one, OAuthQuery::Unsigned));
  }
}

TEST_CASE("oauth header: the realm first, the others by name and encoded") {
  CHECK(oauth_header("limited_poa", {{"oauth_token", "b"}, {"oauth_signature", "a+/="}, {"diffie_hellman_challenge", "0f"}}) ==
        R"(OAuth realm="limited_poa", diffie_hellman_challenge="0f", oauth_signature="a%2B%2F%3D", oauth_token="b")");
  // RFC 5849, section 3.6, and RFC 3986, section 2.3: these and no others stay.
  CHECK(tidegate::common::percent_encoded("azAZ09-._~") == "azAZ09-._~");
  CHECK(tidegate::common::percent_encoded("\xE2\x98\x83 !*'()") == "%E2%98%83%20%21%2A%27%28%29");
}

TEST_CASE("oauth codes: the vectors of RFC 2202 and RFC 4231") {
  const std::string eleven(20, '\x0b'), long_key_sha1(80, '\xaa'), long_key_sha256(131, '\xaa');
  const char* larger = "Test Using Larger Than Block-Size Key - Hash Key First";
  CHECK(to_hex(hmac_sha1(eleven, "Hi There")) == "b617318655057264e28bc0b6fb378c8ef146be00");
  CHECK(to_hex(hmac_sha1("Jefe", "what do ya want for nothing?")) == "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  CHECK(to_hex(hmac_sha1(long_key_sha1, larger)) == "aa4ae5e15272d00e95705637ce8a3b55ed402112");
  CHECK(to_hex(hmac_sha256(eleven, "Hi There")) == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(to_hex(hmac_sha256(long_key_sha256, larger)) == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("oauth codes: the token in IBKR's guide has the signature that the guide prints") {
  const auto token = from_base64("YBWbLw+9RYP2nWrPQHxHZkBb1aM=");
  REQUIRE(token);
  // The guide's text ends before the last digit, 4.
  CHECK(to_hex(hmac_sha1(*token, "TESTCONS")).starts_with("543c55477d6cbb0e792d1e4f8111cec7305ba3f"));
}

TEST_CASE("oauth codes: base64 is read over blanks and line ends, and not when it is cut short") {
  // RFC 4648, section 10.
  CHECK(to_base64("foobar") == "Zm9vYmFy");
  CHECK(to_base64("fooba") == "Zm9vYmE=");
  CHECK(to_base64("foob") == "Zm9vYg==");
  CHECK(to_base64("").empty());
  CHECK(from_base64(" Zm9v\r\nYg==\n") == "foob");
  CHECK(from_base64("Zm9vYmE=") == "fooba");
  CHECK(from_base64("AAAA") == std::string(3, '\0'));
  for (const char* bad : {"", "   ", "Zm9vYg=", "Zm9vYg", "Zm9v Yg", "Zm=vYg==", "====", "Zm9vY!==", "Zm9vYg==Zm9v", "-_-_"}) {
    CAPTURE(bad);
    CHECK_FALSE(from_base64(bad));
  }
  CHECK_FALSE(from_base64(std::string(64 * 1024 + 4, 'A')));
}

TEST_CASE("oauth codes: two codes are the same in either case and without their zeros in front, and never when one is missing") {
  CHECK(same_code("00ab", "00AB", 4));
  CHECK(same_code("00ab", "ab", 4));
  CHECK_FALSE(same_code("00ab", "ba", 4));
  CHECK_FALSE(same_code("00ab", "", 4));
  CHECK_FALSE(same_code("", "", 4));
  CHECK_FALSE(same_code("00ab", "0000ab", 4));
  CHECK_FALSE(same_code("00ab", "00abcd", 4));
}
