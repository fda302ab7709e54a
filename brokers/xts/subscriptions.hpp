// Subscribing over REST, and the quotes that serve as snapshots. docs/protocols/xts.md sections 3.2 to 3.4
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "brokers/adapter.hpp"
#include "brokers/common/backoff.hpp"
#include "brokers/common/frame_port.hpp"
#include "brokers/common/log_pacer.hpp"
#include "brokers/xts/options.hpp"
#include "brokers/xts/rest_client.hpp"
#include "brokers/xts/subscription_ledger.hpp"
#include "brokers/xts/token_keeper.hpp"
#include "gateway/net/event_loop.hpp"

namespace tidegate::xts {

/// Called on the loop's thread.
class SubscriptionsOwner {
 public:
  virtual ~SubscriptionsOwner() = default;
  virtual void on_subscribed(const CodeOf& what) = 0;
  /// Refused for good, in the broker's words.
  virtual void on_refused(const CodeOf& what, std::string_view words) = 0;
  /// Waits until the broker's limit leaves room.
  virtual void on_without_room(const CodeOf& what, std::string_view words) = 0;
  virtual void on_subscriptions_changed() = 0;
  /// The answer to a probe: when anything that is subscribed was last updated; nothing: that was not told.
  virtual void on_probe_answer(std::optional<UtcTime> updated) = 0;
};

/// The loop's thread.
class Subscriptions {
 public:
  Subscriptions(SessionHost& host, const BrokerConfig& config, const Settings& settings, RestClient& rest, TokenKeeper& keeper,
                common::FramePort& port, SubscriptionsOwner& owner);

  void want(const std::string& instrument, CodeSet codes);
  /// A new login, which carries nothing.
  void login_opened();
  void login_lost();
  /// The feed delivers from now on, or no more. What is subscribed already gets its snapshot anew.
  void feed_up();
  void feed_down();
  /// Quotes of an instrument as its snapshot, soon.
  void ask_quotes(const CodeOf& what);
  /// Asks for quotes of what is subscribed. False: that cannot be done in time.
  bool probe();
  void stop();

  /// Something is to be asked for, or was and has no answer yet.
  [[nodiscard]] bool busy() const { return ledger_.work_left() || under_way_ == keeper_.generation(); }

  [[nodiscard]] const SubscriptionLedger& ledger() const { return ledger_; }

 private:
  void pump();
  void pump_quotes();
  void on_answer(const SubscriptionRequest& request, RestAnswer&& answer);
  void on_success(const SubscriptionRequest& request, RestAnswer&& answer);
  void on_refusal(const SubscriptionRequest& request, const RestAnswer& answer);
  void on_quotes(std::uint32_t code, const std::vector<std::string>& instruments, RestAnswer&& answer);
  void on_probe(RestAnswer&& answer);
  void ask(std::uint32_t code, const std::vector<std::string>& instruments, RestClient::Done done);
  void push(std::string_view path, std::string&& body);
  void tell_without_room();
  [[nodiscard]] std::vector<std::string> to_probe();

  SessionHost& host_;
  const BrokerConfig& config_;
  const Settings& settings_;
  RestClient& rest_;
  TokenKeeper& keeper_;
  common::FramePort& port_;
  SubscriptionsOwner& owner_;
  SubscriptionLedger ledger_;
  common::Backoff backoff_;
  common::LogPacer log_;
  net::Timer timer_;
  net::Timer quotes_timer_;
  std::optional<std::uint64_t> under_way_;  // the request's login
  std::optional<std::uint64_t> quotes_under_way_;
  std::map<std::uint32_t, std::set<std::string>> quotes_due_;  // by code
  std::string probed_;                                         // the last instrument of the last probe
  MonoTime quotes_not_before_{};
  bool probe_due_ = false;
  bool up_ = false;
  std::string limit_words_;
};

}  // namespace tidegate::xts
