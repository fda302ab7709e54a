// Logins as files: what they come to, and what happens when they change.
#include "gateway/config/access_files.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "tests/access/jwt_maker.hpp"
#include "tests/config/fixture.hpp"

namespace tidegate::test {
namespace {

#define BROKER "brokers: {b: {adapter: fake}}\n"

std::string entry(std::string_view token, std::string_view more) {
  return "  - {sha256: " + digest_text(token_digest(token)) + ", " + std::string(more) + "}\n";
}
void write_private(const Folder& folder, const std::string& name, std::string_view content) {
  REQUIRE(::chmod(folder.write(name, content).c_str(), 0600) == 0);
}
bool lets_in(const Authenticator& authenticator, std::string_view token) { return authenticator.check(token, kNow).ok(); }

TEST_CASE("tokens file: tokens and users become logins") {
  const Folder folder;
  write_private(folder, "tokens.yaml",
                "tokens:\n" + entry("t-alice", R"(user: alice, roles: [desk], plan: premium, active: true, expires: 2027-06-01T12:00:00Z)") +
                    entry("t-service", R"(user: orders, symbols: [], publish: [orders], expires: 2027-06-01)") +
                    "users:\n  alice: {active: true, roles: [admin]}\n  orders:\n");
  const Config config = load(BROKER "server: {auth: {tokens_file: tokens.yaml}, plans: {premium: {symbols: [\"NSE:*\"]}}}\n", folder);
  const Access access = load_access(config);
  CHECK(access.warnings.empty());
  const LoginResult alice = access.authenticator->check("t-alice", kNow);
  REQUIRE(alice.ok());
  CHECK(alice.identity()->user == "alice");
  CHECK(alice.identity()->roles == std::vector<std::string>{"admin", "desk"});
  CHECK(alice.identity()->admin);
  CHECK(to_rfc3339(*alice.identity()->expires) == "2027-06-01T12:00:00.000Z");
  const LoginResult service = access.authenticator->check("t-service", kNow);
  REQUIRE(service.ok());
  CHECK(service.identity()->may_publish("orders"));
  CHECK_FALSE(service.identity()->may_see("NSE:A", Channel::Trade));
  CHECK(to_rfc3339(*service.identity()->expires) == "2027-06-01T00:00:00.000Z");
}

TEST_CASE("plans: the file's replace the built-in ones of the same name, and leave the others") {
  const Config config = load(BROKER R"(server: {plans: {free: {channels: [ticker]}, mine: {topics: [orders]}, none: }})"
                                    "\n");
  const Plans& plans = config.server.plans;
  CHECK(plans.size() == 5);
  CHECK(plans.at("free").symbols.texts() == std::vector<std::string>{"*"});
  CHECK(plans.at("free").channels.texts() == std::vector<std::string>{"ticker"});
  CHECK(plans.at("free").topics.empty());
  CHECK(plans.at("mine").symbols.empty());
  CHECK(plans.at("none").topics.empty());
  CHECK(plans.at("anonymous").topics.texts() == std::vector<std::string>{"market:status"});
}

TEST_CASE("login settings: defaults are those of the example, and each key arrives") {
  const AuthSettings standard = load(BROKER).server.auth;
  CHECK_FALSE(standard.required);
  CHECK(standard.login_timeout == Duration{10'000'000'000});
  CHECK(standard.expiry_notice == Duration{60'000'000'000});
  CHECK(standard.jwt.leeway == Duration{30'000'000'000});
  CHECK(standard.jwt.require_expiry);
  const Folder folder;
  folder.write("a.pem", public_pem(ec_key()));
  folder.write("b.pem", public_pem(ec_key()));
  const AuthSettings set =
      load(
          BROKER
          R"(server: {listen: "0.0.0.0:0", auth: {required: true, login_timeout: 1s, expiry_notice: 0s, jwt: {algorithm: ES256, key_file: [a.pem, b.pem], issuer: i, audience: a, leeway: 0s, require_expiry: false}}})"
          "\n",
          folder)
          .server.auth;
  CHECK(set.required);
  CHECK(set.login_timeout == Duration{1'000'000'000});
  CHECK(set.expiry_notice == Duration{0});
  CHECK(set.jwt.algorithm == JwtAlgorithm::ES256);
  CHECK(set.jwt.key_files == std::vector<std::string>{(folder.path() / "a.pem").string(), (folder.path() / "b.pem").string()});
  CHECK(set.jwt.issuer == "i");
  CHECK(set.jwt.audience == "a");
  CHECK(set.jwt.leeway == Duration{0});
  CHECK_FALSE(set.jwt.require_expiry);
}

TEST_CASE("key files: several are accepted at once, and kid chooses by the file's name") {
  const Folder folder;
  const PrivateKey old_key = make_ec("P-256");
  folder.write("2026.pem", public_pem(old_key.get()));
  folder.write("2027.pem", public_pem(ec_key()));
  const Access access = load_access(load(BROKER "server: {auth: {jwt: {algorithm: ES256, key_file: [2026.pem, 2027.pem]}}}\n", folder));
  CHECK(lets_in(*access.authenticator, es256(claims(), old_key.get())));
  CHECK(lets_in(*access.authenticator, es256(claims(), ec_key())));
  CHECK(lets_in(*access.authenticator, es256(claims(), ec_key(), R"({"alg":"ES256","kid":"2027"})")));
  CHECK_FALSE(lets_in(*access.authenticator, es256(claims(), old_key.get(), R"({"alg":"ES256","kid":"2027"})")));
}

TEST_CASE("keys: the one of the configuration and its reference are read again at a reload") {
  const Variable variable("TIDEGATE_TEST_JWT", kSecret.c_str());
  const Config config = load(BROKER "server: {auth: {required: true, jwt: {key: \"${TIDEGATE_TEST_JWT}\"}}}\n");
  CHECK(lets_in(*load_access(config).authenticator, hs256(claims())));
  const std::string next(32, 'n');
  variable.set(next.c_str());
  CHECK_FALSE(lets_in(*load_access(config).authenticator, hs256(claims())));
  CHECK(lets_in(*load_access(config).authenticator, hs256(claims(), next)));
  variable.set("short");
  CHECK_THROWS_WITH_AS(static_cast<void>(load_access(config)), doctest::Contains("good.yaml:2:44: server.auth.jwt.key: holds a secret of 5 bytes"),
                       ConfigError);
}

TEST_CASE("tokens file: permissions that let others in are told, and users that are not listed") {
  const Folder folder;
  const Config config = [&] {
    write_private(folder, "tokens.yaml", "tokens:\n" + entry("t", "user: bob") + "users: {alice: }\n");
    return load(BROKER "server: {auth: {tokens_file: tokens.yaml}}\n", folder);
  }();
  const std::string path = (folder.path() / "tokens.yaml").string();
  const std::string unlisted = path + ":2: tokens[0]: its user \"bob\" does not stand under users, so this token is refused";
  CHECK(load_access(config).warnings == std::vector<std::string>{unlisted});
  REQUIRE(::chmod(path.c_str(), 0644) == 0);
  CHECK(load_access(config).warnings == std::vector<std::string>{path + ": every user of this machine can read it; chmod 600 " + path, unlisted});
  REQUIRE(::chmod(path.c_str(), 0620) == 0);
  CHECK(load_access(config).warnings ==
        std::vector<std::string>{path + ": others than its owner can write it, and so let anybody in; chmod 600 " + path, unlisted});
}

TEST_CASE("changed files: a token is withdrawn, and a key rotated, by writing a file") {
  const Folder folder;
  write_private(folder, "tokens.yaml", "tokens:\n" + entry("t-alice", "user: alice"));
  write_private(folder, "jwt.key", kSecret);
  const Config config = load(BROKER "server: {auth: {tokens_file: tokens.yaml, jwt: {key_file: jwt.key}}}\n", folder);
  const Access access = load_access(config);
  AccessWatch watch{config, access, Duration{2'000'000'000}};
  CHECK(watch.look(MonoTime{0}).authenticator == nullptr);
  write_private(folder, "tokens.yaml", "tokens:\n" + entry("t-bob-2", "user: bob"));
  CHECK(watch.look(MonoTime{1'999'999'999}).authenticator == nullptr);  // within the interval nothing is looked at
  const AccessWatch::Change withdrawn = watch.look(MonoTime{2'000'000'000});
  REQUIRE(withdrawn.authenticator != nullptr);
  CHECK(withdrawn.complaint.empty());
  CHECK_FALSE(lets_in(*withdrawn.authenticator, "t-alice"));
  CHECK(lets_in(*withdrawn.authenticator, "t-bob-2"));
  CHECK(watch.look(MonoTime{4'000'000'000}).authenticator == nullptr);
  const std::string next(40, 'n');
  write_private(folder, "jwt.key", next);
  const AccessWatch::Change rotated = watch.look(MonoTime{6'000'000'000});
  REQUIRE(rotated.authenticator != nullptr);
  CHECK(lets_in(*rotated.authenticator, hs256(claims(), next)));
  CHECK_FALSE(lets_in(*rotated.authenticator, hs256(claims())));
}

TEST_CASE("changed files: one that is wrong or gone is told once, and what was read before stays in force") {
  const Folder folder;
  write_private(folder, "tokens.yaml", "tokens:\n" + entry("t-alice", "user: alice"));
  folder.write("jwt.key", kSecret + "\n");
  const Config config = load(BROKER "server: {auth: {tokens_file: tokens.yaml, jwt: {key: \"${file:jwt.key}\"}}}\n", folder);
  const Access access = load_access(config);
  AccessWatch watch{config, access, Duration{1}};
  std::int64_t now = 0;
  const auto look = [&] { return watch.look(MonoTime{++now}); };
  write_private(folder, "tokens.yaml", "tokens:\n  - {sha256: half");
  CHECK(look().complaint.find("tokens.yaml:2:") != std::string::npos);
  CHECK(look().complaint.empty());
  std::filesystem::remove(folder.path() / "tokens.yaml");
  CHECK(look().complaint ==
        (folder.path() / "tokens.yaml").string() +
            ":1:1: tokens: the file cannot be read (No such file or directory); correct server.auth.tokens_file or its permissions");
  CHECK(look().complaint.empty());
  write_private(folder, "tokens.yaml", "tokens:\n" + entry("t-alice", "user: alice"));
  CHECK(look().authenticator != nullptr);
  folder.write("jwt.key", "short\n");
  CHECK(look().complaint.find("good.yaml:2:54: server.auth.jwt.key: holds a secret of 5 bytes") != std::string::npos);
  CHECK(look().authenticator == nullptr);
}

TEST_CASE("effective configuration: shows logins and plans without a secret, and reads back") {
  const Folder folder;
  const Variable variable("TIDEGATE_TEST_JWT", kSecret.c_str());
  write_private(folder, "tokens.yaml", "tokens: []\n");
  const Config config = load(
      BROKER "server: {auth: {tokens_file: tokens.yaml, jwt: {key: \"${TIDEGATE_TEST_JWT}\"}}, plans: {\"true\": {symbols: [\"NSE:*\"]}}}\n", folder);
  const std::string printed = print_config(config);
  CAPTURE(printed);
  CHECK(printed.find(kSecret) == std::string::npos);
  CHECK(printed.find("      key: \"${TIDEGATE_TEST_JWT}\"\n") != std::string::npos);
  CHECK(printed.find("    \"true\":\n      symbols: [\"NSE:*\"]\n      channels: [\"*\"]\n      topics: []\n      publish: []\n") !=
        std::string::npos);
  CHECK(print_config(load(printed, folder)) == printed);
  const std::string literal = print_config(load(BROKER "server: {auth: {jwt: {key: " + kSecret + "}}}\n"));
  CHECK(literal.find(kSecret) == std::string::npos);
  CHECK(literal.find("      key: \"***\"\n") != std::string::npos);
  folder.write("es.pem", public_pem(ec_key()));
  const std::string pem = print_config(load(BROKER "server: {auth: {jwt: {algorithm: ES256, key_file: es.pem}}}\n", folder));
  CHECK(print_config(load(pem, folder)) == pem);
}

TEST_CASE("logging in at a broker: the gateway's own keys and tokens are not asked for") {
  const Folder folder;
  const std::filesystem::path file = folder.write("c.yaml", BROKER "server: {auth: {required: true, jwt: {key: \"${TIDEGATE_TEST_UNSET}\"}}}\n");
  CHECK_NOTHROW(static_cast<void>(load_config(file, kAdapters, {.login_at = "b"})));
  CHECK_THROWS_AS(static_cast<void>(load_config(file, kAdapters)), ConfigError);
}

TEST_CASE("times: UTC to the nanosecond, or a day; nothing else is one") {
  const auto text = [](std::string_view written) {
    const auto time = parse_utc_time(written);
    return time ? to_rfc3339(*time) : std::string("none");
  };
  CHECK(text("2027-01-31T18:05:09Z") == "2027-01-31T18:05:09.000Z");
  CHECK(text("2027-01-31T18:05Z") == "2027-01-31T18:05:00.000Z");
  CHECK(text("2027-01-31T18:05:09.123456789Z") == "2027-01-31T18:05:09.123456789Z");
  CHECK(text("2028-02-29") == "2028-02-29T00:00:00.000Z");
  CHECK(text("1970-01-01") == "1970-01-01T00:00:00.000Z");
  CHECK(text("2261-12-31T23:59:59Z") == "2261-12-31T23:59:59.000Z");
  for (const char* wrong : {"",
                            "2027",
                            "2027-1-31",
                            "2027-02-29",
                            "2027-13-01",
                            "2027-00-01",
                            "2027-01-00",
                            "1969-12-31",
                            "2262-01-01",
                            "2027-01-31T",
                            "2027-01-31T18:05:09",
                            "2027-01-31T24:00Z",
                            "2027-01-31T18:60Z",
                            "2027-01-31T18:05:60Z",
                            "2027-01-31T18:05:09.Z",
                            "2027-01-31T18:05:09.1234567890Z",
                            "2027-01-31T18:05:09+05:30",
                            "2027-01-31T18:05:09Zx",
                            "2027-01-31 18:05",
                            "+027-01-31"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_utc_time(wrong).has_value());
  }
}

}  // namespace
}  // namespace tidegate::test
