// Tokens that somebody made to get in.
#include <random>

#include "gateway/access/jwt.hpp"
#include "tests/access/jwt_maker.hpp"

namespace tidegate::test {
namespace {

JwtFault fault_of(std::string_view token) { return refusal_in(read_hs(token)).fault; }
JwtFault fault_with_header(const std::string& header) { return fault_of(hs256(claims(), kSecret, header)); }

TEST_CASE("JWT attacks: alg none is refused in every spelling, with and without a signature") {
  for (const char* name : {"none", "None", "NONE", "nOnE", ""}) {
    CAPTURE(name);
    const std::string header = R"({"alg":")" + std::string(name) + "\"}";
    CHECK(fault_with_header(header) == JwtFault::WrongAlgorithm);
    CHECK(fault_of(signing_input(header, claims()) + ".") == JwtFault::WrongAlgorithm);
  }
  CHECK(fault_with_header("{}") == JwtFault::WrongAlgorithm);
  CHECK(fault_with_header(R"({"alg":null})") == JwtFault::Malformed);
  CHECK(fault_with_header(R"({"alg":["HS256"]})") == JwtFault::Malformed);
  CHECK(fault_with_header(R"({"alg":"hs256"})") == JwtFault::WrongAlgorithm);
  CHECK(fault_with_header(R"({"alg":"HS512"})") == JwtFault::WrongAlgorithm);
}

TEST_CASE("JWT attacks: the public key as an HS256 secret opens nothing") {
  for (const JwtAlgorithm algorithm : {JwtAlgorithm::RS256, JwtAlgorithm::ES256}) {
    const std::string pem = public_pem(algorithm == JwtAlgorithm::RS256 ? rsa_key() : ec_key());
    const JwtKeys keys = keys_of(algorithm, pem);
    for (const std::string& secret : {pem, pem.substr(0, pem.size() - 1)}) {
      const std::string token = hs256(claims(), secret);
      CHECK(refusal_in(read_jwt(token, {.algorithm = algorithm}, keys, kNow)).fault == JwtFault::WrongAlgorithm);
      // and where the header claims the right algorithm, the bytes are no signature of it
      const std::string header = R"({"alg":")" + std::string(to_text(algorithm)) + "\"}";
      CHECK(refusal_in(read_jwt(hs256(claims(), secret, header), {.algorithm = algorithm}, keys, kNow)).fault == JwtFault::WrongSignature);
    }
  }
}

TEST_CASE("JWT attacks: keys of another algorithm than the configured one verify nothing") {
  const JwtKeys keys = keys_of(JwtAlgorithm::HS256, kSecret);
  const std::string token = hs256(claims(), kSecret, R"({"alg":"RS256"})");
  CHECK(refusal_in(read_jwt(token, {.algorithm = JwtAlgorithm::RS256}, keys, kNow)).fault == JwtFault::WrongSignature);
}

TEST_CASE("JWT attacks: a key that the token brings along is not looked at") {
  const std::string header =
      R"({"alg":"HS256","jku":"https://evil.example/k","jwk":{"kty":"oct","k":"eHh4"},"x5u":"https://evil.example","x5c":["AA"]})";
  CHECK(fault_of(hs256(claims(), std::string(32, 'x'), header)) == JwtFault::WrongSignature);
  CHECK(claims_in(read_hs(hs256(claims(), kSecret, header))).user == "alice");
}

TEST_CASE("JWT attacks: crit is refused, whatever it asks for") {
  for (const char* crit : {R"(["b64"])", R"(["exp"])", "[]", "null", "5"}) {
    CAPTURE(crit);
    CHECK(fault_with_header(R"({"alg":"HS256","crit":)" + std::string(crit) + "}") == JwtFault::Critical);
  }
}

TEST_CASE("JWT attacks: members that stand twice are refused, in the header and in the claims") {
  CHECK(fault_with_header(R"({"alg":"HS256","alg":"none"})") == JwtFault::Malformed);
  CHECK(fault_with_header(R"({"alg":"none","alg":"HS256"})") == JwtFault::Malformed);
  CHECK(fault_with_header(R"({"alg":"HS256","\u0061lg":"HS256"})") == JwtFault::Malformed);
  CHECK(fault_of(hs256(R"({"sub":"alice","sub":"root","exp":1900000000})")) == JwtFault::Malformed);
  CHECK(fault_of(hs256(claims(R"(,"x":1,"x":1)"))) == JwtFault::Malformed);
}

