#include "gateway/reload_plan.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <set>
#include <string_view>
#include <utility>

#include "gateway/config/broker_section.hpp"
#include "gateway/config/yaml_tree.hpp"

namespace tidegate {
namespace {

constexpr std::size_t kBrokersEver = 60'000;  // a BrokerId is never used for another name

enum class Difference : std::uint8_t {
  None,  // for its session
  Credentials,
  Any,
};

// ---- the keys of a configuration ----

using Keys = std::map<std::string, std::string>;  // dotted key to its value as text

/// Compared as a whole, under their own names.
constexpr std::array<std::string_view, 4> kLists = {"routing", "instruments", "subscriptions", "calendars"};

/// All keys but those of brokers, from the lines of the effective configuration. Secrets are masked there: those that a reload applies are compared
/// elsewhere.
Keys keys_of(const Config& config) {
  const std::string text = print_config(config);
  Keys keys;
  std::vector<std::string> path;
  for (std::string_view rest = text; !rest.empty();) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const std::size_t indent = line.find_first_not_of(' ');
    if (indent == std::string_view::npos || line[indent] == '#') continue;
    const bool inside = indent != 0 && !path.empty();
    if (inside && path.front() == "brokers") continue;
    if (inside && std::find(kLists.begin(), kLists.end(), path.front()) != kLists.end()) {
      keys[path.front()].append(line).append("\n");
      continue;
    }
    path.resize(std::min(path.size(), indent / 2));
    line.remove_prefix(indent);
    const std::size_t colon = line.ends_with(':') ? line.size() - 1 : line.find(": ");
    path.emplace_back(line.substr(0, colon));
    if (colon + 1 >= line.size()) continue;  // a section begins
    std::string key = path.front();
    for (std::size_t i = 1; i < path.size(); ++i) key = join_path(key, path[i]);
    keys[key] = line.substr(colon + 2);
  }
  return keys;
}

bool begins_with(std::string_view text, std::initializer_list<std::string_view> beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(), [text](std::string_view beginning) { return text.starts_with(beginning); });
}

/// Where we listen, what threads there are and how large their queues are is decided once.
bool waits_for_restart(std::string_view key) { return begins_with(key, {"server.listen", "server.tls.", "pipeline.", "log.", "calendars"}); }

// ---- brokers ----

/// Of keys whose value comes from outside, the reference is compared: sessions follow what stands behind it by themselves.
bool same_secret(const Config& before, const Config& after, const std::string& path, const OptionValue& old_value, const OptionValue& new_value) {
  const auto old_text = before.written.find(path);
  const auto new_text = after.written.find(path);
  const bool was_reference = old_text != before.written.end();
  const bool is_reference = new_text != after.written.end();
  if (was_reference || is_reference) return was_reference && is_reference && old_text->second == new_text->second;
  return old_value == new_value;
}

/// The ids under `instruments:` that name the broker, by symbol.
std::map<std::string, std::string> ids_of(const Config& config, const std::string& broker) {
  std::map<std::string, std::string> ids;
  for (const InstrumentConfig& instrument : config.instruments) {
    for (const auto& [name, id] : instrument.ids) {
      if (name == broker) ids.emplace(instrument.symbol, id);
    }
  }
  return ids;
}

enum class Names : std::uint8_t {
  Same,
  ComeOrGo,
  MeanOthers,  // one of them stands for another id now
};

Names compare_names(const std::map<std::string, std::string>& before, const std::map<std::string, std::string>& after) {
  if (before == after) return Names::Same;
  const bool kept = std::all_of(before.begin(), before.end(), [&](const auto& named) {
    const auto still = after.find(named.first);
    return still == after.end() || still->second == named.second;
  });
  return kept ? Names::ComeOrGo : Names::MeanOthers;
}

