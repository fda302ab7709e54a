#include "gateway/config/access_files.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "gateway/config/access_section.hpp"
#include "gateway/config/tokens_file.hpp"
#include "gateway/config/yaml_tree.hpp"

namespace tidegate {
namespace {

/// The text of the JWT key as it stands in the configuration: what it refers to, or nothing.
std::string_view written_key(const Config& config) {
  const auto written = config.written.find(kJwtKeyPath);
  return written == config.written.end() ? std::string_view{} : std::string_view{written->second};
}

/// Changes whenever the file is written or replaced; 0: there is none.
std::uint64_t stamp_of(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return 0;
  constexpr std::uint64_t kMix = 0x9E3779B97F4A7C15;
  std::uint64_t stamp = 1;
  for (const auto part : {static_cast<std::uint64_t>(info.st_mtim.tv_sec), static_cast<std::uint64_t>(info.st_mtim.tv_nsec),
                          static_cast<std::uint64_t>(info.st_size), static_cast<std::uint64_t>(info.st_ino)}) {
    stamp = (stamp ^ part) * kMix;
  }
  return stamp;
}

FileStamps take_stamps(const Config& config) {
  const AuthSettings& auth = config.server.auth;
  FileStamps stamps;
  if (!auth.tokens_file.empty()) stamps.emplace_back(auth.tokens_file, stamp_of(auth.tokens_file));
  for (const std::string& file : auth.jwt.key_files) stamps.emplace_back(file, stamp_of(file));
  if (const ValueOrigin origin = origin_of(written_key(config), {}); origin.kind == ValueOrigin::Kind::File) {
    stamps.emplace_back(origin.name, stamp_of(origin.name));
  }
  return stamps;
}

void warn_of_permissions(const std::string& path, bool secret, std::vector<std::string>& warnings) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return;
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    warnings.push_back(path + ": others than its owner can write it, and so let anybody in; chmod 600 " + path);
  } else if (secret && (info.st_mode & S_IROTH) != 0) {
    warnings.push_back(path + ": every user of this machine can read it; chmod 600 " + path);
  }
}

class KeyReader {
 public:
  KeyReader(const Config& config, std::vector<std::string>& warnings) : config_(config), jwt_(config.server.auth.jwt), warnings_(warnings) {}

  JwtKeys read() {
    read_text();
    for (const std::string& file : jwt_.key_files) read_file(file);
    return std::move(keys_);
  }

 private:
  void read_text() {
    const Place& place = config_.jwt_key_place;
    std::string text = jwt_.key;
    if (const std::string_view written = written_key(config_); !written.empty()) {
      ResolvedText resolved = resolve_text(written, {});  // absolute by now
      if (!resolved.ok()) throw ConfigError(place, kJwtKeyPath, resolved.problem, resolved.remedy);
      text = std::move(resolved.text);
    }
    if (!text.empty()) add(text, "", place, kJwtKeyPath);
  }

  void read_file(const std::string& file) {
    const Place place{std::make_shared<const std::string>(file), 1, 1};
    constexpr std::string_view kKey = "server.auth.jwt.key_file";
    std::string text;
    if (const std::string wrong = read_whole_file(file, text); !wrong.empty()) {
      throw ConfigError(place, kKey, "the file cannot be read (" + wrong + ")", "correct the path or its permissions");
    }
    const bool secret = jwt_.algorithm == JwtAlgorithm::HS256;
    if (secret && text.ends_with('\n')) text.pop_back();  // editors and `openssl rand` end a file so; nobody means it
    if (secret && text.ends_with('\r')) text.pop_back();
    warn_of_permissions(file, secret, warnings_);
    add(text, std::filesystem::path(file).stem().string(), place, kKey);
  }

  void add(std::string_view text, const std::string& id, const Place& place, std::string_view key) {
    auto read = read_jwt_keys(jwt_.algorithm, text, id);
    if (const auto* wrong = std::get_if<KeyProblem>(&read)) throw ConfigError(place, key, wrong->problem, wrong->remedy);
    std::ranges::copy(*std::get_if<JwtKeys>(&read), std::back_inserter(keys_));
    if (keys_.size() > kJwtKeysMax) throw ConfigError(place, key, "there are too many keys", "keep those that are in use, 16 at most");
  }

  const Config& config_;
  const JwtSettings& jwt_;
  std::vector<std::string>& warnings_;
  JwtKeys keys_;
};

}  // namespace

Access load_access(const Config& config) {
  const AuthSettings& auth = config.server.auth;
  Access access;
  access.stamps = take_stamps(config);  // first: what changes while it is read is read again
  TokenList list;
  if (!auth.tokens_file.empty()) {
    warn_of_permissions(auth.tokens_file, true, access.warnings);
    list = read_tokens_file(auth.tokens_file, config.server.plans, access.warnings);
  }
  JwtKeys keys = KeyReader{config, access.warnings}.read();
  JwtSettings jwt = auth.jwt;
  jwt.key.clear();
  access.authenticator = std::make_shared<const Authenticator>(config.server.plans, std::move(list), std::move(jwt), std::move(keys));
  return access;
}

AccessWatch::AccessWatch(const Config& config, const Access& access, Duration interval)
    : config_(config), stamps_(access.stamps), interval_(interval) {}

AccessWatch::Change AccessWatch::look(MonoTime now) {
  if (looked_once_ && now - looked_ < interval_) return {};
  looked_once_ = true;
  looked_ = now;
  FileStamps stamps = take_stamps(config_);
  if (stamps == stamps_) return {};
  stamps_ = std::move(stamps);
  try {
    Access access = load_access(config_);
    stamps_ = std::move(access.stamps);
    return {.authenticator = std::move(access.authenticator), .complaint = {}, .warnings = std::move(access.warnings)};
  } catch (const ConfigError& error) {
    return {.authenticator = nullptr, .complaint = error.what(), .warnings = {}};
  }
}

}  // namespace tidegate
