// `tidegate token`: makes a login token and its entry for the tokens file, or the digest of a token that is there already.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "gateway/core/time.hpp"

namespace tidegate {

struct TokenOptions {
  std::string user;
  std::vector<std::string> roles;
  std::string plan;
  std::string expires;  // "90d" from now, any other duration, or a time in UTC; empty: never
  bool hash = false;    // a token from standard input to its SHA-256; makes none
};

/// Prints the token and its YAML entry, one line each, to `out`, and what to do with them to `notes`. The token is shown once and kept nowhere.
/// Returns the exit code: 0, 1 when no randomness is to be had, 2 for wrong options.
int run_token(const TokenOptions& options, UtcTime now, std::istream& in, std::ostream& out, std::ostream& notes);

}  // namespace tidegate
