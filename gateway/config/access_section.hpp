// `server.auth` and `server.plans`, and what they share with the tokens file: lists of patterns.
#pragma once

#include <optional>

#include "gateway/access/access_settings.hpp"
#include "gateway/config/yaml_section.hpp"

namespace tidegate {

/// The dotted path of the JWT key, whose text is read again at each reload.
inline constexpr std::string_view kJwtKeyPath = "server.auth.jwt.key";

/// `skip_key`: the text of server.auth.jwt.key is not needed and may refer to what is not there yet.
void read_auth(Section& auth, AuthSettings& settings, bool skip_key);

/// Puts the plans of the file over the built-in ones.
void read_plans(Section& server, Plans& plans, WrittenTexts& written);

/// `symbols`, `channels`, `topics`, `publish`; nothing when none of them is there.
[[nodiscard]] std::optional<Grant> read_grant(Section& section);

/// A user, a role or a plan.
[[nodiscard]] std::string to_access_name(const Scalar& scalar);

}  // namespace tidegate