TEST_CASE("JWT attacks: what is no JSON object is refused, and so is anything behind it") {
  const std::vector<std::string> texts = {"[]",
                                          "5",
                                          "",
                                          "null",
                                          "{",
                                          claims() + "x",
                                          claims() + claims(),
                                          claims() + std::string("\0", 1),
                                          claims() + std::string("\0x", 2),
                                          "\xEF\xBB\xBF" + claims(),
                                          "{\"sub\":\"\xFF\",\"exp\":1900000000}",
                                          "{'sub':'alice','exp':1900000000}",
                                          "{\"sub\":\"alice\",\"exp\":1900000000,}",
                                          "{\"sub\":\"alice\",\"exp\":NaN}",
                                          "//\n" + claims()};
  for (const std::string& text : texts) {
    CAPTURE(text);
    CHECK(fault_of(hs256(text)) == JwtFault::Malformed);
    CHECK(fault_with_header(text) == JwtFault::Malformed);
  }
  const std::string deep(3000, '[');
  CHECK(fault_of(hs256(claims(",\"x\":" + deep))) == JwtFault::Malformed);
  CHECK(claims_in(read_hs(hs256(claims(",\"x\":" + deep + std::string(3000, ']'))))).user == "alice");
}

TEST_CASE("JWT attacks: another number of parts, padding and other characters are refused") {
  const std::string token = hs256(claims());
  const std::size_t first = token.find('.'), second = token.rfind('.');
  for (const std::string& wrong : {std::string(""), std::string("."), std::string(".."), std::string("..."), token.substr(0, second), token + ".",
                                   token + "." + token, "." + token, token.substr(0, first) + token.substr(second), token + "=", token + "==",
                                   token + " ", " " + token, token + "\n", "Bearer " + token, token.substr(0, first) + "=" + token.substr(first)}) {
    CAPTURE(wrong);
    CHECK(fault_of(wrong) == JwtFault::Malformed);
  }
}

TEST_CASE("JWT attacks: a token of 8 KiB is read, a longer one is not") {
  std::string token;
  for (std::size_t padding = 5000; token.size() < kLoginTokenBytesMax - 3; ++padding)
    token = hs256(claims(",\"x\":\"" + std::string(padding, 'x') + "\""));
  CHECK(claims_in(read_hs(token)).user == "alice");
  CHECK(fault_of(hs256(claims(",\"x\":\"" + std::string(7000, 'x') + "\""))) == JwtFault::Malformed);
}

TEST_CASE("JWT attacks: a signature has one length and one spelling") {
  const std::string token = hs256(claims());
  const std::string input = token.substr(0, token.rfind('.'));
  const std::string mac = hmac_signature(input, kSecret);
  for (const std::string& wrong : {std::string(), mac.substr(0, 31), mac.substr(0, 16), mac + '\0', mac + mac, std::string(32, '\0')}) {
    CHECK(fault_of(input + "." + base64url(wrong)) == JwtFault::WrongSignature);
  }
  // 32 bytes leave two bits of the last letter unused
  std::string stray = token;
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  stray.back() = kAlphabet[kAlphabet.find(stray.back()) + 1];
  CHECK(fault_of(stray) == JwtFault::Malformed);
}

TEST_CASE("JWT attacks: ES256 signatures in DER, of other lengths, of zeros or out of range are refused") {
  const JwtKeys keys = keys_of(JwtAlgorithm::ES256, public_pem(ec_key()));
  const std::string input = signing_input(R"({"alg":"ES256"})", claims());
  const auto fault = [&](const std::string& signature) {
    return refusal_in(read_jwt(input + "." + base64url(signature), {.algorithm = JwtAlgorithm::ES256}, keys, kNow)).fault;
  };
  const std::string right = ec_signature(input, ec_key());
  for (const std::string& wrong : {plain_signature(input, ec_key()), right.substr(0, 63), right + '\0', std::string(64, '\0'),
                                   std::string(64, '\xFF'), right.substr(0, 32) + std::string(32, '\0'), std::string(32, '\0') + right.substr(32),
                                   right.substr(32) + right.substr(0, 32), std::string()}) {
    CHECK(fault(wrong) == JwtFault::WrongSignature);
  }
}

