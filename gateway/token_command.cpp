#include "gateway/token_command.hpp"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <istream>
#include <optional>
#include <ostream>
#include <string_view>

#include "gateway/access/access_settings.hpp"
#include "gateway/access/base64url.hpp"
#include "gateway/config/values.hpp"

namespace tidegate {
namespace {

constexpr int kUsageError = 2;
constexpr std::string_view kTokenPrefix = "tg_";  // so that a token in a wrong place can be recognised as one
constexpr std::size_t kTokenRandomBytes = 32;
constexpr std::int64_t kDayNanoseconds = 86'400'000'000'000;
constexpr std::int64_t kDaysMax = 36'500;

int refuse(std::ostream& notes, std::string_view problem) {
  notes << "tidegate token: " << problem << '\n';
  return kUsageError;
}

/// In double quotes, as YAML reads JSON's texts. Names hold no control characters.
std::string yaml_quoted(std::string_view name) {
  std::string text = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + "\"";
}

/// 256 random bits; empty: there is no randomness.
std::string make_token() {
  std::array<unsigned char, kTokenRandomBytes> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) return {};
  std::string token{kTokenPrefix};
  token += encode_base64url({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  OPENSSL_cleanse(bytes.data(), bytes.size());
  return token;
}

std::optional<UtcTime> parse_expiry(std::string_view text, UtcTime now) {
  if (text.ends_with('d')) {
    const auto days = parse_integer(text.substr(0, text.size() - 1));
    if (!days || *days < 1 || *days > kDaysMax) return std::nullopt;
    return UtcTime{now.ns + *days * kDayNanoseconds};
  }
  if (const auto duration = parse_duration(text)) {
    if (duration->count() < 1 || duration->count() > kDaysMax * kDayNanoseconds) return std::nullopt;
    return UtcTime{now.ns + duration->count()};
  }
  return parse_utc_time(text);
}

/// To whole seconds.
std::string time_text(UtcTime time) { return to_rfc3339(time).substr(0, 19) + "Z"; }

std::string entry_text(const TokenOptions& options, const Sha256& digest, const std::optional<UtcTime>& expires) {
  std::string entry = "- {sha256: " + digest_text(digest) + ", user: " + yaml_quoted(options.user);
  if (!options.roles.empty()) {
    entry += ", roles: [";
    for (const std::string& role : options.roles) entry += (entry.ends_with('[') ? "" : ", ") + yaml_quoted(role);
    entry += "]";
  }
  if (!options.plan.empty()) entry += ", plan: " + yaml_quoted(options.plan);
  entry += ", active: true";
  if (expires) entry += ", expires: " + yaml_quoted(time_text(*expires));
  return entry + "}";
}

int hash_token(std::istream& in, std::ostream& out, std::ostream& notes) {
  std::string token;
  std::getline(in, token);
  if (token.ends_with('\r')) token.pop_back();
  if (token.empty()) return refuse(notes, "nothing came on standard input; write the token there, on one line");
  if (token.size() > kLoginTokenBytesMax) return refuse(notes, "the token is longer than 8 KiB, and would be refused at every login");
  out << digest_text(token_digest(token)) << '\n';
  return 0;
}

}  // namespace

int run_token(const TokenOptions& options, UtcTime now, std::istream& in, std::ostream& out, std::ostream& notes) {
  if (options.hash) return hash_token(in, out, notes);
  if (options.user.empty()) return refuse(notes, "whose token? give --user NAME, or --hash for the digest of a token that is there already");
  std::vector<std::string> names = options.roles;
  names.push_back(options.user);
  if (!options.plan.empty()) names.push_back(options.plan);
  if (!std::ranges::all_of(names, is_access_name)) {
    return refuse(notes, "users, roles and plans have 1 to 128 bytes without ':' and control characters");
  }
  std::optional<UtcTime> expires;
  if (!options.expires.empty()) {
    expires = parse_expiry(options.expires, now);
    if (!expires) return refuse(notes, "--expires takes days such as 90d, a duration such as 12h, or a time in UTC such as 2027-01-31T18:00:00Z");
    if (*expires <= now) return refuse(notes, "--expires lies in the past");
  }
  const std::string token = make_token();
  if (token.empty()) {
    notes << "tidegate token: the system gave no random bytes\n";
    return 1;
  }
  notes << "The token, shown this once, and its entry for the list `tokens` of the file that server.auth.tokens_file names:\n" << std::flush;
  out << token << '\n' << entry_text(options, token_digest(token), expires) << '\n';
  return 0;
}

}  // namespace tidegate