bool same_common_keys(const BrokerConfig& a, const BrokerConfig& b) {
  return a.adapter == b.adapter && a.ws_url == b.ws_url && a.rest_url == b.rest_url && a.tls_verify == b.tls_verify &&
         a.tls_ca_file == b.tls_ca_file && a.reconnect_initial == b.reconnect_initial && a.reconnect_maximum == b.reconnect_maximum &&
         a.stale_after == b.stale_after && a.secret_timeout == b.secret_timeout && a.insecure == b.insecure;
}

/// `required` and `linger` are the gateway's own business: they are no difference.
Difference difference(const Config& before, const BrokerConfig& a, const Config& after, const BrokerConfig& b) {
  if (!same_common_keys(a, b)) return Difference::Any;
  bool credentials = false;
  for (const OptionSpec& spec : after.broker_sources[b.id.value()]->adapter->options) {
    const OptionValue& old_value = a.options.find(spec.key)->second;
    const OptionValue& new_value = b.options.find(spec.key)->second;
    if (spec.type != OptionType::Secret) {
      if (old_value != new_value) return Difference::Any;
    } else if (!same_secret(before, after, join_path(join_path("brokers", b.name), spec.key), old_value, new_value)) {
      credentials = true;
    }
  }
  if (!credentials) return Difference::None;
  // What programs and web servers say is fetched for one session.
  const bool asks = !secret_sources_of(before, a.id).empty() || !secret_sources_of(after, b.id).empty();
  return asks ? Difference::Any : Difference::Credentials;
}

BrokerId seat_of(const Config& running, const std::string& name, std::size_t seats) {
  const auto known =
      std::find_if(running.brokers.begin(), running.brokers.end(), [&name](const BrokerConfig& broker) { return broker.name == name; });
  return known != running.brokers.end() ? known->id : BrokerId{static_cast<std::uint16_t>(seats)};
}

void sit_down(Config& config, const Config& fresh, const BrokerConfig& broker, BrokerId seat) {
  const std::size_t i = seat.value();
  if (i == config.brokers.size()) {
    config.brokers.emplace_back();
    config.broker_sources.emplace_back();
  }
  auto source = std::make_shared<BrokerSource>(*fresh.broker_sources[broker.id.value()]);
  source->id = seat;
  config.broker_sources[i] = std::move(source);
  config.brokers[i] = broker;
  config.brokers[i].id = seat;
}

/// Everything of `fresh` except what waits for a restart; brokers as in `running`.
Config base_of(const Config& running, const Config& fresh) {
  Config config = fresh;
  config.brokers = running.brokers;
  config.broker_sources = running.broker_sources;
  config.server.listen = running.server.listen;
  config.server.tls = running.server.tls;
  config.pipeline = running.pipeline;
  config.calendars = running.calendars;
  config.log = running.log;
  return config;
}

void compare_brokers(ReloadPlan& plan, const Config& running, const std::vector<bool>& retired, const Config& fresh,
                     const std::function<bool(BrokerId)>& renewable) {
  plan.retired.assign(running.brokers.size(), true);
  for (const BrokerConfig& broker : fresh.brokers) {
    const BrokerId seat = seat_of(running, broker.name, plan.config.brokers.size());
    const bool known = seat.value() < running.brokers.size() && !retired[seat.value()];
    if (seat.value() >= kBrokersEver) {
      throw ConfigError(fresh.broker_sources[broker.id.value()]->value.place, join_path("brokers", broker.name),
                        "is one broker more than this process can tell apart", "restart the gateway");
    }
    if (seat.value() == plan.retired.size()) plan.retired.push_back(false);
    plan.retired[seat.value()] = false;
    if (!known) {
      plan.added.push_back(seat);
    } else {
      const Names names = compare_names(ids_of(running, broker.name), ids_of(fresh, broker.name));
      const Difference different = names == Names::MeanOthers ? Difference::Any : difference(running, running.brokers[seat.value()], fresh, broker);
      const bool renews = different == Difference::Credentials && renewable(seat);
      if (renews) plan.renewed.push_back(seat);
      if (different != Difference::None && !renews) {
        plan.changed.push_back(seat);
      } else if (names == Names::ComeOrGo) {
        plan.relisted.push_back(seat);
      }
    }
    sit_down(plan.config, fresh, broker, seat);
  }
  for (std::size_t i = 0; i < running.brokers.size(); ++i) {
    if (plan.retired[i] && !retired[i]) plan.removed.emplace_back(static_cast<std::uint16_t>(i));
  }
}

