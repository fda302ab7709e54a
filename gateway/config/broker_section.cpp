#include "gateway/config/broker_section.hpp"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <map>
#include <vector>

#include "gateway/config/ca_file.hpp"
#include "gateway/config/config.hpp"
#include "gateway/config/credentials.hpp"
#include "gateway/config/secret_source.hpp"

namespace tidegate {
namespace {

constexpr std::string_view kInclude = "include";
constexpr Duration kMillisecond{1'000'000};
constexpr Duration kDay{86'400'000'000'000};
constexpr Duration kSecretTimeoutMax{600'000'000'000};

/// Adds to `own` what only `included` has; mappings are joined key by key.
void join(YamlValue& own, YamlValue&& included) {
  for (YamlEntry& entry : included.entries) {
    const auto same = std::find_if(own.entries.begin(), own.entries.end(), [&](const YamlEntry& mine) { return mine.key == entry.key; });
    if (same == own.entries.end()) {
      own.entries.push_back(std::move(entry));
    } else if (same->value.kind == YamlKind::Map && entry.value.kind == YamlKind::Map) {
      join(same->value, std::move(entry.value));
    }
  }
}

/// Replaces `include: FILE` in `value` by what the file holds, and so on in that file. `files` are those already open around it.
void join_includes(YamlValue& value, const std::string& path, std::vector<std::filesystem::path>& files) {
  const YamlEntry* include = value.find(kInclude);
  if (include == nullptr) return;
  WrittenTexts ignored;
  const Scalar named = read_scalar(include->value, join_path(path, kInclude), ignored);
  const std::filesystem::path file = folder_of(named.place) / named.text;
  const std::filesystem::path identity = std::filesystem::weakly_canonical(std::filesystem::absolute(file));
  if (std::find(files.begin(), files.end(), identity) != files.end()) {
    named.refuse("the file " + named.shown + " includes itself, directly or through others", "break the circle");
  }
  std::string content;
  if (const std::string wrong = read_whole_file(file, content); !wrong.empty()) {
    named.refuse("the file " + named.shown + " cannot be read (" + wrong + ")",
                 "correct the path, which counts from the folder of the file it stands in");
  }
  YamlValue included = parse_yaml(content, file.string(), path);
  if (included.kind != YamlKind::Map) {
    throw ConfigError(included.place, path, "the included file holds no mapping", "write the broker's keys in it, such as \"adapter: NAME\"");
  }
  files.push_back(identity);
  join_includes(included, path, files);
  files.pop_back();
  std::erase_if(value.entries, [](const YamlEntry& entry) { return entry.key == kInclude; });
  join(value, std::move(included));
}

const Adapter* find_adapter(const YamlValue& value, const std::string& path, std::span<const Adapter* const> adapters) {
  std::vector<std::string> names;
  for (const Adapter* adapter : adapters) names.emplace_back(adapter->name);
  const YamlEntry* entry = value.find("adapter");
  if (entry == nullptr) throw ConfigError(value.place, join_path(path, "adapter"), "is missing", suggest("", names, "the adapters"));
  WrittenTexts ignored;
  const Scalar name = read_scalar(entry->value, join_path(path, "adapter"), ignored);
  for (const Adapter* adapter : adapters) {
    if (adapter->name == name.text) return adapter;
  }
  name.refuse("there is no adapter " + name.shown, suggest(name.text, names, "the adapters"));
}

bool is_broker_name(std::string_view name) {
  constexpr std::string_view kAllowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return !name.empty() && name.size() <= 64 && name.find_first_not_of(kAllowed) == std::string_view::npos;
}

std::string read_url(Section& section, std::string_view key, std::string_view otherwise, std::string_view plain, bool insecure) {
  const auto found = section.scalar(key);
  if (!found || found->text.empty()) return std::string(otherwise);
  const std::string tls = std::string(plain) + "s";
  const std::string example = "write " + tls + "://HOST[:PORT][/PATH]";
  const std::string shown = found->outside ? found->shown : in_quotes(masked_url(found->text));
  const UrlText url = parse_url(found->text);
  if (!url.url) found->refuse("the URL " + shown + " " + url.problem, example);
  if (url.url->scheme != plain && url.url->scheme != tls) {
    found->refuse("the URL " + shown + " begins with neither " + tls + ":// nor " + std::string(plain) + "://", example);
  }
  if (url.url->scheme == plain && !insecure && !is_loopback(url.url->host)) {
    found->refuse("the URL " + shown + " would send everything unencrypted to a host that is not this machine",
                  "use " + tls + "://, or set insecure: true if that is what you want");
  }
  return found->text;
}

OptionValue to_option(const Scalar& scalar, const OptionSpec& spec) {
  switch (spec.type) {
    case OptionType::Duration:
      return to_duration(scalar, Duration{spec.minimum}, Duration{spec.maximum});
    case OptionType::Size:
      return to_size(scalar, spec.minimum, spec.maximum);
    case OptionType::Integer:
      return to_integer(scalar, spec.minimum, spec.maximum);
    case OptionType::Boolean:
      return to_boolean(scalar);
    case OptionType::Choice:
      return to_choice(scalar, {spec.choices.begin(), spec.choices.end()});
    case OptionType::File:
      return scalar.text.empty() ? std::string() : seen_from(folder_of(scalar.place), scalar.text).string();
    case OptionType::Text:
    case OptionType::Secret:
      break;
  }
  return scalar.text;
}

bool is_login_token(const BrokerSource& source, const OptionSpec& spec) {
  return source.adapter->login != nullptr && spec.key == source.adapter->login->token_key;
}

bool may_be_absent(const BrokerSource& source, const OptionSpec& spec, const LoadOptions& options) {
  if (options.login_at.empty() || spec.type != OptionType::Secret) return false;
  return source.name != options.login_at || is_login_token(source, spec);
}

/// True: there is such a value, but what it refers to is not there yet, which is no mistake here.
bool is_allowed_absence(const BrokerSource& source, const YamlValue* value, const OptionSpec& spec, const LoadOptions& options) {
  if (value == nullptr || value->kind != YamlKind::Scalar || !has_reference(value->text)) return false;
  const bool allowed = may_be_absent(source, spec, options);
  if (!allowed && !is_login_token(source, spec)) return false;  // any other absence is for the reader of the value to find
  const ResolvedText resolved = resolve_text(value->text, folder_of(value->place));
  if (resolved.ok() || !resolved.absent) return false;
  if (allowed) return true;
  if (origin_of(value->text, {}).kind == ValueOrigin::Kind::File) {
    throw ConfigError(value->place, join_path(join_path("brokers", source.name), spec.key), resolved.problem,
                      "log in: tidegate login " + source.name + " --config FILE");
  }
  return false;
}

/// Whom the value names, where it names somebody who has to be asked.
std::optional<SecretSource> source_of(const YamlValue* value) {
  if (value == nullptr || value->kind != YamlKind::Scalar) return std::nullopt;
  return secret_source(value->text, seen_from(folder_of(value->place), "."));
}

/// What the source said, or says when it is asked now.
std::string read_source(const SecretSource& source, const YamlValue& value, const std::string& path, Duration limit, const LoadOptions& options,
                        WrittenTexts& written) {
  written[path] = value.text;
  if (!options.ask_sources) return "x";
  ResolvedText said;
  if (options.answers == nullptr) {
    said = ask(source, limit, std::atomic<bool>{false});
  } else if (const auto found = options.answers->find(source); found != options.answers->end()) {
    said = found->second;
  } else {
    said.problem = renewal_of(value.text, {}) + " is not known yet";
    said.remedy = "wait";
  }
  if (!said.ok()) throw ConfigError(value.place, path, said.problem, said.remedy);
  return said.text;
}

/// A key of the adapter's table; "requests.timeout" stands in the section `requests`.
OptionValue read_option(Section& section, const OptionSpec& spec, const BrokerSource& source, Duration secret_limit, const LoadOptions& options,
                        WrittenTexts& written) {
  Section* holder = &section;
  std::string_view key = spec.key;
  for (std::size_t dot = key.find('.'); dot != std::string_view::npos; dot = key.find('.')) {
    holder = &holder->child(key.substr(0, dot));
    key.remove_prefix(dot + 1);
  }
  const YamlValue* const value = holder->value(key);
  if (const auto asked = spec.type == OptionType::Secret ? source_of(value) : std::nullopt) {
    if (may_be_absent(source, spec, options)) return std::string();
    return read_source(*asked, *value, holder->path_of(key), secret_limit, options, written);
  }
  if (is_allowed_absence(source, value, spec, options)) return std::string();
  auto found = holder->scalar(key);
  if (!found) {
    const bool text = spec.type == OptionType::Text || spec.type == OptionType::File || spec.type == OptionType::Secret;
    if (spec.default_text.empty() && !text) holder->missing(key, "write it: " + std::string(spec.help));
    return to_option({std::string(spec.default_text), in_quotes(spec.default_text), holder->path_of(key), holder->place(), false}, spec);
  }
  if (spec.type == OptionType::Secret && !found->outside) found->shown = "the value";
  return to_option(*found, spec);
}

/// What a person does to renew each Secret of the adapter that the file gives.
std::map<std::string, std::string, std::less<>> renewals(const BrokerSource& source) {
  std::map<std::string, std::string, std::less<>> all;
  for (const OptionSpec& spec : source.adapter->options) {
    const YamlEntry* entry = spec.type == OptionType::Secret ? source.value.find(spec.key) : nullptr;
    if (entry != nullptr) all.emplace(spec.key, renewal_of(entry->value.text, spec.key));
  }
  return all;
}

/// What the adapter itself has to say about options that do not go together.
void ask_adapter(const BrokerSource& source, const BrokerConfig& broker, const LoadOptions& options) {
  if (source.adapter->complaint == nullptr) return;
  BrokerConfig asked = broker;  // with something in place of what may be absent, so that all other complaints come through
  for (const OptionSpec& spec : source.adapter->options) {
    if (may_be_absent(source, spec, options) && broker.text(spec.key).empty())
      asked.options.insert_or_assign(std::string(spec.key), std::string("x"));
  }
  const std::string complaint = source.adapter->complaint(asked);
  if (complaint.empty()) return;
  const std::size_t key_end = std::min(complaint.find(": "), complaint.size());
  const std::size_t problem_end = std::min(complaint.find("; ", key_end), complaint.size());
  const auto after = [&](std::size_t end) { return std::min(end + 2, complaint.size()); };
  const std::string key = complaint.substr(0, key_end);
  const YamlEntry* entry = source.value.find(key);
  throw ConfigError(entry != nullptr ? entry->value.place : source.value.place, join_path(join_path("brokers", source.name), key),
                    complaint.substr(after(key_end), problem_end - std::min(after(key_end), problem_end)), complaint.substr(after(problem_end)));
}

}  // namespace

std::shared_ptr<const BrokerSource> find_broker_source(const YamlEntry& entry, BrokerId id, std::span<const Adapter* const> adapters) {
  const std::string path = join_path("brokers", entry.key);
  if (!is_broker_name(entry.key)) {
    throw ConfigError(entry.place, path, in_quotes(entry.key) + " cannot be a broker's name", "use 1 to 64 letters, digits, - and _");
  }
  auto source = std::make_shared<BrokerSource>(BrokerSource{entry.key, id, entry.value, nullptr});
  if (entry.value.kind != YamlKind::Map) {
    throw ConfigError(entry.value.kind == YamlKind::Null ? entry.place : entry.value.place, path, "has no keys, a mapping is expected",
                      "write at least {adapter: NAME}");
  }
  std::vector<std::filesystem::path> files;
  if (entry.place.file) files.push_back(std::filesystem::weakly_canonical(std::filesystem::absolute(*entry.place.file)));
  join_includes(source->value, path, files);
  source->adapter = find_adapter(source->value, path, adapters);
  return source;
}

/// The file of `ca_file`; empty: none is named.
std::string read_authorities(Section& tls) {
  const std::optional<std::string> file = tls.file("ca_file");
  if (!file) return {};
  const Scalar named = *tls.optional_scalar("ca_file");
  std::string text, wrong = read_whole_file(*file, text);
  if (wrong.empty()) wrong = authorities_problem(text);
  if (!wrong.empty()) named.refuse("the file " + named.shown + " " + wrong, "give certificates in PEM, each with its -----BEGIN CERTIFICATE-----");
  return *file;
}

BrokerConfig read_broker(const BrokerSource& source, WrittenTexts& written, const LoadOptions& options) {
  Section section(source.value, join_path("brokers", source.name), written);
  const BrokerConfig defaults;
  BrokerConfig broker;
  broker.name = source.name;
  broker.id = source.id;
  broker.adapter = section.text("adapter", "");
  broker.insecure = section.boolean("insecure", false);
  broker.ws_url = read_url(section, "ws_url", source.adapter->default_ws_url, "ws", broker.insecure);
  broker.rest_url = read_url(section, "rest_url", source.adapter->default_rest_url, "http", broker.insecure);
  Section& tls = section.child("tls");
  broker.tls_verify = tls.boolean("verify", true);
  broker.tls_ca_file = read_authorities(tls);
  Section& reconnect = section.child("reconnect");
  broker.reconnect_initial = reconnect.duration("initial", defaults.reconnect_initial, kMillisecond, kDay);
  broker.reconnect_maximum = reconnect.duration("maximum", defaults.reconnect_maximum, kMillisecond, kDay);
  if (broker.reconnect_initial > broker.reconnect_maximum) {
    reconnect.refuse(reconnect.value("initial") != nullptr ? "initial" : "maximum",
                     "initial " + duration_text(broker.reconnect_initial) + " is longer than maximum " + duration_text(broker.reconnect_maximum),
                     "the first wait must not exceed the longest one");
  }
  broker.stale_after = section.duration("stale_after", defaults.stale_after, kMillisecond, kDay);
  broker.linger = section.duration("linger", defaults.linger, Duration{0}, kDay);
  broker.required = section.boolean("required", true);
  broker.secret_timeout = section.duration("secret_timeout", defaults.secret_timeout, kMillisecond, kSecretTimeoutMax);
  for (const OptionSpec& spec : source.adapter->options) {
    broker.options.emplace(spec.key, read_option(section, spec, source, broker.secret_timeout, options, written));
  }
  section.finish();
  broker.secret_sources = renewals(source);
  ask_adapter(source, broker, options);
  return broker;
}

const Adapter& adapter_of(const Config& config, BrokerId broker) { return *config.broker_sources.at(broker.value())->adapter; }

ValueOrigin secret_origin(const Config& config, BrokerId broker, std::string_view key) {
  const YamlEntry* entry = config.broker_sources.at(broker.value())->value.find(key);
  if (entry == nullptr || entry->value.kind != YamlKind::Scalar) return {};
  return origin_of(entry->value.text, folder_of(entry->value.place));
}

BrokerConfig read_broker_again(const Config& config, BrokerId broker, const SecretAnswers& answers) {
  WrittenTexts written;
  LoadOptions options;
  options.answers = &answers;
  return read_broker(*config.broker_sources.at(broker.value()), written, options);
}

std::vector<SecretSource> secret_sources_of(const Config& config, BrokerId broker) {
  const BrokerSource& source = *config.broker_sources.at(broker.value());
  std::vector<SecretSource> sources;
  for (const OptionSpec& spec : source.adapter->options) {
    const YamlEntry* const entry = spec.type == OptionType::Secret ? source.value.find(spec.key) : nullptr;
    if (auto asked = entry == nullptr ? std::nullopt : source_of(&entry->value)) sources.push_back(std::move(*asked));
  }
  std::sort(sources.begin(), sources.end());
  sources.erase(std::unique(sources.begin(), sources.end()), sources.end());
  return sources;
}

}  // namespace tidegate
