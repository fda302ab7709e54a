#include "gateway/config/access_section.hpp"

#include <algorithm>

#include "gateway/config/credentials.hpp"
#include "gateway/core/channel.hpp"

namespace tidegate {
namespace {

constexpr Duration kLoginTimeoutMin{1'000'000};
constexpr Duration kLoginTimeoutMax{3'600'000'000'000};
constexpr Duration kExpiryNoticeMax{86'400'000'000'000};
constexpr Duration kLeewayMax{300'000'000'000};

/// What a pattern must be besides short and printable; `example` is shown where it is not.
using PatternCheck = void (*)(const Scalar&);

void any_pattern(const Scalar&) {}

void symbol_pattern(const Scalar& pattern) {
  if (pattern.text.find_first_of(":*") != std::string::npos) return;
  pattern.refuse(pattern.shown + " fits no symbol", "write VENUE:NAME, where * stands for any run of characters, such as \"NSE:*\"");
}

void channel_pattern(const Scalar& pattern) {
  const Patterns one{{pattern.text}};
  if (std::ranges::any_of(kChannelNames, [&](std::string_view name) { return one.match(name); })) return;
  pattern.refuse(pattern.shown + " fits no channel", suggest(pattern.text, {kChannelNames.begin(), kChannelNames.end()}, "the channels"));
}

PatternList read_patterns(Section& section, std::string_view key, PatternCheck check) {
  const YamlValue* value = section.value(key);
  if (value == nullptr || value->kind == YamlKind::Null) return std::nullopt;
  std::vector<std::string> patterns;
  for (const Scalar& item : section.texts(key)) {
    const bool printable = std::ranges::none_of(item.text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
    if (item.text.empty() || item.text.size() > kAccessNameBytesMax || !printable) {
      item.refuse(item.shown + " cannot be a pattern", "write 1 to 128 printable characters, where * stands for any run of them");
    }
    check(item);
    patterns.push_back(item.text);
  }
  if (patterns.size() > kAccessListMax) section.refuse(key, "holds more than 256 patterns", "let patterns with * stand for several");
  return patterns;
}

/// One file, or a list of them.
std::vector<std::string> read_key_files(Section& jwt) {
  std::vector<Scalar> names;
  const YamlValue* value = jwt.value("key_file");
  if (value != nullptr && value->kind == YamlKind::List) {
    names = jwt.texts("key_file");
  } else if (const auto one = jwt.optional_scalar("key_file")) {
    names.push_back(*one);
  }
  std::vector<std::string> files;
  for (const Scalar& name : names) {
    const std::filesystem::path path = seen_from(folder_of(name.place), name.text);
    std::string ignored;
    if (const std::string wrong = read_whole_file(path, ignored); !wrong.empty()) {
      name.refuse("the file " + name.shown + " cannot be read (" + wrong + ")", "correct the path or its permissions");
    }
    files.push_back(path.string());
  }
  return files;
}

/// Whether tokens can be verified.
bool read_jwt_section(Section& jwt, JwtSettings& settings, bool skip_key) {
  const std::string name = jwt.choice("algorithm", "HS256", {kJwtAlgorithmNames.begin(), kJwtAlgorithmNames.end()});
  settings.algorithm = static_cast<JwtAlgorithm>(std::ranges::find(kJwtAlgorithmNames, name) - kJwtAlgorithmNames.begin());
  const YamlValue* key = jwt.value("key");
  bool has_key = key != nullptr && key->kind != YamlKind::Null;
  if (const auto text = skip_key ? std::nullopt : jwt.optional_scalar("key")) {
    settings.key = text->text;
    has_key = !settings.key.empty();
  }
  settings.key_files = read_key_files(jwt);
  settings.issuer = jwt.optional_scalar("issuer").value_or(Scalar{}).text;
  settings.audience = jwt.optional_scalar("audience").value_or(Scalar{}).text;
  settings.leeway = jwt.duration("leeway", settings.leeway, Duration{0}, kLeewayMax);
  settings.require_expiry = jwt.boolean("require_expiry", settings.require_expiry);
  has_key = has_key || !settings.key_files.empty();
  for (const std::string_view claim : {"issuer", "audience"}) {
    const bool given = !(claim == "issuer" ? settings.issuer : settings.audience).empty();
    if (given && !has_key) jwt.refuse(claim, "there is no key, and so no JWT is accepted", "add jwt.key or jwt.key_file");
  }
  return has_key;
}

}  // namespace

std::string to_access_name(const Scalar& scalar) {
  if (!is_access_name(scalar.text)) {
    scalar.refuse(scalar.shown + " cannot be a name here", "write 1 to 128 bytes without ':' and control characters");
  }
  return scalar.text;
}

std::optional<Grant> read_grant(Section& section) {
  const PatternList symbols = read_patterns(section, "symbols", symbol_pattern), channels = read_patterns(section, "channels", channel_pattern);
  const PatternList topics = read_patterns(section, "topics", any_pattern), publish = read_patterns(section, "publish", any_pattern);
  if (!symbols && !channels && !topics && !publish) return std::nullopt;
  return make_grant(symbols, channels, topics, publish);
}

void read_plans(Section& server, Plans& plans, WrittenTexts& written) {
  const YamlValue* found = server.value("plans");
  if (found == nullptr || found->kind == YamlKind::Null) return;
  Section all(*found, server.path_of("plans"), written);  // refuses what is not a mapping
  for (const YamlEntry& entry : found->entries) {
    const std::string path = all.path_of(entry.key);
    const std::string name = to_access_name({entry.key, in_quotes(entry.key), path, entry.place, false});
    Section plan(entry.value, path, written);
    plans[name] = read_grant(plan).value_or(Grant{});
    plan.finish();
  }
}

void read_auth(Section& auth, AuthSettings& settings, bool skip_key) {
  settings.required = auth.boolean("required", settings.required);
  settings.tokens_file = auth.file("tokens_file").value_or("");
  const bool jwt = read_jwt_section(auth.child("jwt"), settings.jwt, skip_key);
  settings.login_timeout = auth.duration("login_timeout", settings.login_timeout, kLoginTimeoutMin, kLoginTimeoutMax);
  settings.expiry_notice = auth.duration("expiry_notice", settings.expiry_notice, Duration{0}, kExpiryNoticeMax);
  if (settings.required && settings.tokens_file.empty() && !jwt) {
    auth.refuse("required", "nobody could log in", "name a tokens_file (`tidegate token` makes entries), or a key under jwt");
  }
}

}  // namespace tidegate
