// The broker's REST as a session uses it: each kind of call at its own pace, all of them held up while the broker says to slow down.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "brokers/adapter.hpp"
#include "brokers/xts/options.hpp"
#include "brokers/xts/rest_answer.hpp"
#include "gateway/net/http_client.hpp"

namespace tidegate::xts {

/// The one call that carries no token.
inline constexpr std::string_view kLoginPath = "/auth/login";

enum class RestLane : std::uint8_t { Account, Subscriptions, Quotes };

/// The loop's thread.
class RestClient {
 public:
  RestClient(SessionHost& host, const BrokerConfig& config, const Settings& settings);
  ~RestClient() { stop(); }
  RestClient(const RestClient&) = delete;
  RestClient& operator=(const RestClient&) = delete;

  using Done = std::function<void(RestAnswer&&)>;
  /// Sends now; ask wait() first. `path` counts from the root: "/auth/login". `done` runs later, unless stopped; the words of its answer are safe
  /// to show.
  void send(RestLane lane, std::string_view method, std::string_view path, std::string body, Done done);
  /// How long a call has to wait.
  [[nodiscard]] Duration wait(RestLane lane) const;

  /// The token that calls carry from now on; empty: none.
  void authorize(std::string token);
  /// What no words may hold besides the token.
  void hide(std::vector<std::string> credentials) { credentials_ = std::move(credentials); }
  /// `text` without control characters, token and credentials.
  [[nodiscard]] std::string printable(std::string_view text, std::size_t length_max = 200) const;
  [[nodiscard]] net::HttpCall call(std::string_view method, std::string_view path, std::string body) const;
  void stop();

 private:
  RestAnswer judge(net::HttpAnswer&& answer);

  SessionHost& host_;
  const Settings& settings_;
  net::TlsOptions tls_;
  std::string token_;
  std::string encoded_token_;
  std::vector<std::string> credentials_;
  std::array<MonoTime, 3> next_{};  // by lane
  MonoTime paused_until_{};
  std::unordered_set<net::HttpClient::Token> under_way_;
};

}  // namespace tidegate::xts
