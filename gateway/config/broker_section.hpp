// One broker's part of the configuration: the keys that every broker has, and those its adapter declares.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "brokers/adapter.hpp"
#include "gateway/config/config.hpp"
#include "gateway/config/yaml_section.hpp"

namespace tidegate {

/// What the files say about one broker, includes joined, before references are resolved.
struct BrokerSource {
  std::string name;
  BrokerId id{};
  YamlValue value;
  const Adapter* adapter = nullptr;
};

/// Joins `include:` files into `value` and finds the adapter. Throws ConfigError.
[[nodiscard]] std::shared_ptr<const BrokerSource> find_broker_source(const YamlEntry& entry, BrokerId id, std::span<const Adapter* const> adapters);

/// Reads and checks the broker's values. Throws ConfigError.
[[nodiscard]] BrokerConfig read_broker(const BrokerSource& source, WrittenTexts& written, const LoadOptions& options = {});

}  // namespace tidegate