TEST_CASE("JWT attacks: RS256 signatures of other lengths, digests and keys are refused") {
  const JwtKeys keys = keys_of(JwtAlgorithm::RS256, public_pem(rsa_key()));
  const std::string input = signing_input(R"({"alg":"RS256"})", claims());
  const auto fault = [&](const std::string& signature) {
    return refusal_in(read_jwt(input + "." + base64url(signature), {.algorithm = JwtAlgorithm::RS256}, keys, kNow)).fault;
  };
  const std::string right = plain_signature(input, rsa_key());
  const PrivateKey other = make_rsa(2048);
  for (const std::string& wrong :
       {right.substr(0, 255), right + '\0', '\0' + right, std::string(256, '\0'), std::string(256, '\xFF'), std::string(),
        plain_signature(input, rsa_key(), EVP_sha1()), plain_signature(input, rsa_key(), EVP_sha512()), plain_signature(input, other.get())}) {
    CHECK(fault(wrong) == JwtFault::WrongSignature);
  }
}

TEST_CASE("JWT attacks: nothing of the claims is told to whoever cannot sign") {
  CHECK(fault_of(hs256(R"({"sub":"a","exp":1})", std::string(32, 'x'))) == JwtFault::WrongSignature);
  CHECK(fault_of(hs256("no JSON", std::string(32, 'x'))) == JwtFault::WrongSignature);
}

TEST_CASE("JWT mutations: one changed, missing or added character never leaves a valid token") {
  const std::pair<JwtAlgorithm, std::string> tokens[] = {{JwtAlgorithm::HS256, hs256(claims())}, {JwtAlgorithm::ES256, es256(claims(), ec_key())}};
  for (const auto& [algorithm, token] : tokens) {
    const JwtKeys keys = keys_of(algorithm, algorithm == JwtAlgorithm::HS256 ? kSecret : public_pem(ec_key()));
    const auto refused = [&](const std::string& text) {
      return std::holds_alternative<JwtRefusal>(read_jwt(text, {.algorithm = algorithm}, keys, kNow));
    };
    REQUIRE_FALSE(refused(token));
    int accepted = 0;
    for (std::size_t i = 0; i < token.size(); ++i) {
      std::string shorter = token, longer = token;
      shorter.erase(i, 1);
      accepted += refused(shorter) ? 0 : 1;
      accepted += refused(longer.insert(i, 1, 'A')) ? 0 : 1;
      for (const char c : {'A', 'B', 'g', 'w', '.', '=', '\0', '\x80'}) {
        std::string changed = token;
        if (changed[i] == c) continue;
        changed[i] = c;
        accepted += refused(changed) ? 0 : 1;
      }
      accepted += refused(token.substr(0, i)) ? 0 : 1;
    }
    CHECK(accepted == 0);
  }
}

TEST_CASE("JWT mutations: signed nonsense is refused or is a login with a user, and never more than its claims say") {
  std::mt19937 random{5};
  const std::string whole =
      claims(R"(,"nbf":1700000000,"iat":1700000000,"roles":["a","b"],"role":"c","plan":"p","symbols":["*"],"aud":["x"],"iss":"i")");
  int accepted = 0;
  for (int i = 0; i < 30'000; ++i) {
    std::string text = whole;
    for (auto changes = 1 + random() % 3; changes > 0; --changes) {
      const std::size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = static_cast<char>(random());
          break;
        case 1:
          text.erase(at, 1 + random() % 4);
          break;
        default:
          text.insert(at, 1, "\",:[]{}0-"[random() % 9]);
      }
      if (text.empty()) text = "{";
    }
    const JwtRead read = read_hs(hs256(text));
    const auto* login = std::get_if<JwtLogin>(&read);
    if (login == nullptr) continue;
    ++accepted;
    if (!is_access_name(login->claims.user) || !login->claims.expires || *login->claims.expires <= kNow || login->claims.roles.size() > 4) FAIL(text);
  }
  CHECK(accepted > 100);
}

}  // namespace
}  // namespace tidegate::test
