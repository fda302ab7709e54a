// The JSON inside a JSON Web Token, read strictly: what is absent is absent, what has another type than it must have is a fault.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "gateway/access/jwt.hpp"

namespace tidegate {

/// What we look at in a header. Other members (`typ`, and `jku`, `jwk`, `x5c`, which bring keys of the sender's choice) are passed over.
struct JwtHeader {
  std::string algorithm;
  std::string key_id;     // `kid`; empty: none
  bool critical = false;  // `crit` is there
};

[[nodiscard]] std::variant<JwtHeader, JwtRefusal> read_jwt_header(std::string_view json);

/// The claims of a token whose signature fits, checked against what is configured and the time.
[[nodiscard]] std::variant<Claims, JwtRefusal> read_jwt_claims(std::string_view json, const JwtSettings& settings, UtcTime now);

}  // namespace tidegate
