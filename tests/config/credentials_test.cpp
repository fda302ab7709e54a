#include "gateway/config/credentials.hpp"

#include <doctest/doctest.h>

#include "tests/config/fixture.hpp"

namespace tidegate::test {
namespace {

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

}  // namespace
}  // namespace tidegate::test
