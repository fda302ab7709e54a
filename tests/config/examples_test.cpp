// The files of configs/ are what people copy: each loads, and example.yaml holds every key there is.
#include <doctest/doctest.h>
#include <yaml-cpp/yaml.h>

#include <set>

#include "brokers/registry.hpp"
#include "gateway/config/access_files.hpp"
#include "gateway/config/yaml_tree.hpp"
#include "tests/config/fixture.hpp"
#include "tests/support/paths.hpp"

namespace tidegate::test {
namespace {

std::filesystem::path config_file(const char* name) { return source_dir() / "configs" / name; }

/// Dotted keys of all mappings in `node`, list items under the list's own name.
void collect_keys(const YAML::Node& node, const std::string& path, std::set<std::string>& keys) {
  if (node.IsMap()) {
    for (const auto& pair : node) {
      const std::string key = join_path(path, pair.first.Scalar());
      keys.insert(key);
      collect_keys(pair.second, key, keys);
    }
  } else if (node.IsSequence()) {
    for (const YAML::Node& item : node) collect_keys(item, path, keys);
  }
}
std::set<std::string> keys_of(const YAML::Node& node) {
  std::set<std::string> keys;
  collect_keys(node, "", keys);
  return keys;
}

/// The shortest configuration of an adapter: its name, and the secrets and the address that no default can stand for.
Config load_minimal(const Adapter& adapter) {
  std::string text = "brokers: {b: {adapter: " + std::string(adapter.name);
  if (adapter.default_rest_url.empty()) text += ", rest_url: https://broker.example/root";
  for (const OptionSpec& spec : adapter.options) {
    if (spec.type == OptionType::Secret) text += ", " + std::string(spec.key) + ": x";
  }
  const Folder folder;
  return load_config(folder.write("b.yaml", text + "}}\n"), all_adapters());
}

TEST_CASE("example configuration: holds every key of the gateway and of each adapter") {
  const Config config = load_config(config_file("example.yaml"), all_adapters());
  const std::set<std::string> present = keys_of(YAML::LoadFile(config_file("example.yaml").string()));
  std::set<std::string> adapters;
  for (const BrokerConfig& broker : config.brokers) {
    const bool included = present.contains("brokers." + broker.name + ".include");
    if (included || !adapters.insert(broker.adapter).second) continue;
    for (const auto& [key, value] : broker.options) {
      CAPTURE(key);
      CHECK(present.contains("brokers." + broker.name + "." + key));
    }
  }
  CHECK(adapters.size() == all_adapters().size());
  for (const std::string& key : keys_of(YAML::Load(print_config(config)))) {
    if (key.starts_with("brokers.") && !key.starts_with("brokers.binance.")) continue;
    CAPTURE(key);
    CHECK(present.contains(key));
  }
}

TEST_CASE("example configuration: the values it shows are the defaults") {
  const Config shown = load_config(config_file("example.yaml"), all_adapters());
  const Folder folder;
  Config standard = load_config(folder.write("short.yaml", "brokers: {binance: {adapter: binance}}\n"), all_adapters());
  CHECK(standard.server.plans.emplace("premium", shown.server.plans.at("premium")).second);  // the one that is there as an example
  const auto head = [](const Config& config) {
    const std::string text = print_config(config);
    return text.substr(0, text.find("\n  usdm:") == std::string::npos ? text.find("\nrouting:") : text.find("\n  usdm:"));
  };
  CHECK(head(shown) == head(standard));
}

TEST_CASE("example configuration: options of other adapters show their defaults too, secrets aside") {
  const Config shown = load_config(config_file("example.yaml"), all_adapters());
  for (const BrokerConfig& broker : shown.brokers) {
    const Adapter& adapter = adapter_of(shown, broker.id);
    if (broker.name != adapter.name) continue;  // there to show an `include:`
    const Config standard = load_minimal(adapter);
    for (const OptionSpec& spec : adapter.options) {
      if (spec.type == OptionType::Secret) continue;
      CAPTURE(std::string(spec.key));
      CHECK((broker.options.at(std::string(spec.key)) == standard.brokers[0].options.at(std::string(spec.key))));
    }
    CHECK(broker.ws_url == standard.brokers[0].ws_url);
    CHECK((adapter.default_rest_url.empty() || broker.rest_url == adapter.default_rest_url));
  }
}

TEST_CASE("example tokens file: holds every key, fits the example plans, and lets nobody in") {
  const Folder folder;
  std::filesystem::copy_file(config_file("tokens.example.yaml"), folder.path() / "tokens.yaml");
  std::filesystem::permissions(folder.path() / "tokens.yaml", std::filesystem::perms::owner_read);
  std::string text;
  REQUIRE(read_whole_file(config_file("example.yaml"), text).empty());
  text.replace(text.find("tokens_file: ~"), 14, "tokens_file: tokens.yaml");
  text.replace(text.find("required: false"), 15, "required: true");
  const std::filesystem::path file = folder.write("example.yaml", text);
  for (const auto& entry : std::filesystem::directory_iterator(source_dir() / "configs")) {
    const std::filesystem::path copy = folder.path() / entry.path().filename();
    if (!std::filesystem::exists(copy)) std::filesystem::copy_file(entry.path(), copy);
  }
  const Access access = load_access(load_config(file, all_adapters()));
  CHECK(access.warnings.empty());
  for (const char* token : {"tg_example-token-refused-because-it-is-switched-off", "tg_example-token-of-a-service-switched-off-too"}) {
    CAPTURE(token);
    const LoginResult result = access.authenticator->check(token, UtcTime{0});
    REQUIRE_FALSE(result.ok());
    CHECK(result.refusal().message == "this token is switched off");
  }
  const std::set<std::string> keys = keys_of(YAML::LoadFile(config_file("tokens.example.yaml").string()));
  for (const char* key : {"sha256", "user", "roles", "plan", "active", "expires", "symbols", "channels", "topics", "publish"}) {
    CAPTURE(key);
    CHECK(keys.contains(std::string("tokens.") + key));
  }
}

TEST_CASE("configurations of this repository: each loads as it stands") {
  for (const char* name : {"binance.yaml", "demo.yaml", "example.yaml"}) {
    CAPTURE(name);
    const Config config = load_config(config_file(name), all_adapters());
    CHECK(config.brokers.size() >= 2);
    const Folder folder;
    CHECK(print_config(load_config(folder.write("again.yaml", print_config(config)), all_adapters())) == print_config(config));
  }
}

TEST_CASE("zerodha configuration: loads as it stands once the credentials are set, and the token is a file that a login can write") {
  const Variable key("KITE_API_KEY", "k3y");
  const Variable secret("KITE_API_SECRET", nullptr);
  const Folder folder;
  const std::filesystem::path file = folder.path() / "zerodha.yaml";
  std::filesystem::copy_file(config_file("zerodha.yaml"), file);
  const Config before = load_config(file, all_adapters(), {.login_at = "zerodha"});
  CHECK(before.brokers.at(0).text("access_token").empty());
  const ValueOrigin origin = secret_origin(before, BrokerId{0}, "access_token");
  CHECK(origin.kind == ValueOrigin::Kind::File);
  CHECK(origin.name == (folder.path() / "kite.token").string());
  folder.write("kite.token", "t0ken\n");
  const Config config = load_config(file, all_adapters());
  CHECK(config.brokers.at(0).text("api_key") == "k3y");
  CHECK(config.brokers.at(0).text("access_token") == "t0ken");
  CHECK(config.brokers.at(0).text("api_secret").empty());
  CHECK(config.brokers.at(0).secret_source("access_token") == "the file kite.token");
}

TEST_CASE("xts configuration: loads as it stands once the keys are set, and the address is the environment's where it names one") {
  const Variable key("XTS_APP_KEY", "k3y");
  const Variable secret("XTS_SECRET_KEY", "s3cret");
  const Variable address("XTS_URL", nullptr);
  const Config config = load_config(config_file("xts.yaml"), all_adapters());
  CHECK(config.brokers.at(0).rest_url == "https://ttblaze.iifl.com/apimarketdata");
  CHECK(config.brokers.at(0).text("app_key") == "k3y");
  CHECK(config.brokers.at(0).text("secret_key") == "s3cret");
  CHECK(print_config(config).find("s3cret") == std::string::npos);
  const Variable another("XTS_URL", "https://xts.example:3000/apibinarymarketdata");
  CHECK(load_config(config_file("xts.yaml"), all_adapters()).brokers.at(0).rest_url == "https://xts.example:3000/apibinarymarketdata");
}

TEST_CASE("ibkr configuration: loads as it stands, for the gateway program on this machine or where the environment names it") {
  const Variable address("IBKR_URL", nullptr);
  const Config config = load_config(config_file("ibkr.yaml"), all_adapters());
  CHECK(config.brokers.at(0).rest_url == "https://localhost:5000/v1/api");
  CHECK_FALSE(config.brokers.at(0).tls_verify);
  const Variable another("IBKR_URL", "https://192.168.1.7:5001/v1/api");
  CHECK(load_config(config_file("ibkr.yaml"), all_adapters()).brokers.at(0).rest_url == "https://192.168.1.7:5001/v1/api");
  const Variable hosted("IBKR_URL", "https://api.ibkr.com/v1/api");
  CHECK_THROWS_WITH_AS(load_config(config_file("ibkr.yaml"), all_adapters()), doctest::Contains("tls.verify"), ConfigError);
}

TEST_CASE("demo configuration: takes the simulators' addresses from the environment") {
  const Variable ws("TIDEGATE_DEMO_WS", "ws://127.0.0.1:5");
  const Variable rest("TIDEGATE_DEMO_REST", "http://127.0.0.1:5");
  const Variable kite_ws("TIDEGATE_DEMO_KITE_WS", "ws://127.0.0.1:6");
  const Variable kite_rest("TIDEGATE_DEMO_KITE_REST", "http://127.0.0.1:6");
  const Variable xts("TIDEGATE_DEMO_XTS", "http://127.0.0.1:7");
  const Variable ibkr("TIDEGATE_DEMO_IBKR", "http://127.0.0.1:8");
  const Variable listen("TIDEGATE_DEMO_LISTEN", "127.0.0.1:0");
  const Config config = load_config(config_file("demo.yaml"), all_adapters());
  CHECK(config.server.listen.port == 0);
  for (const BrokerConfig& broker : config.brokers) {
    if (broker.adapter == "xts") {
      CHECK(broker.rest_url == "http://127.0.0.1:7/apimarketdata");
      continue;
    }
    if (broker.adapter == "ibkr") {
      CHECK(broker.rest_url == "http://127.0.0.1:8/v1/api");
      continue;
    }
    const std::string address = broker.adapter == "zerodha" ? "127.0.0.1:6" : "127.0.0.1:5";
    CHECK(broker.ws_url == "ws://" + address);
    CHECK(broker.rest_url == "http://" + address);
  }
}

TEST_CASE("adapters: every option has a default that its own type accepts, and a line of help") {
  for (const Adapter* adapter : all_adapters()) {
    for (const OptionSpec& spec : adapter->options) {
      CAPTURE(std::string(spec.key));
      CHECK_FALSE(spec.help.empty());
      CHECK((spec.type != OptionType::Choice || !spec.choices.empty()));
    }
    CHECK_NOTHROW(static_cast<void>(load_minimal(*adapter)));
  }
}

}  // namespace
}  // namespace tidegate::test
