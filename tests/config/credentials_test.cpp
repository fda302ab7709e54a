#include "gateway/config/credentials.hpp"

#include <doctest/doctest.h>

#include "tests/config/fixture.hpp"

namespace tidegate::test {
namespace {

// A broker where a person logs in for `token`.
constexpr OptionSpec kDailyOptions[] = {
    {"key", OptionType::Secret, "", "the account's key"},
    {"token", OptionType::Secret, "", "the day's token"},
    {"label", OptionType::Text, "", "shown to people"},
};
std::string daily_complaint(const BrokerConfig& broker) {
  if (broker.text("token").empty()) return "token: missing; log in";
  return broker.text("label") == "wrong" ? "label: is wrong; write another" : "";
}
constexpr LoginHelper kDailyLogin{.token_key = "token"};
constexpr Adapter kDaily{.name = "daily", .options = kDailyOptions, .login = &kDailyLogin, .complaint = daily_complaint};
constexpr const Adapter* kDailyBrokers[] = {&kDaily};

/// What is said about `content` when somebody is about to log in at the broker b, or nobody is; without the folder's path.
std::string daily_complaint_about(std::string_view content, std::string_view login_at) {
  const Folder folder;
  try {
    static_cast<void>(load_config(folder.write("b.yaml", content), kDailyBrokers, {.login_at = login_at}));
  } catch (const ConfigError& error) {
    return std::string{error.what()}.substr(folder.path().string().size() + 1);
  }
  return "";
}

TEST_CASE("references: text around and between them is kept") {
  const Variable a("TIDEGATE_TEST_A", "one");
  const Variable b("TIDEGATE_TEST_B", "two");
  CHECK(resolve_text("x${TIDEGATE_TEST_A}y${TIDEGATE_TEST_B}z", {}).text == "xoneytwoz");
  CHECK(resolve_text("plain $HOME {x} $$", {}).text == "plain $HOME {x} $$");
  CHECK(resolve_text("", {}).text.empty());
}

TEST_CASE("references: a value is not read for references again") {
  const Variable a("TIDEGATE_TEST_A", "${TIDEGATE_TEST_B}");
  CHECK(resolve_text("${TIDEGATE_TEST_A}", {}).text == "${TIDEGATE_TEST_B}");
}

TEST_CASE("references: what follows :- stands in for an unset or empty variable") {
  const Variable a("TIDEGATE_TEST_A", nullptr);
  CHECK(resolve_text("${TIDEGATE_TEST_A:-ws://127.0.0.1:1}", {}).text == "ws://127.0.0.1:1");
  a.set("");
  CHECK(resolve_text("${TIDEGATE_TEST_A:-x}", {}).text == "x");
  CHECK(resolve_text("${TIDEGATE_TEST_A:-}", {}).text.empty());
  CHECK_FALSE(resolve_text("${TIDEGATE_TEST_A}", {}).ok());
  a.set("set");
  CHECK(resolve_text("${TIDEGATE_TEST_A:-x}", {}).text == "set");
}

TEST_CASE("references: a file gives its first line, without the line's end") {
  const Folder folder;
  folder.write("a.key", "first\r\nsecond\n");
  CHECK(resolve_text("${file:a.key}", folder.path()).text == "first");
  CHECK(resolve_text("${file:" + (folder.path() / "a.key").string() + "}", "/").text == "first");
}

TEST_CASE("references: credentials are read anew for each connect") {
  const Folder folder;
  const Variable variable("TIDEGATE_TEST_LABEL", "monday");
  folder.write("a.key", "old\n");
  const Config config = load("brokers: {b: {adapter: fake, api_key: \"${file:a.key}\", label: \"${TIDEGATE_TEST_LABEL}\"}}\n", folder);
  CHECK(config.brokers[0].text("api_key") == "old");
  folder.write("a.key", "new\n");
  variable.set("tuesday");
  const BrokerConfig again = read_broker_again(config, BrokerId{0});
  CHECK(again.text("api_key") == "new");
  CHECK(again.text("label") == "tuesday");
  CHECK(again.ws_url == config.brokers[0].ws_url);
  std::filesystem::remove(folder.path() / "a.key");
  CHECK_THROWS_AS(static_cast<void>(read_broker_again(config, BrokerId{0})), ConfigError);
}

TEST_CASE("configuration: a file that a broker's key names is seen from the folder of the file the key stands in") {
  const Folder folder;
  CHECK(load("brokers: {b: {adapter: fake, key_file: keys/a.pem}}\n", folder).brokers[0].text("key_file") == (folder.path() / "keys/a.pem").string());
  CHECK(load("brokers: {b: {adapter: fake, key_file: /keys/a.pem}}\n", folder).brokers[0].text("key_file") == "/keys/a.pem");
  CHECK(load("brokers: {b: {adapter: fake}}\n", folder).brokers[0].text("key_file").empty());
}

TEST_CASE("references: what renews a value says whether a restart is needed") {
  CHECK(renewal_of("${file:kite.token}", "access_token") == "the file kite.token");
  CHECK(renewal_of("${KITE_TOKEN}", "access_token") == "the environment variable KITE_TOKEN, and restart");
  CHECK(renewal_of("${KITE_TOKEN:-none}", "access_token") == "the environment variable KITE_TOKEN, and restart");
  CHECK(renewal_of("literal", "access_token") == "access_token in the configuration, and restart");
  CHECK(renewal_of("${unclosed", "access_token") == "access_token in the configuration, and restart");
}

TEST_CASE("references: the origin of a value is judged by its text alone") {
  using Kind = ValueOrigin::Kind;
  CHECK(origin_of("literal", "/etc").kind == Kind::Literal);
  CHECK(origin_of("", "/etc").kind == Kind::Literal);
  CHECK(origin_of("${A:-b}", "/etc").kind == Kind::Variable);
  CHECK(origin_of("${A:-b}", "/etc").name == "A");
  CHECK(origin_of("${file:a/../kite.token}", "/etc/tidegate").kind == Kind::File);
  CHECK(origin_of("${file:a/../kite.token}", "/etc/tidegate").name == "/etc/tidegate/kite.token");
  CHECK(origin_of("${file:/run/t}", "/etc").name == "/run/t");
  for (const char* mixed : {"x${file:a}", "${file:a}x", "${A}${B}", "${unclosed"}) CHECK(origin_of(mixed, "/etc").kind == Kind::Mixed);
}

TEST_CASE("references: a variable that is unset and a file that is not there are absent, a bad spelling is not") {
  const Folder folder;
  const Variable unset("TIDEGATE_TEST_A", nullptr);
  folder.write("empty", "\n");
  for (const char* text : {"${TIDEGATE_TEST_A}", "${file:none}", "${file:empty}"}) CHECK(resolve_text(text, folder.path()).absent);
  for (const char* text : {"${bad-name}", "${unclosed"}) {
    const ResolvedText resolved = resolve_text(text, folder.path());
    CHECK_FALSE(resolved.ok());
    CHECK_FALSE(resolved.absent);
  }
}

TEST_CASE("secrets: each says what a person does to renew it") {
  const Folder folder;
  folder.write("day.key", "k\n");
  const BrokerConfig broker = load("brokers: {b: {adapter: fake, api_key: \"${file:day.key}\"}}\n", folder).brokers[0];
  CHECK(broker.secret_source("api_key") == "the file day.key");
  CHECK(load("brokers: {b: {adapter: fake, api_key: literal}}\n").brokers[0].secret_source("api_key") == "api_key in the configuration, and restart");
  CHECK(load("brokers: {b: {adapter: fake}}\n").brokers[0].secret_source("api_key") == "api_key");
}

TEST_CASE("secrets: where one comes from counts from the file that names it") {
  const Folder folder;
  std::filesystem::create_directory(folder.path() / "below");
  folder.write("below/b.yaml", "adapter: fake\napi_key: ${file:day.key}\n");
  folder.write("below/day.key", "k\n");
  const Config config = load("brokers: {b: {include: below/b.yaml}, c: {adapter: fake}}\n", folder);
  CHECK(secret_origin(config, BrokerId{0}, "api_key").name == (folder.path() / "below" / "day.key").string());
  CHECK(secret_origin(config, BrokerId{1}, "api_key").kind == ValueOrigin::Kind::Literal);
  CHECK(adapter_of(config, BrokerId{1}).name == "fake");
}

TEST_CASE("before a login: the token that it brings may be missing, and so may other brokers' secrets") {
  const Folder folder;
  const Variable unset("TIDEGATE_TEST_A", nullptr);
  const std::filesystem::path file =
      folder.write("b.yaml", "brokers: {b: {adapter: daily, token: \"${file:day.token}\"}, c: {adapter: daily, key: \"${TIDEGATE_TEST_A}\"}}\n");
  const Config config = load_config(file, kDailyBrokers, {.login_at = "b"});
  CHECK(config.brokers[0].text("token").empty());
  CHECK(config.brokers[0].secret_source("token") == "the file day.token");
  CHECK(config.brokers[1].text("key").empty());
  CHECK(config.brokers[1].text("token").empty());
  CHECK_THROWS_AS(static_cast<void>(read_broker_again(config, BrokerId{0})), ConfigError);
}

TEST_CASE("before a login: every other mistake stays one") {
  const Variable unset("TIDEGATE_TEST_A", nullptr);
  CHECK(daily_complaint_about("brokers: {b: {adapter: daily, key: \"${TIDEGATE_TEST_A}\"}}\n", "b") ==
        "b.yaml:1:36: brokers.b.key: the environment variable TIDEGATE_TEST_A is not set; set it before the start: export TIDEGATE_TEST_A=...");
  CHECK(daily_complaint_about("brokers: {b: {adapter: daily, token: \"${file:none\"}}\n", "b") ==
        "b.yaml:1:38: brokers.b.token: \"${\" has no closing \"}\"; write ${NAME} or ${file:PATH}");
  CHECK(daily_complaint_about("brokers: {b: {adapter: daily, token: [a]}}\n", "b") ==
        "b.yaml:1:38: brokers.b.token: is a list, one plain value is expected; write one value");
  CHECK(daily_complaint_about("brokers: {b: {adapter: daily, label: \"${file:none}\"}}\n", "b") ==
        "b.yaml:1:38: brokers.b.label: the file \"none\" cannot be read (No such file or directory); create it, or correct the path or its "
        "permissions");
  CHECK(daily_complaint_about("brokers: {b: {adapter: daily, token: \"${file:none}\", label: wrong}}\n", "b") ==
        "b.yaml:1:61: brokers.b.label: is wrong; write another");
}

TEST_CASE("missing token: the complaint names the command that writes its file") {
  const Variable unset("TIDEGATE_TEST_A", nullptr);
  CHECK(daily_complaint_about("brokers: {b: {adapter: daily, token: \"${file:none}\"}}\n", "") ==
        "b.yaml:1:38: brokers.b.token: the file \"none\" cannot be read (No such file or directory); log in: tidegate login b --config FILE");
  CHECK(daily_complaint_about("brokers: {b: {adapter: daily, token: \"${TIDEGATE_TEST_A}\"}}\n", "") ==
        "b.yaml:1:38: brokers.b.token: the environment variable TIDEGATE_TEST_A is not set; set it before the start: export TIDEGATE_TEST_A=...");
}

}  // namespace
}  // namespace tidegate::test
