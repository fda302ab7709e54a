#include "gateway/access/jwt_claims.hpp"

#include <rapidjson/document.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace tidegate {
namespace {

// Beyond the year 9999 a number of seconds is one of milliseconds, or nonsense.
constexpr double kSecondsMax = 253'402'300'799.0;
constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;
// UtcTime ends in 2262: whatever lies later lies here.
constexpr std::int64_t kFarSeconds = 9'000'000'000;

std::string_view view_of(const rapidjson::Value& text) { return {text.GetString(), text.GetStringLength()}; }

/// Typed reading of one object's members; keeps the first fault.
class Members {
 public:
  explicit Members(std::string_view json) {
    // A zero byte would end the text for the parser, and hide what follows; a byte order mark it would pass over.
    if (json.find('\0') != std::string_view::npos || json.starts_with("\xEF\xBB\xBF")) {
      fail("");
      return;
    }
    // Without kParseFullPrecisionFlag: that counts the leading zeros of nothing in a number such as 0e0150, which C++ leaves undefined.
    constexpr unsigned kFlags = rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;
    document_.Parse<kFlags>(json.data(), json.size());
    if (document_.HasParseError() || !document_.IsObject() || has_duplicates()) fail("");
  }

  [[nodiscard]] const std::optional<JwtRefusal>& fault() const { return fault_; }
  void fail(std::string_view member) {
    if (!fault_) fault_ = JwtRefusal{.fault = JwtFault::Malformed, .member = member};
  }

  [[nodiscard]] const rapidjson::Value* find(std::string_view name) const {
    if (fault_) return nullptr;
    const auto found = document_.FindMember(rapidjson::Value(rapidjson::StringRef(name.data(), name.size())));
    return found == document_.MemberEnd() ? nullptr : &found->value;
  }

  std::string text(std::string_view name) {
    const rapidjson::Value* value = find(name);
    if (value == nullptr) return {};
    if (value->IsString()) return std::string(view_of(*value));
    fail(name);
    return {};
  }

  /// A NumericDate (RFC 7519 section 2): seconds since 1970, whole or not.
  std::optional<UtcTime> time(std::string_view name) {
    const rapidjson::Value* value = find(name);
    if (value == nullptr) return std::nullopt;
    const double seconds = value->IsNumber() ? value->GetDouble() : -1;
    if (!(seconds >= 0 && seconds <= kSecondsMax)) {
      fail(name);
      return std::nullopt;
    }
    return UtcTime{std::min(static_cast<std::int64_t>(seconds), kFarSeconds) * kNanosecondsPerSecond};
  }

  /// Nothing where the member is absent.
  std::optional<std::vector<std::string>> texts(std::string_view name) {
    const rapidjson::Value* value = find(name);
    if (value == nullptr) return std::nullopt;
    std::vector<std::string> list;
    if (!value->IsArray() || value->Size() > kAccessListMax) {
      fail(name);
      return std::nullopt;
    }
    for (const rapidjson::Value& item : value->GetArray()) {
      if (!item.IsString() || item.GetStringLength() == 0 || item.GetStringLength() > kAccessNameBytesMax) {
        fail(name);
        return std::nullopt;
      }
      list.emplace_back(view_of(item));
    }
    return list;
  }

  /// A user as text, or as the whole number that many systems give their users.
  std::string user(std::string_view name) {
    const rapidjson::Value* value = find(name);
    return value != nullptr && value->IsUint64() ? std::to_string(value->GetUint64()) : text(name);
  }

 private:
  [[nodiscard]] bool has_duplicates() const {
    std::vector<std::string_view> names;
    for (const auto& member : document_.GetObject()) names.push_back(view_of(member.name));
    std::ranges::sort(names);
    return std::ranges::adjacent_find(names) != names.end();
  }

  rapidjson::Document document_;
  std::optional<JwtRefusal> fault_;
};

/// `aud` is one text or a list of them (RFC 7519 section 4.1.3).
bool names_audience(Members& members, const std::string& audience) {
  const rapidjson::Value* value = members.find("aud");
  if (value == nullptr) return false;
  if (value->IsString()) return view_of(*value) == audience;
  const auto list = members.texts("aud");
  return list && std::ranges::find(*list, audience) != list->end();
}

std::optional<Grant> read_own_grant(Members& members) {
  const auto symbols = members.texts("symbols"), channels = members.texts("channels");
  const auto topics = members.texts("topics"), publish = members.texts("publish");
  if (!symbols && !channels && !topics && !publish) return std::nullopt;
  return make_grant(symbols, channels, topics, publish);
}

std::vector<std::string> read_roles(Members& members) {
  std::vector<std::string> roles = members.texts("roles").value_or(std::vector<std::string>{});
  if (std::string role = members.text("role"); !role.empty()) roles.push_back(std::move(role));
  return roles;
}

/// `exp`, `nbf` and `iat` against the time. What does not end never does so in `claims` either.
std::optional<JwtRefusal> check_times(Members& members, const JwtSettings& settings, UtcTime now, Claims& claims) {
  const auto expiry = members.time("exp"), begin = members.time("nbf"), issued = members.time("iat");
  if (members.fault()) return members.fault();
  if (!expiry && settings.require_expiry) return JwtRefusal{.fault = JwtFault::NoExpiry};
  if (expiry) {
    claims.expires = UtcTime{expiry->ns + settings.leeway.count()};
    if (now >= *claims.expires) return JwtRefusal{.fault = JwtFault::Expired, .at = *expiry};
  }
  for (const auto& moment : {begin, issued}) {
    if (moment && now.ns < moment->ns - settings.leeway.count()) return JwtRefusal{.fault = JwtFault::NotYetValid, .at = *moment};
  }
  return std::nullopt;
}

}  // namespace

std::variant<JwtHeader, JwtRefusal> read_jwt_header(std::string_view json) {
  Members members{json};
  JwtHeader header{.algorithm = members.text("alg"), .key_id = members.text("kid"), .critical = members.find("crit") != nullptr};
  if (members.fault()) return *members.fault();
  return header;
}

std::variant<Claims, JwtRefusal> read_jwt_claims(std::string_view json, const JwtSettings& settings, UtcTime now) {
  Members members{json};
  Claims claims;
  const std::string issuer = members.text("iss");
  const bool right_audience = settings.audience.empty() || names_audience(members, settings.audience);
  claims.user = members.find("sub") != nullptr ? members.user("sub") : members.user("user_id");
  claims.roles = read_roles(members);
  claims.plan = members.text("plan");
  claims.own = read_own_grant(members);
  const std::optional<JwtRefusal> wrong_time = check_times(members, settings, now, claims);
  if (members.fault()) return *members.fault();
  if (!settings.issuer.empty() && issuer != settings.issuer) return JwtRefusal{.fault = JwtFault::WrongIssuer};
  if (!right_audience) return JwtRefusal{.fault = JwtFault::WrongAudience};
  if (wrong_time) return *wrong_time;
  if (!is_access_name(claims.user)) return JwtRefusal{.fault = JwtFault::NoUser};
  return claims;
}

}  // namespace tidegate