void compare_keys(ReloadPlan& plan, const Config& running, const Config& fresh) {
  const Keys before = keys_of(running);
  const Keys after = keys_of(fresh);
  std::set<std::string> different;
  for (const auto& [key, value] : after) {
    const auto known = before.find(key);
    if (known == before.end() || known->second != value) different.insert(key);
  }
  for (const auto& [key, value] : before) {
    if (!after.contains(key)) different.insert(key);
  }
  for (const std::string& key : different) (waits_for_restart(key) ? plan.waiting : plan.applied).push_back(key);
  for (const BrokerConfig& broker : fresh.brokers) {
    const BrokerId seat = seat_of(running, broker.name, running.brokers.size());
    if (seat.value() == running.brokers.size()) continue;
    const BrokerConfig& old = running.brokers[seat.value()];
    if (old.required != broker.required) plan.applied.push_back(join_path(join_path("brokers", broker.name), "required"));
    if (old.linger != broker.linger) plan.applied.push_back(join_path(join_path("brokers", broker.name), "linger"));
  }
}

using Json = rapidjson::Writer<rapidjson::StringBuffer>;

void put_names(Json& json, const char* key, const std::vector<std::string>& names) {
  json.Key(key);
  json.StartArray();
  for (const std::string& name : names) json.String(name.data(), static_cast<rapidjson::SizeType>(name.size()));
  json.EndArray();
}

std::vector<std::string> names_of(const Config& config, const std::vector<BrokerId>& brokers) {
  std::vector<std::string> names;
  names.reserve(brokers.size());
  for (const BrokerId broker : brokers) names.push_back(config.brokers[broker.value()].name);
  return names;
}

void add_words(std::string& line, std::string_view what, const std::vector<std::string>& names) {
  if (names.empty()) return;
  line.append(line.empty() ? "" : "; ").append(what).append(" ");
  for (std::size_t i = 0; i < names.size(); ++i) line.append(i == 0 ? "" : ", ").append(names[i]);
}

}  // namespace

ReloadPlan plan_reload(const Config& running, const std::vector<bool>& retired, const Config& fresh, const std::function<bool(BrokerId)>& renewable) {
  ReloadPlan plan;
  plan.config = base_of(running, fresh);
  compare_brokers(plan, running, retired, fresh, renewable);
  compare_keys(plan, running, fresh);
  return plan;
}

std::string ReloadPlan::json() const {
  rapidjson::StringBuffer buffer;
  Json writer{buffer};
  writer.StartObject();
  put_names(writer, "added", names_of(config, added));
  put_names(writer, "removed", names_of(config, removed));
  put_names(writer, "changed", names_of(config, changed));
  put_names(writer, "renewed", names_of(config, renewed));
  put_names(writer, "relisted", names_of(config, relisted));
  put_names(writer, "applied", applied);
  put_names(writer, "waits_for_restart", waiting);
  writer.EndObject();
  return {buffer.GetString() + 1, buffer.GetSize() - 2};
}

std::string ReloadPlan::words() const {
  std::string line;
  add_words(line, "added", names_of(config, added));
  add_words(line, "removed", names_of(config, removed));
  add_words(line, "begin anew:", names_of(config, changed));
  add_words(line, "new credentials:", names_of(config, renewed));
  add_words(line, "other names of instruments:", names_of(config, relisted));
  add_words(line, "applied", applied);
  add_words(line, "a restart applies", waiting);
  return line;
}

}  // namespace tidegate
