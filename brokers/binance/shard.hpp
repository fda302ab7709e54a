// One stream connection to the venue as the session sees it: what it should carry, and the socket that does; for a while during a renewal, two.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "brokers/binance/options.hpp"
#include "brokers/binance/stream_socket.hpp"
#include "brokers/binance/streams.hpp"
#include "brokers/common/succession.hpp"

namespace tidegate::binance {

class Shard;

/// The session's side of a shard. Called on the loop's thread.
class ShardOwner {
 public:
  virtual ~ShardOwner() = default;
  virtual void on_shard_open(Shard& shard) = 0;
  virtual void on_shard_changed(Shard& shard) = 0;  // phase or counts, for status and report
  /// `port`: of the socket that carries them.
  virtual void on_streams_accepted(Shard& shard, common::FramePort& port, const std::vector<std::string>& streams) = 0;
  virtual void on_streams_refused(Shard& shard, common::FramePort& port, const std::vector<std::string>& streams, std::string_view words) = 0;
};

/// The loop's thread. Opens its connection when something is wanted, and closes it when nothing has been for a while.
class Shard final : private StreamSocketOwner, private common::SuccessionOwner {
 public:
  Shard(SessionHost& host, const BrokerConfig& config, const Settings& settings, Route route, const common::FramePort& slot,
        common::SlidingWindow& attempts, ShardOwner& owner);

  void want(std::string_view stream);
  void unwant(std::string_view stream);
  /// After a round of want() and unwant(): connects, sends or schedules what follows from them.
  void apply();
  void reconnect(std::string_view why);
  /// A planned end: a successor is opened, and takes over.
  void renew(std::string_view why) {
    if (connection().open()) current().connection().renew(why);
  }
  void stop();

  [[nodiscard]] Route route() const { return route_; }
  [[nodiscard]] common::FramePort& port() { return current().port(); }
  [[nodiscard]] const common::Connection& connection() const { return current().connection(); }
  [[nodiscard]] const common::RequestLedger& ledger() const { return current().ledger(); }
  [[nodiscard]] bool needed() const { return ledger().wanted_count() > 0; }
  /// Fills state, reason, since, sessions and counts of a report.
  void describe(ConnectionReport& report) const;

 private:
  [[nodiscard]] StreamSocket& current() { return static_cast<StreamSocket&>(succession_.current()); }
  [[nodiscard]] const StreamSocket& current() const { return static_cast<const StreamSocket&>(succession_.current()); }
  [[nodiscard]] StreamSocket* successor() { return static_cast<StreamSocket*>(succession_.successor()); }

  void on_socket_open(StreamSocket& socket) override;
  void on_socket_changed(StreamSocket& socket) override;
  void on_socket_losing(StreamSocket& socket, std::string_view reason, bool whole) override;
  void on_socket_renewal(StreamSocket& socket, std::string_view why) override;
  void on_streams_accepted(StreamSocket& socket, const std::vector<std::string>& streams) override;
  void on_streams_refused(StreamSocket& socket, const std::vector<std::string>& streams, std::string_view words) override;

  std::unique_ptr<common::Link> make_link(common::FramePort& port) override;
  void on_succession() override { owner_.on_shard_changed(*this); }

  SessionHost& host_;
  const BrokerConfig& config_;
  const Settings& settings_;
  Route route_;
  common::SlidingWindow& attempts_;
  ShardOwner& owner_;
  net::Timer idle_timer_;
  bool first_ = true;  // no socket was made yet
  common::Succession succession_;
};

}  // namespace tidegate::binance
