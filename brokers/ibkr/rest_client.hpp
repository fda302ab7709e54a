// IBKR's REST as a session uses it: every request through one queue, paced, held up as a whole while the broker says to slow down, signed where OAuth
// is used. docs/protocols/ibkr.md#limits
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "brokers/adapter.hpp"
#include "brokers/common/pacer.hpp"
#include "brokers/ibkr/options.hpp"
#include "brokers/ibkr/rest_answer.hpp"
#include "gateway/net/event_loop.hpp"
#include "gateway/net/http_client.hpp"

namespace tidegate::ibkr {

inline constexpr std::string_view kTicklePath = "/tickle";

/// The call of one path below the REST address. A POST without a body still says that it has none (Content-Length: 0).
[[nodiscard]] net::HttpCall make_call(const BrokerConfig& config, const Settings& settings, std::string_view method, std::string_view path,
                                      std::string body);

/// The loop's thread.
class RestClient {
 public:
  RestClient(SessionHost& host, const BrokerConfig& config, const Settings& settings);
  ~RestClient() { stop(); }
  RestClient(const RestClient&) = delete;
  RestClient& operator=(const RestClient&) = delete;

  using Done = std::function<void(RestAnswer&&)>;
  /// What the login needs goes before everything else that waits.
  enum class Urgency : std::uint8_t { Login, Other };
  /// Sends as soon as the pace allows. `path` counts from the REST address, with its query: "/tickle". `done` runs later, unless stopped; the words
  /// of its answer are safe to show.
  void send(Urgency urgency, std::string_view method, std::string_view path, std::string body, Done done);

  /// Gives the header `Authorization` of a call by its method and URL, empty for none; asked as each call leaves.
  std::function<std::string(std::string_view method, const std::string& url)> sign;
  /// What no words may hold.
  void hide(std::vector<std::string> secrets) { secrets_ = std::move(secrets); }
  /// `text` without control characters and secrets.
  [[nodiscard]] std::string printable(std::string_view text, std::size_t length_max = 200) const;
  void stop();

 private:
  struct Waiting {
    Urgency urgency{};
    net::HttpCall call;
    Done done;
  };

  void pump();
  [[nodiscard]] Duration wait_of(const Waiting& next) const;
  void send_now(Waiting&& next);
  RestAnswer judge(net::HttpAnswer&& given);
  void keep_cookies(const net::HttpAnswer& answer);

  SessionHost& host_;
  const BrokerConfig& config_;
  const Settings& settings_;
  common::SlidingWindow window_;
  common::SlidingWindow tickles_;
  std::deque<Waiting> waiting_;
  net::Timer timer_;
  MonoTime paused_until_{};
  std::map<std::string, std::string, std::less<>> cookies_;  // that the broker gave
  std::vector<std::string> secrets_;
  std::unordered_set<net::HttpClient::Token> under_way_;
};

}  // namespace tidegate::ibkr
