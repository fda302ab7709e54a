// Tokens in, identities out: who is let in, with what, and in which words who is not.
#include "gateway/access/authenticator.hpp"

#include "gateway/core/codes.hpp"
#include "tests/access/jwt_maker.hpp"

namespace tidegate::test {
namespace {

const std::string kToken = "tg_a-token-of-alice-0123456789";

TokenRecord record(std::string_view token, Claims of) { return {.digest = token_digest(token), .claims = std::move(of), .active = true}; }
Claims user(std::string name) { return {.user = std::move(name), .roles = {}, .plan = {}, .own = {}, .expires = {}}; }
Grant grant(std::vector<std::string> symbols, std::vector<std::string> channels = {"*"}) {
  return {.symbols = Patterns{std::move(symbols)}, .channels = Patterns{std::move(channels)}, .topics = {}, .publish = {}};
}
Authenticator with_list(TokenList list, Plans plans = built_in_plans()) { return {std::move(plans), std::move(list), {}, {}}; }
Authenticator with_jwt(TokenList list = {}, JwtSettings settings = {}) {
  return {built_in_plans(), std::move(list), std::move(settings), keys_of(JwtAlgorithm::HS256, kSecret)};
}

/// No part of a token of some length stands in what is told.
void check_silent(const Refusal& refusal, std::string_view token) {
  const std::string told = refusal.message + "|" + refusal.hint;
  CHECK_FALSE(refusal.message.empty());
  CHECK_FALSE(refusal.hint.empty());
  for (std::size_t i = 0; i + 8 <= token.size(); ++i) {
    if (told.find(token.substr(i, 8)) != std::string::npos) FAIL("told: " << told);
  }
}
Refusal refused(const Authenticator& authenticator, const std::string& token, UtcTime now = kNow) {
  const LoginResult result = authenticator.check(token, now);
  REQUIRE_FALSE(result.ok());
  check_silent(result.refusal(), token);
  return result.refusal();
}
IdentityRef admitted(const Authenticator& authenticator, const std::string& token, UtcTime now = kNow) {
  const LoginResult result = authenticator.check(token, now);
  if (!result.ok()) FAIL(result.refusal().message);
  return result.identity();
}

TEST_CASE("logins: a token of the list lets its user in, any other does not") {
  const Authenticator authenticator = with_list({.tokens = {record(kToken, user("alice"))}, .users = {}});
  const IdentityRef alice = admitted(authenticator, kToken);
  CHECK(alice->user == "alice");
  CHECK_FALSE(alice->admin);
  CHECK_FALSE(alice->expires.has_value());
  for (const std::string& wrong : {kToken + "x", kToken.substr(1), std::string("x"), digest_text(token_digest(kToken)), kToken + '\0'}) {
    const Refusal refusal = refused(authenticator, wrong);
    CHECK(refusal.code == code::kLoginNeeded);
    CHECK(refusal.message == "token not known");
  }
}

TEST_CASE("logins: no token and one that is too long have words of their own") {
  const Authenticator authenticator;
  CHECK(refused(authenticator, "").message == "login missing");
  CHECK(refused(authenticator, "").hint == "send a token: Authorization: Bearer TOKEN, ?token=TOKEN, or {\"op\":\"auth\",\"token\":\"TOKEN\"}");
  CHECK(refused(authenticator, std::string(8193, 'x')).message == "token is longer than 8 KiB");
  CHECK(refused(authenticator, std::string(8192, 'x')).message == "token not known");
  CHECK(refused(authenticator, hs256(claims())).message == "token not known");
}

TEST_CASE("logins: a token ends at its expiry, to the nanosecond") {
  Claims until = user("alice");
  until.expires = kNow;
  const Authenticator authenticator = with_list({.tokens = {record(kToken, until)}, .users = {}});
  CHECK(admitted(authenticator, kToken, UtcTime{kNow.ns - 1})->expires == kNow);
  const Refusal refusal = refused(authenticator, kToken);
  CHECK(refusal.code == code::kLoginNeeded);
  CHECK(refusal.message == "token expired at 2027-01-15T08:00:00.000Z");
}

TEST_CASE("logins: inactive tokens, inactive users and users who stand in no list get 4002") {
  TokenList list{.tokens = {record(kToken, user("alice")), record("token-of-bob", user("bob")), record("token-of-carol", user("carol")),
                            record("second-token-of-carol", user("carol"))},
                 .users = Users{}};
  (*list.users)["alice"].active = false;
  (*list.users)["carol"];
  list.tokens[3].active = false;
  const Authenticator authenticator = with_list(list);
  CHECK(refused(authenticator, kToken).code == code::kUserInactive);
  CHECK(refused(authenticator, kToken).message == "the user of this token is inactive");
  CHECK(refused(authenticator, "token-of-bob").code == code::kUserInactive);
  CHECK(refused(authenticator, "token-of-bob").message == "the user of this token is not known here");
  CHECK(admitted(authenticator, "token-of-carol")->user == "carol");
  CHECK(refused(authenticator, "second-token-of-carol").code == code::kUserInactive);
  CHECK(refused(with_jwt(list), hs256(claims())).message == "the user of this token is inactive");
  CHECK(refused(with_jwt(list), hs256(R"({"sub":"dave","exp":1900000000})")).code == code::kUserInactive);
}

TEST_CASE("logins: each fault of a JWT is told in its own words, with 4001") {
  const Authenticator authenticator = with_jwt({}, {.issuer = "i", .audience = "a"});
  const auto message = [&](const std::string& token) {
    const Refusal refusal = refused(authenticator, token);
    CHECK(refusal.code == code::kLoginNeeded);
    return refusal.message;
  };
  const auto with = [](const std::string& more) { return hs256(claims(R"(,"iss":"i","aud":"a")" + more)); };
  CHECK(admitted(authenticator, with(""))->user == "alice");
  CHECK(message("a.b.c") == "token is not a well-formed JWT");
  CHECK(message(with(R"(,"roles":5)")) == "token is not a well-formed JWT: `roles` has a wrong value");
  CHECK(message(hs256(claims(), kSecret, R"({"alg":"none"})")) == "token is signed with another algorithm than is accepted here");
  CHECK(message(hs256(claims(), kSecret, R"({"alg":"HS256","crit":["x"]})")) == "token asks for an extension in `crit`; none is known here");
  CHECK(message(hs256(claims(), std::string(32, 'x'))) == "signature of the token does not fit any key of this gateway");
  CHECK(message(hs256(R"({"sub":"alice","iss":"i","aud":"a"})")) == "token has no expiry (`exp`)");
  CHECK(message(hs256(R"({"sub":"alice","iss":"i","aud":"a","exp":1700000000})")) == "token expired at 2023-11-14T22:13:20.000Z");
  CHECK(message(with(R"(,"nbf":1800000100)")) == "token not valid yet, only from 2027-01-15T08:01:40.000Z");
  CHECK(message(hs256(claims(R"(,"aud":"a")"))) == "token is from another issuer (`iss`) than is accepted here");
  CHECK(message(hs256(claims(R"(,"iss":"i")"))) == "token is meant for somebody else (`aud`)");
  CHECK(message(hs256(R"({"iss":"i","aud":"a","exp":1900000000})")) == "token names no user (`sub` or `user_id`), or one that cannot be a name here");
}

TEST_CASE("plans: anonymous clients have the plan of that name") {
  const IdentityRef nobody = Authenticator{}.anonymous();
  CHECK(nobody->user.empty());
  CHECK(nobody->may_see("NSE:A", Channel::Trade));
  CHECK(nobody->may_read("market:status"));
  CHECK_FALSE(nobody->may_read("orders"));
  CHECK_FALSE(nobody->may_publish("market:status"));
  Plans plans = built_in_plans();
  plans["anonymous"] = grant({"BINANCE:*"}, {"ticker"});
  const IdentityRef less = with_list({}, plans).anonymous();
  CHECK(less->may_see("BINANCE:A", Channel::Ticker));
  CHECK_FALSE(less->may_see("BINANCE:A", Channel::Trade));
  plans.clear();
  CHECK_FALSE(with_list({}, plans).anonymous()->may_see("BINANCE:A", Channel::Ticker));
}

struct Given {
  std::string plan;
  std::vector<std::string> roles;
  std::optional<Grant> own;
};
IdentityRef identity_of(const Given& given, const Plans& plans) {
  Claims of = user("alice");
  of.plan = given.plan;
  of.roles = given.roles;
  of.own = given.own;
  return admitted(with_list({.tokens = {record(kToken, of)}, .users = {}}, plans), kToken);
}

TEST_CASE("plans: plan, roles and own grants add up, and the free plan is for logins that say nothing") {
  Plans plans = built_in_plans();
  plans["free"] = grant({"FREE:*"});
  plans["nse"] = grant({"NSE:*"});
  plans["nfo"] = grant({"NFO:*"});
  const auto sees = [&](const Given& given, std::string_view symbol) { return identity_of(given, plans)->may_see(symbol, Channel::Quote); };
  CHECK(sees({}, "FREE:A"));
  CHECK_FALSE(sees({}, "NSE:A"));
  CHECK(sees({.plan = "nse", .roles = {}, .own = {}}, "NSE:A"));
  CHECK_FALSE(sees({.plan = "nse", .roles = {}, .own = {}}, "FREE:A"));
  CHECK(sees({.plan = {}, .roles = {"nse", "nfo"}, .own = {}}, "NFO:A"));
  CHECK_FALSE(sees({.plan = {}, .roles = {"nse"}, .own = {}}, "FREE:A"));
  CHECK(sees({.plan = {}, .roles = {"unknown"}, .own = {}}, "FREE:A"));
  CHECK(sees({.plan = "nse", .roles = {}, .own = grant({"OWN:A"})}, "OWN:A"));
  CHECK_FALSE(sees({.plan = {}, .roles = {}, .own = grant({"OWN:A"})}, "FREE:A"));
  CHECK_FALSE(sees({.plan = "gone", .roles = {}, .own = {}}, "FREE:A"));
  const Grant publishes{.symbols = {}, .channels = {}, .topics = {}, .publish = Patterns{{"orders"}}};
  CHECK(sees({.plan = {}, .roles = {}, .own = publishes}, "FREE:A"));
  CHECK(identity_of({.plan = {}, .roles = {}, .own = publishes}, plans)->may_publish("orders"));
  CHECK(identity_of({.plan = {}, .roles = {"b", "a", "b"}, .own = {}}, plans)->roles == std::vector<std::string>{"a", "b"});
}

TEST_CASE("plans: the role admin may do everything; the plan of that name is a plan") {
  CHECK(identity_of({.plan = {}, .roles = {"admin"}, .own = {}}, built_in_plans())->admin);
  const IdentityRef planned = identity_of({.plan = "admin", .roles = {}, .own = {}}, built_in_plans());
  CHECK_FALSE(planned->admin);
  CHECK(planned->may_publish("orders"));
  CHECK_FALSE(planned->may_read("user:bob:orders"));
}

TEST_CASE("users: their roles, plan and grants join those of the token, whose plan comes first") {
  TokenList list{.tokens = {record(kToken, user("alice"))}, .users = Users{}};
  (*list.users)["alice"] = {.active = true, .roles = {"desk"}, .plan = "nse", .own = grant({"OWN:*"})};
  Plans plans = built_in_plans();
  plans["nse"] = grant({"NSE:*"});
  plans["nfo"] = grant({"NFO:*"});
  const IdentityRef alice = admitted(with_list(list, plans), kToken);
  CHECK(alice->roles == std::vector<std::string>{"desk"});
  CHECK(alice->may_see("NSE:A", Channel::Trade));
  CHECK(alice->may_see("OWN:A", Channel::Trade));
  list.tokens[0].claims.plan = "nfo";
  CHECK(admitted(with_list(list, plans), kToken)->may_see("NFO:A", Channel::Trade));
  CHECK_FALSE(admitted(with_list(list, plans), kToken)->may_see("NSE:A", Channel::Trade));
}

TEST_CASE("reload: a login is judged again by the list as it is then") {
  TokenList list{.tokens = {record(kToken, user("alice"))}, .users = Users{}};
  (*list.users)["alice"];
  const IdentityRef alice = admitted(with_list(list), kToken);
  CHECK_FALSE(with_list(list).recheck(*alice, kNow).has_value());
  const auto recheck = [&](const TokenList& changed) {
    const auto refusal = with_list(changed).recheck(*alice, kNow);
    REQUIRE(refusal.has_value());
    check_silent(*refusal, kToken);
    return *refusal;
  };
  TokenList withdrawn = list;
  withdrawn.tokens.clear();
  CHECK(recheck(withdrawn).message == "token was withdrawn");
  CHECK(recheck(withdrawn).code == code::kLoginNeeded);
  TokenList off = list;
  off.tokens[0].active = false;
  CHECK(recheck(off).code == code::kUserInactive);
  TokenList inactive = list;
  (*inactive.users)["alice"].active = false;
  CHECK(recheck(inactive).message == "the user of this token is inactive");
  TokenList gone = list;
  gone.users->clear();
  CHECK(recheck(gone).message == "the user of this token is not known here");
  TokenList ended = list;
  ended.tokens[0].claims.expires = kNow;
  CHECK(recheck(ended).message == "token expired at 2027-01-15T08:00:00.000Z");
  CHECK_FALSE(Authenticator{}.recheck(*Authenticator{}.anonymous(), kNow).has_value());
}

TEST_CASE("reload: a JWT counts as long as its key does, and its user, and its time") {
  const IdentityRef alice = admitted(with_jwt(), hs256(claims()));
  CHECK_FALSE(with_jwt().recheck(*alice, kNow).has_value());
  const Authenticator other_key{built_in_plans(), {}, {}, keys_of(JwtAlgorithm::HS256, std::string(32, 'n'))};
  CHECK(other_key.recheck(*alice, kNow)->message == "the key that signed the token is no longer accepted");
  CHECK(with_jwt({.tokens = {}, .users = Users{}}).recheck(*alice, kNow)->code == code::kUserInactive);
  CHECK(with_jwt().recheck(*alice, UtcTime{kNow.ns + 3'630'000'000'000})->message == "token expired at 2027-01-15T09:00:30.000Z");
}

TEST_CASE("reload: a running login takes up what its plan grants now") {
  TokenList list{.tokens = {record(kToken, user("alice"))}, .users = {}};
  const IdentityRef alice = admitted(with_list(list), kToken);
  Plans plans = built_in_plans();
  plans["free"] = grant({"NSE:*"});
  const IdentityRef now = with_list(list, plans).renewed(*alice);
  CHECK(now->user == "alice");
  CHECK(now->may_see("NSE:A", Channel::Trade));
  CHECK_FALSE(now->may_see("BINANCE:A", Channel::Trade));
  const IdentityRef by_jwt = admitted(with_jwt(), hs256(claims(R"(,"roles":["nse"])")));
  plans["nse"] = grant({"NSE:B"});
  const Authenticator later{plans, {}, {}, keys_of(JwtAlgorithm::HS256, kSecret)};
  CHECK(later.renewed(*by_jwt)->may_see("NSE:B", Channel::Trade));
  CHECK_FALSE(later.renewed(*by_jwt)->may_see("NSE:A", Channel::Trade));
  CHECK(later.renewed(*by_jwt)->expires == by_jwt->expires);
  CHECK(later.renewed(*later.anonymous()) == later.anonymous());
}

TEST_CASE("digests: SHA-256 of the token, in hexadecimal of either case") {
  CHECK(digest_text(token_digest("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(parse_digest("BA7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad") == token_digest("abc"));
  CHECK_FALSE(parse_digest("").has_value());
  CHECK_FALSE(parse_digest(std::string(63, 'a')).has_value());
  CHECK_FALSE(parse_digest(std::string(65, 'a')).has_value());
  CHECK_FALSE(parse_digest(std::string(63, 'a') + 'g').has_value());
}

TEST_CASE("logins: tokens whose digests begin alike are told apart") {
  TokenList list{.tokens = {record(kToken, user("alice")), record(kToken, user("mallory"))}, .users = {}};
  list.tokens[1].digest[31] ^= 1;
  list.tokens[0].digest.swap(list.tokens[1].digest);
  CHECK(admitted(with_list(list), kToken)->user == "mallory");
}

}  // namespace
}  // namespace tidegate::test
