// The tokens file: who may log in with an opaque token, by the digest of the token. docs/operating.md describes it.
#pragma once

#include <string>
#include <vector>

#include "gateway/access/access_settings.hpp"

namespace tidegate {

/// Reads the file at `path` as it is now. Adds to `warnings` what is allowed but hardly meant. Throws ConfigError at the first mistake; no complaint
/// holds what stands where a digest should.
[[nodiscard]] TokenList read_tokens_file(const std::string& path, const Plans& plans, std::vector<std::string>& warnings);

}  // namespace tidegate
