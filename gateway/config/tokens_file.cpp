#include "gateway/config/tokens_file.hpp"

#include <algorithm>
#include <map>

#include "gateway/config/access_section.hpp"
#include "gateway/config/yaml_section.hpp"

namespace tidegate {
namespace {

constexpr std::string_view kHashIt = "write its SHA-256, which `tidegate token --hash` prints; make new ones with `tidegate token --user NAME`";
constexpr std::string_view kEntryKeys[] = {"sha256", "user", "roles", "plan", "active", "expires", "symbols", "channels", "topics", "publish"};

class TokensFile {
 public:
  TokensFile(const Plans& plans, std::vector<std::string>& warnings) : warnings_(warnings) {
    for (const auto& [name, grant] : plans) plan_names_.push_back(name);
  }

  TokenList read(const YamlValue& tree) {
    Section root(tree, "", written_);
    read_users(root);
    const YamlValue* tokens = root.value("tokens");
    if (tokens == nullptr) root.missing("tokens", "write a list, such as `tokens: []`; `tidegate token --user NAME` makes its entries");
    require_list(*tokens, "tokens");
    for (std::size_t i = 0; i < tokens->items.size(); ++i) read_token(tokens->items[i], "tokens[" + std::to_string(i) + "]");
    root.finish();
    return std::move(list_);
  }

 private:
  void read_users(Section& root) {
    const YamlValue* users = root.value("users");
    if (users == nullptr || users->kind == YamlKind::Null) return;
    Section all(*users, "users", written_);  // refuses what is not a mapping
    list_.users.emplace();
    for (const YamlEntry& entry : users->entries) {
      const std::string path = all.path_of(entry.key);
      Section section(entry.value, path, written_);
      UserRecord& user = (*list_.users)[to_access_name({entry.key, in_quotes(entry.key), path, entry.place, false})];
      user.active = section.boolean("active", true);
      user.roles = read_roles(section);
      user.plan = read_plan(section);
      user.own = read_grant(section);
      section.finish();
    }
  }

  void read_token(const YamlValue& value, const std::string& path) {
    refuse_secret_keys(value, path);
    Section section(value, path, written_);
    TokenRecord token;
    token.digest = read_digest(section);
    const auto user = section.scalar("user");
    if (!user) section.missing("user", "say whose token it is");
    token.claims.user = to_access_name(*user);
    token.claims.roles = read_roles(section);
    token.claims.plan = read_plan(section);
    token.claims.own = read_grant(section);
    token.claims.expires = read_expiry(section);
    token.active = section.boolean("active", true);
    section.finish();
    if (list_.users && !list_.users->contains(token.claims.user)) {
      warnings_.push_back(*value.place.file + ":" + std::to_string(value.place.line) + ": " + path + ": its user " + in_quotes(token.claims.user) +
                          " does not stand under users, so this token is refused");
    }
    list_.tokens.push_back(std::move(token));
  }

  /// `{THE-TOKEN: alice}`, or `token: THE-TOKEN`: no complaint may repeat it.
  static void refuse_secret_keys(const YamlValue& value, const std::string& path) {
    for (const YamlEntry& entry : value.entries) {
      if (std::ranges::find(kEntryKeys, entry.key) != std::end(kEntryKeys)) continue;
      if (entry.key == "token") throw ConfigError(entry.place, join_path(path, entry.key), "a token itself does not belong here", kHashIt);
      if (entry.key.size() >= 16) throw ConfigError(entry.place, path, "holds a key that is none of a token's, and may be the token itself", kHashIt);
    }
  }

  Sha256 read_digest(Section& section) {
    const auto text = section.scalar("sha256");
    if (!text) section.missing("sha256", kHashIt);
    const auto digest = parse_digest(text->text);
    if (!digest) text->refuse("is not a SHA-256 digest of 64 hexadecimal digits; if it is the token itself, it is no secret any more", kHashIt);
    const auto [earlier, is_new] = seen_.emplace(*digest, text->place.line);
    if (!is_new) text->refuse("stands here a second time, first on line " + std::to_string(earlier->second), "keep one entry for a token");
    return *digest;
  }

  static std::vector<std::string> read_roles(Section& section) {
    std::vector<std::string> roles;
    for (const Scalar& role : section.texts("roles")) roles.push_back(to_access_name(role));
    if (roles.size() > kAccessListMax) section.refuse("roles", "holds more than 256 roles", "keep those that mean something here");
    return roles;
  }

  std::string read_plan(Section& section) const {
    const auto plan = section.optional_scalar("plan");
    if (!plan) return {};
    if (std::ranges::find(plan_names_, plan->text) == plan_names_.end()) {
      plan->refuse("there is no plan " + plan->shown + " under server.plans", suggest(plan->text, plan_names_, "the plans"));
    }
    return plan->text;
  }

  static std::optional<UtcTime> read_expiry(Section& section) {
    const auto text = section.optional_scalar("expires");
    if (!text) return std::nullopt;
    const auto time = parse_utc_time(text->text);
    if (!time) text->refuse(text->shown + " is not a time", "write it in UTC, such as 2027-01-31T18:00:00Z, or a day, such as 2027-01-31");
    return time;
  }

  std::vector<std::string>& warnings_;
  std::vector<std::string> plan_names_;
  WrittenTexts written_;
  std::map<Sha256, int> seen_;
  TokenList list_;
};

}  // namespace

TokenList read_tokens_file(const std::string& path, const Plans& plans, std::vector<std::string>& warnings) {
  std::string content;
  if (const std::string wrong = read_whole_file(path, content); !wrong.empty()) {
    throw ConfigError({std::make_shared<const std::string>(path), 1, 1}, "tokens", "the file cannot be read (" + wrong + ")",
                      "correct server.auth.tokens_file or its permissions");
  }
  return TokensFile{plans, warnings}.read(parse_yaml(content, path, ""));
}

}  // namespace tidegate
