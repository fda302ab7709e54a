// `tidegate check` with brokers that exist only here: what they answer is written in the configuration.
#include "gateway/check_command.hpp"

#include <doctest/doctest.h>

#include <array>
#include <memory>
#include <sstream>

#include "gateway/net/event_loop.hpp"
#include "tests/config/fixture.hpp"

namespace tidegate::test {
namespace {

constexpr std::array<std::string_view, 4> kAnswers = {"works", "refused", "unknown", "never"};
constexpr OptionSpec kOptions[] = {
    {"answer", OptionType::Choice, "works", "what the broker says", kAnswers},
    {"words", OptionType::Text, "", "in these words"},
    {"token", OptionType::Secret, "", "the credential"},
};

/// Answers on a later turn of the loop, as a broker would, unless it is gone by then.
class Check final : public CredentialCheck {
 public:
  Check(const BrokerConfig& config, net::EventLoop& loop, std::function<void(CredentialAnswer)> done) : timer_(loop) {
    using Verdict = CredentialAnswer::Verdict;
    const std::string& answer = config.text("answer");
    if (answer == "never") return;
    const Verdict verdict = answer == "works" ? Verdict::Works : answer == "refused" ? Verdict::Refused : Verdict::Unknown;
    timer_.start(Duration{1}, [verdict, words = config.text("words"), done = std::move(done)] { done({verdict, words}); });
  }

 private:
  net::Timer timer_;
};

std::unique_ptr<CredentialCheck> check_credentials(const BrokerConfig& config, net::EventLoop& loop, std::function<void(CredentialAnswer)> done) {
  return std::make_unique<Check>(config, loop, std::move(done));
}

constexpr Adapter kAsked{.name = "asked", .options = kOptions, .check_credentials = check_credentials};
constexpr Adapter kOpen{.name = "open"};  // without credentials
constexpr const Adapter* kBrokers[] = {&kAsked, &kOpen};

struct Outcome {
  int code = -1;
  std::string out, complaints;
};

Outcome check(std::string_view yaml, bool offline = false, Duration deadline = std::chrono::seconds{20}) {
  const Folder folder;
  std::ostringstream out;
  std::ostringstream complaints;
  const int code = run_check({folder.write("gateway.yaml", yaml), offline, deadline}, kBrokers, out, complaints);
  return {code, out.str(), complaints.str()};
}

TEST_CASE("check: a tokens file that others can read is a warning and no mistake, and a wrong one is a mistake") {
  const Folder folder;
  const auto check_tokens = [&](std::string_view tokens) {
    std::filesystem::permissions(folder.write("tokens.yaml", tokens), std::filesystem::perms{0644});
    const std::filesystem::path file = folder.write("gateway.yaml", "server: {auth: {tokens_file: tokens.yaml}}\nbrokers: {a: {adapter: open}}\n");
    std::ostringstream out, complaints;
    const int code = run_check({file, true}, kBrokers, out, complaints);
    return Outcome{code, out.str(), complaints.str()};
  };
  const std::string path = (folder.path() / "tokens.yaml").string();
  const Outcome open = check_tokens("tokens: []\n");
  CHECK(open.code == 0);
  CHECK(open.complaints == "warning: " + path + ": every user of this machine can read it; chmod 600 " + path + "\n");
  CHECK(open.out.find("tokens_file: " + path) != std::string::npos);
  const Outcome wrong = check_tokens("tokens: [{}]\n");
  CHECK(wrong.code == 2);
  CHECK(wrong.complaints.starts_with(path + ":1:10: tokens[0].sha256: is missing; "));
}

TEST_CASE("check: credentials that work are said to work, and the exit code is 0") {
  const Outcome outcome = check("brokers: {a: {adapter: asked, words: as AB1234}}\n");
  CHECK(outcome.code == 0);
  CHECK(outcome.complaints == "a: credentials work: as AB1234\n");
}

TEST_CASE("check: a refusal comes with the broker's words, and the exit code is 1") {
  const Outcome outcome = check("brokers: {a: {adapter: asked, answer: refused, words: it has expired; log in again}}\n");
  CHECK(outcome.code == 1);
  CHECK(outcome.complaints == "a: credentials refused: it has expired; log in again\n");
}

TEST_CASE("check: credentials that nobody could judge are no mistake") {
  const Outcome outcome = check("brokers: {a: {adapter: asked, answer: unknown, words: no network}}\n");
  CHECK(outcome.code == 0);
  CHECK(outcome.complaints == "a: credentials could not be checked: no network\n");
}

TEST_CASE("check: a broker that never answers is given up after the deadline") {
  const Outcome outcome = check("brokers: {a: {adapter: asked, answer: never}, b: {adapter: asked}}\n", false, std::chrono::milliseconds{20});
  CHECK(outcome.code == 0);
  CHECK(outcome.complaints == "a: credentials could not be checked: no answer within 20ms\nb: credentials work\n");
}

TEST_CASE("check: each broker with credentials has a line, in the configuration's order, and one refusal decides") {
  const Outcome outcome = check(
      "brokers: {a: {adapter: asked}, b: {adapter: open}, c: {adapter: asked, answer: refused, words: no}, d: {adapter: asked, answer: unknown}}\n");
  CHECK(outcome.code == 1);
  CHECK(outcome.complaints == "a: credentials work\nc: credentials refused: no\nd: credentials could not be checked\n");
}

TEST_CASE("check: offline nobody is asked") {
  const Outcome outcome = check("brokers: {a: {adapter: asked, answer: refused}}\n", true);
  CHECK(outcome.code == 0);
  CHECK(outcome.complaints.empty());
  CHECK(outcome.out.starts_with("server:\n"));
}

TEST_CASE("check: the standard output holds the configuration alone, without secrets") {
  const Outcome outcome = check("brokers: {a: {adapter: asked, token: s3cret}}\n");
  const Folder folder;
  CHECK(outcome.out == print_config(load_config(folder.write("gateway.yaml", "brokers: {a: {adapter: asked, token: s3cret}}\n"), kBrokers)));
  CHECK(outcome.out.find("s3cret") == std::string::npos);
}

TEST_CASE("check: control characters in a broker's words do not reach the terminal") {
  const Outcome outcome = check("brokers: {a: {adapter: asked, words: \"a\\e[2Jb\\nb: credentials work\"}}\n");
  CHECK(outcome.complaints == "a: credentials work: a [2Jb b: credentials work\n");
}

TEST_CASE("check: a wrong configuration ends with exit code 2, and nobody is asked") {
  const Outcome outcome = check("brokers: {a: {adapter: asked, answer: perhaps}}\n");
  CHECK(outcome.code == 2);
  CHECK(outcome.out.empty());
  CHECK(outcome.complaints.find("gateway.yaml:1:39: brokers.a.answer: \"perhaps\" is not one of the choices; ") != std::string::npos);
}

}  // namespace
}  // namespace tidegate::test
