// Configuration files in a folder of their own, and adapters that exist only here.
#pragma once

#include <doctest/doctest.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>

#include "gateway/config/config.hpp"
#include "tools/sim/common/tls_relay.hpp"

namespace tidegate::test {

inline constexpr std::array<std::string_view, 2> kMarkets = {"spot", "usdm"};
inline constexpr OptionSpec kFakeOptions[] = {
    {"market", OptionType::Choice, "spot", "which market", kMarkets},
    {"streams_per_connection", OptionType::Integer, "1000", "streams on one socket", {}, 1, 1024},
    {"frames_per_second", OptionType::Integer, "0", "frames we send in a second; 0: what the venue allows", {}, 0, 1000},
    {"request_bytes_max", OptionType::Size, "3500B", "longest request", {}, 128, 4096},
    {"ack_timeout", OptionType::Duration, "5s", "an answer must come within", {}, 1'000'000, 60'000'000'000},
    {"session.renewal", OptionType::Duration, "23h", "planned renewal"},
    {"session.overlap", OptionType::Boolean, "true", "the new socket opens first"},
    {"label", OptionType::Text, "", "shown to people"},
    {"key_file", OptionType::File, "", "file of the key"},
    {"api_key", OptionType::Secret, "", "the account's key"},
};

inline std::vector<std::string> fake_venues(const BrokerConfig& broker) { return {broker.text("market") == "usdm" ? "FAKE-USDM" : "FAKE"}; }
inline std::vector<std::string> plain_venues(const BrokerConfig&) { return {"PLAIN", "FAKE"}; }

inline std::string fake_complaint(const BrokerConfig& broker) {
  if (broker.text("market") == "spot" || broker.flag("session.overlap")) return {};
  return "market: usdm needs session.overlap; set it to true";
}

inline constexpr Adapter kFake{
    .name = "fake",
    .options = kFakeOptions,
    .default_ws_url = "wss://stream.fake.example:9443",
    .default_rest_url = "https://api.fake.example",
    .venues = fake_venues,
    .complaint = fake_complaint,
};
inline constexpr Adapter kPlain{.name = "plain", .venues = plain_venues};
inline constexpr const Adapter* kAdapters[] = {&kFake, &kPlain};

/// One in PEM.
inline std::string test_certificate() {
  sim::TlsRelay maker;
  REQUIRE(maker.make_certificate("DNS:localhost").empty());
  return maker.certificate();
}

/// A folder that goes away with the test.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "tidegate-config-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::filesystem::path write(const std::string& name, std::string_view content) const {
    const std::filesystem::path file = path_ / name;
    std::ofstream(file, std::ios::binary) << content;
    return file;
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Sets an environment variable, or unsets it, until the end of the test.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { set(value); }
  ~Variable() { ::unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  void set(const char* value) const {
    if (value == nullptr) {
      ::unsetenv(name_);
    } else {
      ::setenv(name_, value, 1);
    }
  }

 private:
  const char* name_;
};

/// What load_config says about `content`, without the folder's path; empty when it has no complaint.
inline std::string complaint(std::string_view content, const Folder& folder = Folder()) {
  const std::filesystem::path file = folder.write("bad.yaml", content);
  try {
    static_cast<void>(load_config(file, kAdapters));
  } catch (const ConfigError& error) {
    std::string text = error.what();
    const std::string prefix = folder.path().string() + "/";
    for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix)) text.erase(at, prefix.size());
    return text;
  }
  return "";
}

inline Config load(std::string_view content, const Folder& folder = Folder()) { return load_config(folder.write("good.yaml", content), kAdapters); }

}  // namespace tidegate::test
