// `tidegate token`: what it prints is a token, and an entry that lets it in.
#include "gateway/token_command.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "gateway/access/authenticator.hpp"
#include "gateway/access/base64url.hpp"
#include "gateway/config/tokens_file.hpp"
#include "tests/support/temporary_folder.hpp"

namespace tidegate::test {
namespace {

constexpr UtcTime kNow{1'800'000'000'000'000'000};  // 2027-01-15T08:00:00Z

struct Run {
  int exit_code = 0;
  std::string token, entry, output, notes;
};
Run run(const TokenOptions& options, const std::string& input = "") {
  std::istringstream in{input};
  std::ostringstream out, notes;
  Run result;
  result.exit_code = run_token(options, kNow, in, out, notes);
  result.output = out.str();
  result.notes = notes.str();
  std::istringstream lines{result.output};
  std::getline(lines, result.token);
  std::getline(lines, result.entry);
  return result;
}
TokenOptions of_user(std::string user) { return {.user = std::move(user), .roles = {}, .plan = {}, .expires = {}, .hash = false}; }

TEST_CASE("tidegate token: the entry that it prints lets the token in, with its user, roles, plan and end") {
  TokenOptions options = of_user(R"(alice "the" \first)");
  options.roles = {"premium", "a, b]"};
  options.plan = "free";
  options.expires = "90d";
  const Run made = run(options);
  REQUIRE(made.exit_code == 0);
  CHECK(made.output == made.token + "\n" + made.entry + "\n");
  CHECK(made.entry.find(made.token) == std::string::npos);
  CHECK(made.notes.find(made.token) == std::string::npos);
  const TemporaryFolder folder;
  const std::string path = (folder.path() / "tokens.yaml").string();
  std::ofstream(path) << "tokens:\n  " << made.entry << '\n';
  std::vector<std::string> warnings;
  const Authenticator authenticator{built_in_plans(), read_tokens_file(path, built_in_plans(), warnings), {}, {}};
  const LoginResult alice = authenticator.check(made.token, kNow);
  REQUIRE(alice.ok());
  CHECK(alice.identity()->user == options.user);
  CHECK(alice.identity()->roles == std::vector<std::string>{"a, b]", "premium"});
  CHECK(to_rfc3339(*alice.identity()->expires) == "2027-04-15T08:00:00.000Z");
}

TEST_CASE("tidegate token: tokens hold 256 random bits") {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const Run made = run(of_user("a"));
    REQUIRE(made.token.starts_with("tg_"));
    const auto bytes = decode_base64url(std::string_view{made.token}.substr(3));
    REQUIRE(bytes.has_value());
    CHECK(bytes->size() == 32);
    CHECK(made.entry == "- {sha256: " + digest_text(token_digest(made.token)) + ", user: \"a\", active: true}");
    seen.insert(made.token);
  }
  CHECK(seen.size() == 100);
}

TEST_CASE("tidegate token: an end is a number of days, a duration, a time or a day") {
  const auto entry_with = [](std::string expires) {
    TokenOptions options = of_user("a");
    options.expires = std::move(expires);
    return run(options);
  };
  CHECK(entry_with("1d").entry.find("expires: \"2027-01-16T08:00:00Z\"") != std::string::npos);
  CHECK(entry_with("12h").entry.find("expires: \"2027-01-15T20:00:00Z\"") != std::string::npos);
  CHECK(entry_with("2027-01-15T08:00:01Z").entry.find("expires: \"2027-01-15T08:00:01Z\"") != std::string::npos);
  CHECK(entry_with("2027-02-01").entry.find("expires: \"2027-02-01T00:00:00Z\"") != std::string::npos);
  for (const char* wrong : {"2027-01-15T08:00:00Z", "2026-01-01", "0d", "0s", "-1d", "d", "36501d", "soon", "90", "9999999999999999999d"}) {
    CAPTURE(wrong);
    const Run refused = entry_with(wrong);
    CHECK(refused.exit_code == 2);
    CHECK(refused.output.empty());
    CHECK(refused.notes.starts_with("tidegate token: --expires "));
  }
}

TEST_CASE("tidegate token: without a user, or with names that cannot be, nothing is made") {
  for (const std::string& user : {std::string(), std::string("a:b"), std::string("a\nb"), std::string(129, 'a')}) {
    CAPTURE(user);
    const Run refused = run(of_user(user));
    CHECK(refused.exit_code == 2);
    CHECK(refused.output.empty());
  }
  TokenOptions options = of_user("a");
  options.roles = {"x:y"};
  CHECK(run(options).exit_code == 2);
}

TEST_CASE("tidegate token --hash: prints the digest of the line that comes, and never the line") {
  const TokenOptions hash{.user = {}, .roles = {}, .plan = {}, .expires = {}, .hash = true};
  constexpr const char* kDigest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n";
  CHECK(run(hash, "abc").output == kDigest);
  CHECK(run(hash, "abc\n").output == kDigest);
  CHECK(run(hash, "abc\r\nmore\n").output == kDigest);
  for (const std::string& wrong : {std::string(), std::string("\n"), std::string(8193, 'x')}) {
    const Run refused = run(hash, wrong);
    CHECK(refused.exit_code == 2);
    CHECK(refused.output.empty());
    CHECK(refused.notes.find("xxx") == std::string::npos);
  }
}

}  // namespace
}  // namespace tidegate::test
