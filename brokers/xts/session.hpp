// All I/O with XTS: the login session, the instrument list, what is subscribed over REST, and the one socket that delivers it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "brokers/adapter.hpp"
#include "brokers/common/status_board.hpp"
#include "brokers/common/wants.hpp"
#include "brokers/xts/feed.hpp"
#include "brokers/xts/instrument_list.hpp"
#include "brokers/xts/options.hpp"
#include "brokers/xts/rest_client.hpp"
#include "brokers/xts/subscriptions.hpp"
#include "brokers/xts/token_keeper.hpp"

namespace tidegate::xts {

/// Whether an instrument of this kind has a channel.
[[nodiscard]] bool has_channel(InstrumentKind kind, Channel channel);

/// Wishes become message codes of instruments once the list is known. The session logs in at its start, since several installs give no list without a
/// token; the socket opens when something is wanted. The loop's thread.
class MarketDataSession final : public Session, private TokenOwner, private FeedOwner, private SubscriptionsOwner {
 public:
  MarketDataSession(const BrokerConfig& config, SessionHost& host);
  ~MarketDataSession() override { stop(); }

  void start() override;
  void update(const WantedSet& wanted) override;
  /// Partial messages need a base after a hole; full ones are whole by themselves.
  void request_snapshot(std::string_view symbol) override;
  void relist() override;
  void reconnect() override;
  void stop() noexcept override;

 private:
  struct Listed {
    std::string name;  // "1_2885"
    InstrumentKind kind{};
  };
  /// A wish and how it is served. The wish keeps the canonical symbol, and is resolved anew with each instrument list.
  struct Held {
    Want want;
    std::string name;               // empty: not resolved, or refused
    std::uint32_t code = 0;         // that serves it, when all is well
    std::uint32_t accepted_in = 0;  // the port's session in which it was announced as accepted; zero: none
    std::string refusal;            // already told upwards
  };
  /// All wishes for one instrument.
  struct Served {
    InstrumentKind kind{};
    std::set<common::WantKey> wishes;
  };

  void on_list(std::vector<Instrument>&& instruments);
  void on_list_failure(bool refused, std::string_view words);
  void start_list();

  void resolve(Held& held);
  void release(Held& held);
  void refuse(Held& held, std::string_view words, std::uint16_t code);
  /// Works out which codes an instrument needs, and who of its wishes has what it needs already.
  void apply(const std::string& name);
  void apply_touched();
  [[nodiscard]] CodeSet codes_for(const std::string& name, const Served& served);
  [[nodiscard]] bool is_served(const Held& held) const;
  void announce(Held& held);
  void refuse_all();
  /// Calls `act` with each wish that this code serves.
  template <class Act>
  void for_each_served(const CodeOf& what, Act&& act);
  void follow_demand();

  void on_token() override;
  void on_token_lost(std::string_view why) override;
  void on_token_trouble() override;
  void on_feed_changed() override;
  bool probe_feed() override;
  void on_subscribed(const CodeOf& what) override;
  void on_refused(const CodeOf& what, std::string_view words) override;
  void on_without_room(const CodeOf& what, std::string_view words) override;
  void on_subscriptions_changed() override;
  void on_probe_answer(std::optional<UtcTime> updated) override;

  void refresh_status();
  void fill_report(BrokerReport& report) const;

  const BrokerConfig config_;
  const Settings settings_;
  SessionHost& host_;
  RestClient rest_;
  common::FramePort port_;
  common::StatusBoard board_;
  TokenKeeper keeper_;
  InstrumentList list_;
  Subscriptions subscriptions_;
  Feed feed_;
  net::Timer idle_timer_;

  std::unordered_map<std::string, Listed> listed_;  // by canonical symbol
  bool list_started_ = false;
  bool list_known_ = false;
  std::string list_trouble_;
  BrokerState list_state_ = BrokerState::Connecting;
  std::uint64_t generation_ = 0;
  std::vector<Held> held_;  // by instrument and channel
  std::unordered_map<std::string, Served> served_;
  std::set<std::string> touched_;  // instruments whose wishes changed, apply() is due
  bool was_up_ = false;
  bool started_ = false;
  bool stopped_ = false;
};

}  // namespace tidegate::xts
