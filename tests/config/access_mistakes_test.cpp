// Mistakes about logins: each complaint names file, line, column, key, what is wrong and what to do, and repeats no secret.
#include <doctest/doctest.h>

#include "tests/access/jwt_maker.hpp"
#include "tests/config/fixture.hpp"

namespace tidegate::test {
namespace {

#define BROKER "brokers: {b: {adapter: fake}}\n"

struct Mistake {
  const char* what;
  const char* content;
  const char* complaint;
};

constexpr Mistake kAuth[] = {
    {"login required of whom", BROKER "server: {auth: {required: true}}\n",
     "bad.yaml:2:27: server.auth.required: nobody could log in; name a tokens_file (`tidegate token` makes entries), or a key under jwt"},
    {"login required of whom, the key empty", BROKER "server: {auth: {required: true, jwt: {key: \"\"}}}\n",
     "bad.yaml:2:27: server.auth.required: nobody could log in; name a tokens_file (`tidegate token` makes entries), or a key under jwt"},
    {"no tokens file", BROKER "server: {auth: {tokens_file: no.yaml}}\n",
     "bad.yaml:2:30: server.auth.tokens_file: the file \"no.yaml\" cannot be read (No such file or directory); correct the path or its permissions"},
    {"no key file", BROKER "server: {auth: {jwt: {key_file: [no.pem]}}}\n",
     "bad.yaml:2:34: server.auth.jwt.key_file[0]: the file \"no.pem\" cannot be read (No such file or directory); correct the path or its "
     "permissions"},
    {"another algorithm", BROKER "server: {auth: {jwt: {algorithm: HS512}}}\n",
     "bad.yaml:2:34: server.auth.jwt.algorithm: \"HS512\" is not one of the choices; the choices are: HS256, RS256, ES256"},
    {"no algorithm at all", BROKER "server: {auth: {jwt: {algorithm: none}}}\n",
     "bad.yaml:2:34: server.auth.jwt.algorithm: \"none\" is not one of the choices; the choices are: HS256, RS256, ES256"},
    {"short secret", BROKER "server: {auth: {jwt: {key: hunter2}}}\n",
     "bad.yaml:2:28: server.auth.jwt.key: holds a secret of 7 bytes; use at least 32 random bytes, such as `openssl rand -hex 32` prints"},
    {"a secret for RS256", BROKER "server: {auth: {jwt: {algorithm: RS256, key: 0123456789abcdef0123456789abcdef}}}\n",
     "bad.yaml:2:46: server.auth.jwt.key: holds no public key; give public keys or certificates in PEM (-----BEGIN PUBLIC KEY-----)"},
    {"variable not set", BROKER "server: {auth: {jwt: {key: \"${TIDEGATE_TEST_UNSET}\"}}}\n",
     "bad.yaml:2:28: server.auth.jwt.key: the environment variable TIDEGATE_TEST_UNSET is not set; set it before the start: export "
     "TIDEGATE_TEST_UNSET=..."},
    {"an issuer without a key", BROKER "server: {auth: {jwt: {issuer: x}}}\n",
     "bad.yaml:2:31: server.auth.jwt.issuer: there is no key, and so no JWT is accepted; add jwt.key or jwt.key_file"},
    {"much leeway", BROKER "server: {auth: {jwt: {leeway: 1h}}}\n", "bad.yaml:2:31: server.auth.jwt.leeway: \"1h\" is out of range; write 0s to 5m"},
    {"misspelt key", BROKER "server: {auth: {jwt: {keyfile: x}}}\n",
     "bad.yaml:2:23: server.auth.jwt.keyfile: is not a key of this configuration; did you mean \"key_file\"?"},
    {"no time to log in", BROKER "server: {auth: {login_timeout: 0s}}\n",
     "bad.yaml:2:32: server.auth.login_timeout: \"0s\" is out of range; write 1ms to 1h"},
};

constexpr Mistake kPlans[] = {
    {"plans in a list", BROKER "server: {plans: [free]}\n",
     "bad.yaml:2:17: server.plans: is a list, a mapping is expected; write \"key: value\" lines, indented below it"},
    {"misspelt list", BROKER "server:\n  plans:\n    free: {symbol: [\"*\"]}\n",
     "bad.yaml:4:12: server.plans.free.symbol: is not a key of this configuration; did you mean \"symbols\"?"},
    {"a text for a list", BROKER "server: {plans: {free: {symbols: \"*\"}}}\n",
     "bad.yaml:2:34: server.plans.free.symbols: is plain text, a list is expected; write [a, b], or one \"- item\" a line"},
    {"symbol without a venue", BROKER "server: {plans: {free: {symbols: [BTCUSDT]}}}\n",
     "bad.yaml:2:35: server.plans.free.symbols[0]: \"BTCUSDT\" fits no symbol; write VENUE:NAME, where * stands for any run of characters, such as "
     "\"NSE:*\""},
    {"channel that is none", BROKER "server: {plans: {free: {channels: [quote, trades]}}}\n",
     "bad.yaml:2:43: server.plans.free.channels[1]: \"trades\" fits no channel; did you mean \"trade\"?"},
    {"empty pattern", BROKER "server: {plans: {free: {topics: [\"\"]}}}\n",
     "bad.yaml:2:34: server.plans.free.topics[0]: \"\" cannot be a pattern; write 1 to 128 printable characters, where * stands for any run of them"},
    {"plan name with a colon", BROKER "server: {plans: {\"a:b\": {}}}\n",
     "bad.yaml:2:18: server.plans.a:b: \"a:b\" cannot be a name here; write 1 to 128 bytes without ':' and control characters"},
    {"plan twice", BROKER "server: {plans: {a: {}, a: {}}}\n",
     "bad.yaml:2:25: server.plans.a: stands here a second time, first on line 2; keep one of the two"},
};

#define DIGEST "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define HASH_IT "write its SHA-256, which `tidegate token --hash` prints; make new ones with `tidegate token --user NAME`"

constexpr Mistake kTokens[] = {
    {"empty file", "", "tokens.yaml:1:1: config: the file holds nothing; start from configs/example.yaml"},
    {"no tokens", "users: {}\n",
     "tokens.yaml:1:1: tokens: is missing; write a list, such as `tokens: []`; `tidegate token --user NAME` makes its entries"},
    {"tokens in a mapping", "tokens: {hunter2hunter2hunter2: alice}\n",
     "tokens.yaml:1:9: tokens: is a mapping, a list is expected; write [a, b], or one \"- item\" a line"},
    {"tokens as they are", "tokens: [hunter2hunter2hunter2]\n",
     "tokens.yaml:1:10: tokens[0]: is plain text, a mapping is expected; write \"key: value\" lines, indented below it"},
    {"token as a key", "tokens:\n  - {hunter2hunter2hunter2: alice}\n",
     "tokens.yaml:2:6: tokens[0]: holds a key that is none of a token's, and may be the token itself; " HASH_IT},
    {"token under a key of its own", "tokens:\n  - {token: hunter2hunter2hunter2, user: alice}\n",
     "tokens.yaml:2:6: tokens[0].token: a token itself does not belong here; " HASH_IT},
    {"token in the place of its digest", "tokens:\n  - {sha256: hunter2hunter2hunter2, user: alice}\n",
     "tokens.yaml:2:14: tokens[0].sha256: is not a SHA-256 digest of 64 hexadecimal digits; if it is the token itself, it is no secret any "
     "more; " HASH_IT},
    {"no digest", "tokens:\n  - {user: alice}\n", "tokens.yaml:2:5: tokens[0].sha256: is missing; " HASH_IT},
    {"no user", "tokens:\n  - {sha256: " DIGEST "}\n", "tokens.yaml:2:5: tokens[0].user: is missing; say whose token it is"},
    {"user with a colon", "tokens:\n  - {sha256: " DIGEST ", user: \"a:b\"}\n",
     "tokens.yaml:2:86: tokens[0].user: \"a:b\" cannot be a name here; write 1 to 128 bytes without ':' and control characters"},
    {"the same token twice", "tokens:\n  - {sha256: " DIGEST ", user: a}\n  - {sha256: " DIGEST ", user: b}\n",
     "tokens.yaml:3:14: tokens[1].sha256: stands here a second time, first on line 2; keep one entry for a token"},
    {"unknown plan", "tokens:\n  - {sha256: " DIGEST ", user: a, plan: premum}\n",
     "tokens.yaml:2:95: tokens[0].plan: there is no plan \"premum\" under server.plans; did you mean \"premium\"?"},
    {"unknown plan of a user", "tokens: []\nusers: {a: {plan: gold}}\n",
     "tokens.yaml:2:19: users.a.plan: there is no plan \"gold\" under server.plans; the plans are: admin, anonymous, free, premium"},
    {"time of another zone", "tokens:\n  - {sha256: " DIGEST ", user: a, expires: 2027-01-01T00:00:00+05:30}\n",
     "tokens.yaml:2:98: tokens[0].expires: \"2027-01-01T00:00:00+05:30\" is not a time; write it in UTC, such as 2027-01-31T18:00:00Z, or a day, "
     "such as 2027-01-31"},
    {"neither on nor off", "tokens:\n  - {sha256: " DIGEST ", user: a, active: yes}\n",
     "tokens.yaml:2:97: tokens[0].active: \"yes\" is neither true nor false; write true or false"},
    {"roles in a text", "tokens:\n  - {sha256: " DIGEST ", user: a, roles: admin}\n",
     "tokens.yaml:2:96: tokens[0].roles: is plain text, a list is expected; write [a, b], or one \"- item\" a line"},
    {"misspelt key", "tokens:\n  - {sha256: " DIGEST ", user: a, role: admin}\n",
     "tokens.yaml:2:89: tokens[0].role: is not a key of this configuration; did you mean \"roles\"?"},
    {"misspelt section", "tokens: []\nuser: {}\n", "tokens.yaml:2:1: user: is not a key of this configuration; did you mean \"users\"?"},
    {"misspelt key of a user", "tokens: []\nusers: {a: {activ: true}}\n",
     "tokens.yaml:2:13: users.a.activ: is not a key of this configuration; did you mean \"active\"?"},
};

TEST_CASE("login settings: each mistake is told with its place and its remedy") {
  for (const Mistake& mistake : kAuth) {
    CAPTURE(std::string(mistake.what));
    CHECK(complaint(mistake.content) == std::string(mistake.complaint));
  }
}

TEST_CASE("plans: each mistake is told with its place and its remedy") {
  for (const Mistake& mistake : kPlans) {
    CAPTURE(std::string(mistake.what));
    CHECK(complaint(mistake.content) == std::string(mistake.complaint));
  }
}

TEST_CASE("tokens file: each mistake is told with its place and its remedy, and no token is repeated") {
  for (const Mistake& mistake : kTokens) {
    CAPTURE(std::string(mistake.what));
    const Folder folder;
    folder.write("tokens.yaml", mistake.content);
    const std::string told = complaint(BROKER "server: {auth: {tokens_file: tokens.yaml}, plans: {premium: {}}}\n", folder);
    CHECK(told == std::string(mistake.complaint));
    CHECK(told.find("hunter2") == std::string::npos);
  }
}

TEST_CASE("key files: weak and wrong keys are told with the file's name") {
  const Folder folder;
  const auto told = [&](std::string_view algorithm, std::string_view content) {
    folder.write("2027.key", content);
    return complaint(BROKER "server: {auth: {jwt: {algorithm: " + std::string(algorithm) + ", key_file: 2027.key}}}\n", folder);
  };
  CHECK(told("RS256", public_pem(make_rsa(1024).get())) ==
        "2027.key:1:1: server.auth.jwt.key_file: holds an RSA key of 1024 bits; use one of 2048 to 8192 bits");
  CHECK(told("ES256", public_pem(make_ec("P-384").get())) ==
        "2027.key:1:1: server.auth.jwt.key_file: holds a key on another curve than P-256; ES256 is defined for P-256 (prime256v1) alone");
  CHECK(told("RS256", private_pem(rsa_key())) ==
        "2027.key:1:1: server.auth.jwt.key_file: holds a private key; keep that with the issuer; here belongs the public one: openssl pkey -in KEY "
        "-pubout");
  CHECK(told("HS256", public_pem(rsa_key())) ==
        "2027.key:1:1: server.auth.jwt.key_file: is a key in PEM, and HS256 takes a secret; set algorithm to RS256 or ES256, or give the secret "
        "shared with the issuer");
  CHECK(told("HS256", kSecret.substr(1) + "\n") ==
        "2027.key:1:1: server.auth.jwt.key_file: holds a secret of 31 bytes; use at least 32 random bytes, such as `openssl rand -hex 32` prints");
  CHECK(told("HS256", kSecret + "\r\n").empty());
  std::string many = "[2027.key";
  for (int i = 1; i < 17; ++i) many += ", 2027.key";
  CHECK(complaint(BROKER "server: {auth: {jwt: {key_file: " + many + "]}}}\n", folder) ==
        "2027.key:1:1: server.auth.jwt.key_file: there are too many keys; keep those that are in use, 16 at most");
}

}  // namespace
}  // namespace tidegate::test
