// One broker's configuration, and how an adapter declares the keys it understands.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gateway/core/ids.hpp"
#include "gateway/core/time.hpp"

namespace tidegate {

enum class OptionType : std::uint8_t {
  Duration,  // 250ms, 30s, 5m, 24h
  Size,      // 64KiB, 1MiB
  Integer,
  Boolean,
  Text,
  Choice,  // one of OptionSpec::choices
  File,    // Text that names a file; a relative path counts from the folder of the file that the key stands in. Empty: none
  Secret,  // Text that is masked wherever it is shown; ${NAME}, ${file:PATH} and ${command:PROGRAM} are read at every connect
};

/// One key that an adapter reads under its broker. The table of these is the machine-readable descriptor of the broker's limits and timings:
/// `tidegate check`, configs/example.yaml and the docs are tested against it.
struct OptionSpec {
  std::string_view key;
  OptionType type{};
  std::string_view default_text;  // as it would stand in YAML
  std::string_view help;          // one line: what it does, unit, source of the default
  std::span<const std::string_view> choices{};
  std::int64_t minimum = 0;  // Integer, Size (bytes) and Duration (nanoseconds)
  std::int64_t maximum = INT64_MAX;
};

using OptionValue = std::variant<Duration, std::int64_t, bool, std::string>;

struct BrokerConfig {
  std::string name;  // the key under `brokers:`
  std::string adapter;
  BrokerId id{};  // position among the brokers
  std::string ws_url;
  std::string rest_url;
  bool tls_verify = true;
  std::string tls_ca_file;
  Duration reconnect_initial{500'000'000};
  Duration reconnect_maximum{30'000'000'000};
  Duration stale_after{30'000'000'000};                     // no bytes at all for so long: the connection is dead
  Duration linger{30'000'000'000};                          // an unwanted subscription is kept upstream so long
  Duration secret_timeout{10'000'000'000};                  // a program that gives a secret has so long
  bool required = true;                                     // counts for /ready
  bool insecure = false;                                    // ws:// and http:// beyond loopback
  std::map<std::string, OptionValue, std::less<>> options;  // every key of the adapter's table, defaults filled in

  /// What a person does to renew each Secret, after the word "renew": "the file kite.token".
  std::map<std::string, std::string, std::less<>> secret_sources{};

  /// The adapter's own keys; the key must be in its table with that type.
  [[nodiscard]] std::string_view secret_source(std::string_view key) const {
    const auto it = secret_sources.find(key);
    return it == secret_sources.end() ? key : std::string_view{it->second};
  }
  [[nodiscard]] Duration duration(std::string_view key) const { return std::get<Duration>(options.find(key)->second); }
  [[nodiscard]] std::int64_t integer(std::string_view key) const { return std::get<std::int64_t>(options.find(key)->second); }
  [[nodiscard]] bool flag(std::string_view key) const { return std::get<bool>(options.find(key)->second); }
  [[nodiscard]] const std::string& text(std::string_view key) const { return std::get<std::string>(options.find(key)->second); }
};

}  // namespace tidegate
