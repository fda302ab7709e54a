// The hosted API's login: keys from their sources, a live session token from them, and the signature of every request with it.
// docs/protocols/ibkr.md#oauth-10a
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "brokers/adapter.hpp"
#include "brokers/ibkr/oauth.hpp"
#include "brokers/ibkr/options.hpp"
#include "brokers/ibkr/rest_client.hpp"
#include "gateway/net/event_loop.hpp"

namespace tidegate::ibkr {

/// The keys that a configuration names, its files read. `problem`: what is missing, and the remedy; the keys are of no use then.
struct FoundKeys {
  OAuthKeys keys;
  std::string problem;
};
[[nodiscard]] FoundKeys read_keys(const FreshConfig& fresh);

/// Keys that the broker refused for good are not tried again: while that, or a missing key, keeps a login from being made, their sources are compared
/// every `credential_check`. Nothing of it matters without OAuth. The loop's thread.
class OAuthLogin {
 public:
  /// `on_changed`: a login may be tried again, or cannot be made for another reason.
  OAuthLogin(SessionHost& host, const Settings& settings, RestClient& rest, std::function<void()> on_changed);

  struct Outcome {
    enum class Kind : std::uint8_t { SignedIn, Closed, Failed };
    Kind kind{};
    std::string words;  // Failed: why there was no answer that can be used
  };
  /// Asks for a live session token; one that is there serves until another comes. `done` runs once, now or later, unless this is called again, or
  /// stopped.
  void sign_in(std::function<void(const Outcome&)> done);
  void stop();

  [[nodiscard]] bool signed_in() const { return live_.has_value(); }
  /// The token ends soon.
  [[nodiscard]] bool renewal_due() const;
  [[nodiscard]] UtcTime token_end() const { return live_ ? live_->expires : kNoTime; }
  /// The broker takes the token no longer.
  void forget() { live_.reset(); }
  /// No login can be made; `reason` names the remedy.
  [[nodiscard]] bool closed() const { return !reason_.empty(); }
  [[nodiscard]] const std::string& reason() const { return reason_; }
  /// Of the login; empty before one. A secret.
  [[nodiscard]] const std::string& access_token() const { return access_token_; }

 private:
  void exchange(std::uint64_t number, std::function<void(const Outcome&)> done);
  /// Opens the keys as they are now. False: closed.
  [[nodiscard]] bool prepare();
  void close(std::string reason);
  void look_again();
  [[nodiscard]] std::string sign(std::string_view method, const std::string& url);

  SessionHost& host_;
  const Settings& settings_;
  RestClient& rest_;
  std::function<void()> on_changed_;
  net::Timer timer_;
  std::uint64_t exchange_ = 0;  // the one under way
  bool stopped_ = false;
  std::optional<OAuthKeys> keys_;  // that `oauth_` was opened with
  std::optional<OAuth> oauth_;
  std::optional<LiveToken> live_;
  std::string exchange_header_;
  std::string access_token_;
  bool refused_ = false;  // keys_, for good
  std::string refused_words_;
  std::string reason_;
};

}  // namespace tidegate::ibkr
