// The Socket.IO connection: handshakes, heartbeats, refusals in all their forms, and the way of market data to the frames.
// docs/protocols/xts.md section 4
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "brokers/common/connection.hpp"
#include "brokers/common/log_pacer.hpp"
#include "brokers/common/pacer.hpp"
#include "brokers/xts/heartbeat.hpp"
#include "brokers/xts/options.hpp"
#include "brokers/xts/polling.hpp"
#include "brokers/xts/rest_client.hpp"
#include "brokers/xts/socket_io.hpp"
#include "brokers/xts/token_keeper.hpp"

namespace tidegate::xts {

/// The session's side of the feed. Called on the loop's thread.
class FeedOwner {
 public:
  virtual ~FeedOwner() = default;
  /// Its phase, or whether it is up.
  virtual void on_feed_changed() = 0;
  /// No data for too long: asks the broker what there should have been. True: answered by proof_of_quiet() or cut(), in time.
  virtual bool probe_feed() = 0;
};

/// One socket of the login session. It carries what REST subscribed, whichever socket was open then; nothing but heartbeats is ever sent on it. The
/// loop's thread.
class Feed final : private common::ConnectionOwner {
 public:
  Feed(SessionHost& host, const BrokerConfig& config, const Settings& settings, TokenKeeper& keeper, RestClient& rest, common::FramePort& port,
       FeedOwner& owner);

  /// Keeps it open from now on; there must be a token.
  void start() { connection_.start(); }
  /// Demand changed: an attempt that waits may come sooner.
  void wake() { connection_.wake(); }
  /// There is another token: a new socket with it.
  void renew() { connection_.renew("planned new login"); }
  /// Closes politely.
  void leave(std::string_view why) { connection_.leave(why); }
  /// Ends at once, after a last word.
  void stop(std::string_view why);
  void cut(std::string_view why) { connection_.cut(why); }
  void reconnect(std::string_view why) { connection_.reconnect(why); }
  void expect_data(bool expected) { connection_.expect_data(expected); }
  void set_venues(const common::VenueSet& venues) { connection_.set_venues(venues); }
  /// The market is quiet, not the feed: as good as data.
  void proof_of_quiet() { connection_.on_data({host_.clock().utc(), host_.clock().mono()}); }

  /// The namespace is connected: only now does the socket deliver.
  [[nodiscard]] bool up() const { return up_; }
  /// When data last came, or the namespace was connected.
  [[nodiscard]] UtcTime last_data() const { return last_data_; }
  [[nodiscard]] const common::Connection& connection() const { return connection_; }
  void describe(ConnectionReport& report) const;

 private:
  void on_attempt(common::Connection& connection, std::uint64_t attempt) override;
  void on_open(common::Connection& connection) override;
  void on_leave(common::Connection& connection) override;
  void on_message(common::Connection& connection, std::string&& payload, bool binary, const common::Stamp& stamp) override;
  void on_ping(common::Connection&, std::string_view) override {}  // answered by the WebSocket client
  bool probe(common::Connection&) override { return owner_.probe_feed(); }
  common::LossVerdict judge(common::Connection& connection, const net::WsClosed& closed) override;
  void on_phase(common::Connection& connection) override;

  void on_polled(std::uint64_t attempt, Polled&& polled);
  void refuse_polled(std::uint64_t attempt, const RestAnswer& refusal);
  void dial(std::uint64_t attempt, std::string_view sid);
  void on_data(std::string&& payload, bool binary, const common::Stamp& stamp);
  void on_text(std::string&& payload, const common::Stamp& stamp);
  void on_event(std::string&& payload, std::string_view event, const common::Stamp& stamp);
  void on_error_packet(std::string_view payload);
  void on_upgraded();
  void begin_heartbeat(const OpenPacket& open);
  void on_connected();
  void end_as(common::LossVerdict verdict);
  [[nodiscard]] common::LossVerdict judge_refused_upgrade(const net::WsClosed& closed);
  [[nodiscard]] common::LossVerdict token_verdict(std::string_view words);

  SessionHost& host_;
  const BrokerConfig& config_;
  const Settings& settings_;
  TokenKeeper& keeper_;
  RestClient& rest_;
  common::FramePort& port_;
  FeedOwner& owner_;
  common::SlidingWindow attempts_;
  Polling polling_;
  Heartbeat heartbeat_;
  net::Timer joined_timer_;
  std::uint64_t login_ = 0;  // generation of the token that this socket was opened with
  bool up_ = false;
  UtcTime last_data_;
  std::optional<OpenPacket> polled_open_;  // of the polling handshake, until the socket is upgraded
  std::vector<std::string> polled_;
  std::optional<common::LossVerdict> verdict_;  // why we end it ourselves
  std::string token_words_;                     // the broker refused the token: its words, until the loss is settled
  bool doubtful_ = false;                       // it refused something that may be the token
  common::LogPacer event_log_;
  common::Connection connection_;
};

}  // namespace tidegate::xts
