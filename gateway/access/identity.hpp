// Who a client is and what it may see, read and publish. Pure values, made at a login and shared by what serves that client.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/core/channel.hpp"
#include "gateway/core/time.hpp"

namespace tidegate {

/// A list of patterns: `*` stands for any run of characters, all else for itself. Matching is linear in text times pattern, whatever they hold.
class Patterns {
 public:
  Patterns() = default;
  explicit Patterns(std::vector<std::string> patterns) : patterns_(std::move(patterns)) {}

  [[nodiscard]] bool match(std::string_view text) const;
  [[nodiscard]] bool empty() const { return patterns_.empty(); }
  [[nodiscard]] const std::vector<std::string>& texts() const { return patterns_; }

 private:
  std::vector<std::string> patterns_;
};

/// What one plan, role or token grants. Several add up.
struct Grant {
  Patterns symbols;   // "NSE:*", "BINANCE:BTC*"
  Patterns channels;  // "trade", "candle_*"
  Patterns topics;    // may be subscribed
  Patterns publish;   // may be published to
};

struct Claims;

/// What a login rests on; after a reload it is asked whether that still counts. Never shown to anybody.
struct Credential {
  enum class Kind : std::uint8_t { None, Token, Jwt };
  Kind kind = Kind::None;                     // None: anonymous
  std::array<std::uint8_t, 32> digest{};      // SHA-256 of the token, or fingerprint of the key that signed the JWT
  std::shared_ptr<const Claims> claims = {};  // what the token itself said
};

struct Identity {
  std::string user;  // empty: anonymous
  std::vector<std::string> roles;
  std::vector<Grant> grants;
  std::optional<UtcTime> expires;  // of the login; nothing: it does not end by itself
  bool admin = false;
  Credential credential = {};

  /// Symbol and channel must be granted together: two grants do not lend each other their halves.
  [[nodiscard]] bool may_see(std::string_view symbol, Channel channel) const;
  /// Another user's own topics (`user:{id}:...`, `portfolio:{id}`) are for that user and admins alone, whatever patterns say.
  [[nodiscard]] bool may_read(std::string_view topic) const;
  [[nodiscard]] bool may_publish(std::string_view topic) const;
};

using IdentityRef = std::shared_ptr<const Identity>;

}  // namespace tidegate
