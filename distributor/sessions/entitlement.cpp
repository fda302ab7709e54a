#include "distributor/sessions/entitlement.hpp"

namespace tidegate::distributor {

Complaint entitlement_complaint(const Identity& identity, std::string_view symbol, Channel channel) {
  if (identity.may_see(symbol, channel)) return {};
  return not_entitled(identity, "channel " + std::string(to_text(channel)) + " of " + std::string(symbol));
}

Complaint not_entitled(const Identity& identity, std::string_view what) {
  std::string hint;
  if (identity.user.empty()) {
    hint = "log in: the plan of anonymous clients does not grant it";
  } else {
    hint = "the login of " + identity.user;
    if (identity.roles.empty()) {
      hint += " (no roles)";
    } else {
      hint += " (roles:";
      for (const std::string& role : identity.roles) hint += " " + role;
      hint += ")";
    }
    hint += " does not grant it: ask for a plan under server.plans that does";
  }
  return {code::kNotEntitled, "not entitled to " + std::string(what), std::move(hint)};
}

}  // namespace tidegate::distributor
