// What a JSON Web Token may say, and what it may not.
#include "gateway/access/jwt.hpp"

#include "tests/access/jwt_maker.hpp"

namespace tidegate::test {
namespace {

JwtFault fault_of(std::string_view token, JwtSettings settings = {}) { return refusal_in(read_hs(token, std::move(settings))).fault; }
std::string_view malformed_member(const std::string& claims_text) {
  const JwtRefusal refusal = refusal_in(read_hs(hs256(claims_text)));
  CHECK(refusal.fault == JwtFault::Malformed);
  return refusal.member;
}
std::string seconds(std::int64_t from_now) { return std::to_string(kNowSeconds + from_now); }

TEST_CASE("JWT: each algorithm is read with its own key") {
  CHECK(claims_in(read_hs(hs256(claims()))).user == "alice");
  const JwtKeys rsa = keys_of(JwtAlgorithm::RS256, public_pem(rsa_key()));
  CHECK(claims_in(read_jwt(rs256(claims(), rsa_key()), {.algorithm = JwtAlgorithm::RS256}, rsa, kNow)).user == "alice");
  const JwtKeys ec = keys_of(JwtAlgorithm::ES256, public_pem(ec_key()));
  for (int i = 0; i < 50; ++i) {  // each signature differs; now and then R or S begins with zeros
    CHECK(claims_in(read_jwt(es256(claims(), ec_key()), {.algorithm = JwtAlgorithm::ES256}, ec, kNow)).user == "alice");
  }
}

TEST_CASE("JWT: the claims make up the login") {
  const JwtRead read = read_hs(hs256(claims(
      R"(,"roles":["trader","premium"],"role":"desk","plan":"premium","symbols":["NSE:*"],"topics":["orders"],"publish":["market:status"],"other":[{}])")));
  const Claims& found = claims_in(read);
  CHECK(found.roles == std::vector<std::string>{"trader", "premium", "desk"});
  CHECK(found.plan == "premium");
  REQUIRE(found.own.has_value());
  CHECK(found.own->symbols.texts() == std::vector<std::string>{"NSE:*"});
  CHECK(found.own->channels.texts() == std::vector<std::string>{"*"});
  CHECK(found.own->topics.texts() == std::vector<std::string>{"orders"});
  CHECK(found.own->publish.texts() == std::vector<std::string>{"market:status"});
  REQUIRE(found.expires.has_value());
  CHECK(found.expires->ns == kNow.ns + 3'630'000'000'000);  // the hour and the leeway
  CHECK_FALSE(claims_in(read_hs(hs256(claims()))).own.has_value());
}

TEST_CASE("JWT: the user is sub, else user_id, as text or as a number") {
  const std::string until = R"("exp":)" + seconds(60) + "}";
  CHECK(claims_in(read_hs(hs256(R"({"user_id":"bob",)" + until))).user == "bob");
  CHECK(claims_in(read_hs(hs256(R"({"user_id":"bob","sub":"alice",)" + until))).user == "alice");
  CHECK(claims_in(read_hs(hs256(R"({"user_id":42,)" + until))).user == "42");
  CHECK(claims_in(read_hs(hs256(R"({"sub":"auth0|5f","user_id":7,)" + until))).user == "auth0|5f");
  for (const char* user : {R"("")", R"("a:b")", R"("a\u0000b")", R"("a\nb")"}) {
    CAPTURE(user);
    CHECK(fault_of(hs256(R"({"sub":)" + std::string(user) + "," + until)) == JwtFault::NoUser);
  }
  CHECK(fault_of(hs256(R"({"sub":")" + std::string(129, 'a') + R"(",)" + until)) == JwtFault::NoUser);
  CHECK(fault_of(hs256("{" + until)) == JwtFault::NoUser);
}

TEST_CASE("JWT: exp, nbf and iat count to the second, with the leeway on both sides") {
  const JwtSettings exact{.leeway = Duration{0}};
  const auto with_exp = [](std::int64_t from_now) { return hs256(R"({"sub":"a","exp":)" + seconds(from_now) + "}"); };
  CHECK(fault_of(with_exp(0), exact) == JwtFault::Expired);
  CHECK(claims_in(read_hs(with_exp(1), exact)).user == "a");
  CHECK(fault_of(with_exp(-30)) == JwtFault::Expired);
  CHECK(claims_in(read_hs(with_exp(-29))).user == "a");
  CHECK(refusal_in(read_hs(with_exp(-100))).at.ns == (kNowSeconds - 100) * 1'000'000'000);
  for (const char* claim : {"nbf", "iat"}) {
    CAPTURE(claim);
    const auto with = [&](std::int64_t from_now) { return hs256(claims(",\"" + std::string(claim) + "\":" + seconds(from_now))); };
    CHECK(claims_in(read_hs(with(0), exact)).user == "alice");
    CHECK(fault_of(with(1), exact) == JwtFault::NotYetValid);
    CHECK(claims_in(read_hs(with(30))).user == "alice");
    CHECK(fault_of(with(31)) == JwtFault::NotYetValid);
    CHECK(refusal_in(read_hs(with(31))).at.ns == (kNowSeconds + 31) * 1'000'000'000);
  }
}

TEST_CASE("JWT: a token without exp is refused unless the configuration allows it") {
  CHECK(fault_of(hs256(R"({"sub":"a"})")) == JwtFault::NoExpiry);
  const JwtRead read = read_hs(hs256(R"({"sub":"a"})"), {.require_expiry = false});
  CHECK_FALSE(claims_in(read).expires.has_value());
}

TEST_CASE("JWT: times are numbers of seconds; fractions, far ones and nonsense have their place") {
  CHECK(claims_in(read_hs(hs256(R"({"sub":"a","exp":)" + seconds(60) + ".75}"))).user == "a");
  CHECK(claims_in(read_hs(hs256(R"({"sub":"a","exp":1.9e9})"))).user == "a");
  CHECK(claims_in(read_hs(hs256(R"({"sub":"a","exp":253402300799})"))).user == "a");  // the end of the year 9999
  for (const char* value : {"1900000000000", "-1", "\"1900000000\"", "null", "true", "[]", "1e300", "18446744073709551616"}) {
    CAPTURE(value);
    CHECK(malformed_member(R"({"sub":"a","exp":)" + std::string(value) + "}") == "exp");
    CHECK(malformed_member(claims(",\"nbf\":" + std::string(value))) == "nbf");
    CHECK(malformed_member(claims(",\"iat\":" + std::string(value))) == "iat");
  }
  CHECK(malformed_member(R"({"sub":"a","exp":1e999})").empty());
  CHECK(refusal_in(read_hs(hs256(R"({"sub":"a","exp":0e0150})"))).fault == JwtFault::Expired);  // zero with an exponent; found by a fuzzer
}

TEST_CASE("JWT: issuer and audience must fit where they are configured, and are passed over where not") {
  const JwtSettings strict{.issuer = "https://id.example", .audience = "tidegate"};
  const auto with = [](const std::string& more) { return hs256(claims(more)); };
  CHECK(claims_in(read_hs(with(R"(,"iss":"https://id.example","aud":"tidegate")"), strict)).user == "alice");
  CHECK(claims_in(read_hs(with(R"(,"iss":"https://id.example","aud":["x","tidegate"])"), strict)).user == "alice");
  CHECK(claims_in(read_hs(with(R"(,"iss":"anybody","aud":"anything")"))).user == "alice");
  CHECK(fault_of(with(R"(,"aud":"tidegate")"), strict) == JwtFault::WrongIssuer);
  CHECK(fault_of(with(R"(,"iss":"https://id.example/","aud":"tidegate")"), strict) == JwtFault::WrongIssuer);
  CHECK(fault_of(with(R"(,"iss":"https://id.example")"), strict) == JwtFault::WrongAudience);
  CHECK(fault_of(with(R"(,"iss":"https://id.example","aud":"tidegate2")"), strict) == JwtFault::WrongAudience);
  CHECK(fault_of(with(R"(,"iss":"https://id.example","aud":[])"), strict) == JwtFault::WrongAudience);
  CHECK(fault_of(with(R"(,"iss":"https://id.example","aud":[1])"), strict) == JwtFault::Malformed);
  CHECK(fault_of(with(R"(,"iss":5,"aud":"tidegate")"), strict) == JwtFault::Malformed);
}

TEST_CASE("JWT: members of another type than they must have are named") {
  for (const char* member : {"roles", "symbols", "channels", "topics", "publish"}) {
    CAPTURE(member);
    for (const char* value : {"\"x\"", "5", "{}", "[5]", "[\"\"]", "null", "[[\"x\"]]"}) {
      CAPTURE(value);
      CHECK(malformed_member(claims(",\"" + std::string(member) + "\":" + value)) == member);
    }
  }
  CHECK(malformed_member(claims(R"(,"role":["x"])")) == "role");
  CHECK(malformed_member(claims(R"(,"plan":5)")) == "plan");
  CHECK(malformed_member(R"({"sub":-1,"exp":1900000000})") == "sub");
  CHECK(malformed_member(R"({"sub":["alice"],"exp":1900000000})") == "sub");
  std::string many = ",\"roles\":[\"0\"";
  for (int i = 1; i < 257; ++i) many += ",\"" + std::to_string(i) + "\"";
  CHECK(malformed_member(claims(many + "]")) == "roles");
}

TEST_CASE("JWT: kid chooses among named keys, and any other leaves all of them") {
  const std::string old_secret(32, 'o'), new_secret(32, 'n');
  JwtKeys keys = keys_of(JwtAlgorithm::HS256, old_secret, "2026");
  keys.push_back(keys_of(JwtAlgorithm::HS256, new_secret, "2027")[0]);
  const auto read = [&](const std::string& secret, const std::string& header) { return read_jwt(hs256(claims(), secret, header), {}, keys, kNow); };
  CHECK(claims_in(read(new_secret, R"({"alg":"HS256"})")).user == "alice");
  CHECK(claims_in(read(old_secret, R"({"alg":"HS256","kid":"2026"})")).user == "alice");
  CHECK(claims_in(read(old_secret, R"({"alg":"HS256","kid":"another name"})")).user == "alice");
  CHECK(refusal_in(read(old_secret, R"({"alg":"HS256","kid":"2027"})")).fault == JwtFault::WrongSignature);
  CHECK(refusal_in(read(old_secret, R"({"alg":"HS256","kid":5})")).fault == JwtFault::Malformed);
  CHECK(std::get<JwtLogin>(read(new_secret, R"({"alg":"HS256"})")).key != std::get<JwtLogin>(read(old_secret, R"({"alg":"HS256"})")).key);
}

}  // namespace
}  // namespace tidegate::test
