// All I/O with Interactive Brokers: the login, the contracts behind names, and the one socket with what is streamed on it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "brokers/adapter.hpp"
#include "brokers/common/status_board.hpp"
#include "brokers/common/wants.hpp"
#include "brokers/ibkr/contracts.hpp"
#include "brokers/ibkr/feed.hpp"
#include "brokers/ibkr/login_keeper.hpp"
#include "brokers/ibkr/options.hpp"
#include "brokers/ibkr/rest_client.hpp"
#include "brokers/ibkr/streams.hpp"

namespace tidegate::ibkr {

/// Whether an instrument of this kind has a channel. docs/protocols/ibkr.md#channels
[[nodiscard]] bool has_channel(const BrokerConfig& config, InstrumentKind kind, Channel channel);

/// Wishes become streams once their contract is known, and the broker's own words for it; the socket opens when something is wanted and somebody is
/// logged in. The loop's thread.
class MarketDataSession final : public Session, private LoginOwner, private FeedOwner {
 public:
  MarketDataSession(const BrokerConfig& config, SessionHost& host);
  ~MarketDataSession() override { stop(); }

  void start() override;
  void update(const WantedSet& wanted) override;
  /// Books are whole again once everything is: the server tells only what changes.
  void request_snapshot(std::string_view symbol) override;
  void look_up(const std::vector<std::string>& texts) override;
  void relist() override { on_contracts_changed(); }
  void reconnect() override;
  void stop() noexcept override;

 private:
  struct Listed {
    NativeId native;
    InstrumentKind kind{};
  };
  /// A wish. It keeps the canonical symbol, and is resolved anew when more is known.
  struct Held {
    Want want;
    bool streamed = false;  // the streams know of it
    std::string refusal;    // already told upwards
  };

  void ask_contracts(const std::string& path, std::function<void(int status, std::string_view body)> answered);
  void on_contracts_refused();
  void on_found(std::vector<SymbolAnswer>&& answers);
  void on_contracts_changed();

  void resolve(Held& held);
  void resolve_all();
  void release(Held& held);
  void refuse(Held& held, std::string_view words, std::uint16_t code);
  void follow_demand();

  void on_login() override;
  void on_login_lost(std::string_view why) override;
  void on_login_trouble() override;
  void on_feed_changed() override;
  void on_feed_data(std::string_view topic, std::string_view message, MonoTime now) override;
  void on_feed_command(MonoTime now) override { streams_.other_sent(now); }

  /// Sends what is due, passes on what came of it, and looks after silence.
  void pump();
  void pump_soon();
  void tell_venues();
  Duration look_at_hours();
  void probe();
  /// Everything once more: something of it was lost on our side.
  void ask_again();

  void refresh_status();
  void fill_report(BrokerReport& report) const;

  const BrokerConfig config_;
  const Settings settings_;
  SessionHost& host_;
  RestClient rest_;
  common::FramePort port_;
  common::StatusBoard board_;
  LoginKeeper keeper_;
  Contracts contracts_;
  Streams streams_;
  Feed feed_;
  common::MarketHours hours_;
  net::Timer pump_timer_;
  net::Timer probe_timer_;
  net::Timer loss_timer_;
  net::Timer idle_timer_;
  net::Timer contracts_timer_;

  std::map<std::string, Listed, std::less<>> listed_;  // by canonical symbol, configured ones included
  std::vector<Held> held_;                             // by instrument and channel
  std::uint64_t generation_ = 0;
  std::optional<MonoTime> contracts_refused_;  // when they were refused for want of a login last
  bool contracts_go_ = false;
  std::string competing_words_;
  bool up_ = false;
  bool started_ = false;
  bool stopped_ = false;
};

}  // namespace tidegate::ibkr
