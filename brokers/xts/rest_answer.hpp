// REST answers in XTS' envelope, read generously, and told apart by what has to follow. Pure. docs/protocols/xts.md sections 3 and 3.2
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/core/time.hpp"
#include "gateway/net/http_client.hpp"

namespace tidegate::xts {

struct RestAnswer {
  enum class Kind : std::uint8_t {
    Success,
    AlreadySubscribed,  // the token is good; nothing of the batch was done
    LimitReached,       // more instruments than the app may have; nothing was done
    TokenRejected,      // dead, replaced, or missing
    RateLimited,        // slow down; the token is good
    NotFound,           // an instrument that does not exist
    Refused,            // by the broker, for another reason
    Unreachable,        // no answer, or none of an XTS application: ask again later
  };
  Kind kind = Kind::Unreachable;
  int status = 0;                         // HTTP; 0: none came
  std::string words;                      // what the broker says, or what went wrong; not yet safe to show
  std::string body;                       // as received
  std::optional<std::int64_t> remaining;  // Remaining_Subscription_Count
  std::size_t quotes = 0;                 // entries of listQuotes that hold something
  std::optional<Duration> retry_after;    // of the header
};
[[nodiscard]] RestAnswer read_answer(net::HttpAnswer&& answer);

/// What a good login brings.
struct Login {
  std::string token;
  std::string user;
  std::string application_expiry;  // "30-10-2025", of the app key; empty: not sent
};
/// Nothing: the body holds no token.
[[nodiscard]] std::optional<Login> read_login(std::string_view body);

/// When a token ends: the `exp` of its JWT claims. Nothing: it is no JWT, or does not say.
[[nodiscard]] std::optional<UtcTime> token_end(std::string_view token);

/// Whole days until a date such as "30-10-2025" ends in India; nothing: no such date.
[[nodiscard]] std::optional<std::int64_t> days_until(std::string_view day_month_year, UtcTime now);

/// The newest LastUpdateTime in the listQuotes of an answer: what a live feed had brought by then. Nothing: none was sent.
[[nodiscard]] std::optional<UtcTime> newest_update(std::string_view body, UtcTime now);

}  // namespace tidegate::xts
