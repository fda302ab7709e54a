// REST answers of the session: told apart by what has to follow, and read generously. Pure; hostile input. docs/protocols/ibkr.md section 8
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <rapidjson/document.h>

#include "gateway/core/time.hpp"
#include "gateway/net/http_client.hpp"

namespace tidegate::ibkr {

struct RestAnswer {
  enum class Kind : std::uint8_t {
    Success,
    NoLogin,      // nobody is logged in, or not for this
    RateLimited,  // slow down
    Refused,      // by the broker, in words
    Unreachable,  // no answer, none of IBKR's API, or its own trouble (maintenance): ask again later
    Untrusted,    // the certificate was refused: only a person can help; `words` say how
  };
  Kind kind = Kind::Unreachable;
  int status = 0;                       // HTTP; 0: none came
  std::string words;                    // what the broker says, or what went wrong; not yet safe to show
  std::string body;                     // as received
  std::optional<Duration> retry_after;  // of the header
};
[[nodiscard]] RestAnswer read_answer(net::HttpAnswer&& answer);

/// Whether words of a failed connection, of REST or of the socket, are about certificates: then they name the remedy, and trying again soon is no
/// use.
[[nodiscard]] bool means_certificate(std::string_view words);

/// What is known of the brokerage session. Each property by itself: messages may bring one only, and what is missing is not false.
struct AuthStatus {
  std::optional<bool> authenticated, established, competing;
  std::string message;  // the broker's words

  /// Market data can be asked for.
  [[nodiscard]] bool usable() const { return authenticated.value_or(false) && established.value_or(true); }
  /// Said to be gone. Neither usable nor lost: not known.
  [[nodiscard]] bool lost() const { return !authenticated.value_or(true) || !established.value_or(true); }
  [[nodiscard]] bool taken() const { return !usable() && competing.value_or(false); }
  void merge(const AuthStatus& news);
};
/// The properties that `object` has; none where it is none.
[[nodiscard]] AuthStatus read_auth_status(const rapidjson::Value& object);
/// An answer of iserver/auth/status or iserver/auth/ssodh/init. Nothing: it is none.
[[nodiscard]] std::optional<AuthStatus> read_auth_status(std::string_view body);

/// The session's id in an answer to tickle; empty: it has none.
[[nodiscard]] std::string read_session(std::string_view body);
/// The status of the brokerage session in an answer to tickle; nothing: it has none.
[[nodiscard]] std::optional<AuthStatus> read_tickle_status(std::string_view body);
/// The account that is selected, else the first; empty: none is named.
[[nodiscard]] std::string read_account(std::string_view body);

}  // namespace tidegate::ibkr
