// `tidegate login`: for brokers where a person has to log in. Shows the page, takes what it ends at, and writes the access token that it is worth
// where the configuration reads it from.
#pragma once

#include <filesystem>
#include <iosfwd>
#include <span>
#include <string>

#include "brokers/adapter.hpp"

namespace tidegate {

struct LoginOptions {
  std::string broker{};  // its name in the configuration
  std::filesystem::path config{};
  std::string request_token{};     // or the address that carries it; empty: asked for on `in`
  std::filesystem::path output{};  // empty: the file that the configuration names for the token
};

/// What to do goes to `out`, what went wrong to `complaints`; the token to neither. Returns the exit code: 0 when the token is written; 1 when there
/// is none: nothing pasted, the broker refused, or its answer or the file failed; 2 when the configuration or the command line is wrong.
int run_login(const LoginOptions& options, std::span<const Adapter* const> adapters, std::istream& in, std::ostream& out, std::ostream& complaints);

}  // namespace tidegate
