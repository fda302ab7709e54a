// One ticker connection as the session sees it: what it should carry, and the socket that does; for a while during a renewal, two.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "brokers/common/succession.hpp"
#include "brokers/zerodha/options.hpp"
#include "brokers/zerodha/ticker_socket.hpp"

namespace tidegate::zerodha {

class Shard;

/// The session's side of a shard. Called on the loop's thread.
class ShardOwner {
 public:
  virtual ~ShardOwner() = default;
  virtual void on_shard_changed(Shard& shard) = 0;  // phase or counts, for status and report
  /// Everything that is wanted of these was sent on the socket behind `port`.
  virtual void on_tokens_asked(Shard& shard, common::FramePort& port, const std::vector<Token>& tokens) = 0;
  /// An error that can only mean this instrument.
  virtual void on_token_refused(Shard& shard, common::FramePort& port, Token token, std::string_view words) = 0;
  virtual void on_instruments_etag(std::string_view etag) = 0;
};

/// The loop's thread. Opens its connection when something is wanted, and closes it when nothing has been for a while.
class Shard final : private TickerSocketOwner, private common::SuccessionOwner {
 public:
  Shard(SessionHost& host, const BrokerConfig& config, const Settings& settings, common::CredentialGate& gate, const common::FramePort& slot,
        common::SlidingWindow& attempts, ShardOwner& owner);

  void want(Token token, Mode mode);
  /// Where all that is wanted of it is traded.
  void set_venues(const common::VenueSet& venues);
  /// After a round of want(): connects, sends or schedules what follows from it.
  void apply();
  /// Credentials may have been renewed: a connection that is parked for them tries again.
  void unpark() { current().connection().unpark(); }
  void reconnect(std::string_view why);
  /// A planned end: a successor is opened, and takes over.
  void renew(std::string_view why) { current().connection().renew(why); }
  void stop();

  [[nodiscard]] common::FramePort& port() { return current().port(); }
  [[nodiscard]] const common::Connection& connection() const { return current().connection(); }
  [[nodiscard]] const Credentials& credentials() const { return current().credentials(); }
  [[nodiscard]] const ModeLedger& ledger() const { return current().ledger(); }
  [[nodiscard]] bool needed() const { return ledger().wanted_count() > 0; }
  /// Connections that count at the broker, or may.
  [[nodiscard]] std::size_t sockets() const { return succession_.sockets(); }
  /// Fills state, reason, since, sessions and counts of a report.
  void describe(ConnectionReport& report) const;

 private:
  [[nodiscard]] TickerSocket& current() { return static_cast<TickerSocket&>(succession_.current()); }
  [[nodiscard]] const TickerSocket& current() const { return static_cast<const TickerSocket&>(succession_.current()); }
  [[nodiscard]] TickerSocket* successor() { return static_cast<TickerSocket*>(succession_.successor()); }

  void on_socket_changed(TickerSocket& socket) override;
  void on_socket_losing(TickerSocket& socket, std::string_view reason, bool whole) override;
  void on_socket_renewal(TickerSocket& socket, std::string_view why) override;
  void on_tokens_asked(TickerSocket& socket, const std::vector<Token>& tokens) override;
  void on_token_refused(TickerSocket& socket, Token token, std::string_view words) override;
  void on_instruments_etag(std::string_view etag) override { owner_.on_instruments_etag(etag); }

  std::unique_ptr<common::Link> make_link(common::FramePort& port) override;
  void on_succession() override { owner_.on_shard_changed(*this); }

  SessionHost& host_;
  const BrokerConfig& config_;
  const Settings& settings_;
  common::CredentialGate& gate_;
  common::SlidingWindow& attempts_;
  ShardOwner& owner_;
  common::VenueSet venues_;
  net::Timer idle_timer_;
  bool first_ = true;  // no socket was made yet
  common::Succession succession_;
};

}  // namespace tidegate::zerodha
