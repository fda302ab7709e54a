// The venue's REST as this adapter uses it: one gate for all requests, and what an answer means.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "brokers/adapter.hpp"
#include "brokers/binance/options.hpp"
#include "brokers/binance/rest_gate.hpp"
#include "gateway/net/http_client.hpp"

namespace tidegate::binance {

struct RestAnswer {
  enum class Kind : std::uint8_t {
    Good,     // 200; `body` is whole
    Slow,     // 429, 418, 403: everything pauses, ask again afterwards
    Failed,   // no answer, or the venue's own trouble: ask again later
    Refused,  // the request itself is wrong
  };
  Kind kind{};
  int status = 0;
  std::string body;
  std::string words;  // not Good: what went wrong, without the body
};

/// The loop's thread.
class RestClient {
 public:
  RestClient(SessionHost& host, const BrokerConfig& config, const Settings& settings);
  ~RestClient() { stop(); }
  RestClient(const RestClient&) = delete;
  RestClient& operator=(const RestClient&) = delete;

  using Done = std::function<void(RestAnswer&&)>;
  /// Sends "GET target" now; ask wait() first. `done` runs later, unless stopped.
  void get(const std::string& target, std::int64_t weight, Done done);
  /// How long a request of this weight has to wait; one `outside_budget` only for pauses.
  [[nodiscard]] Duration wait(std::int64_t weight, bool outside_budget) const;
  /// The venue's weight limit a minute, as exchangeInfo gives it; zero: not given.
  void set_weight_limit(std::int64_t from_venue);
  void stop();

 private:
  RestAnswer judge(net::HttpAnswer&& answer, UtcTime sent);

  SessionHost& host_;
  const Settings& settings_;
  net::TlsOptions tls_;
  RestGate gate_;
  std::unordered_set<net::HttpClient::Token> under_way_;
};

}  // namespace tidegate::binance
