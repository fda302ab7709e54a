// The socket: opened with the login's session, spoken for by sts, kept alive by tic, and the way of its messages to the frames.
// docs/protocols/ibkr.md section 8.4
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "brokers/common/connection.hpp"
#include "brokers/ibkr/control.hpp"
#include "brokers/ibkr/login_keeper.hpp"
#include "brokers/ibkr/options.hpp"

namespace tidegate::ibkr {

/// The session's side of the feed. Called on the loop's thread.
class FeedOwner {
 public:
  virtual ~FeedOwner() = default;
  /// Its phase, or whether it is up.
  virtual void on_feed_changed() = 0;
  /// A message of market data or depth, before it moves on.
  virtual void on_feed_data(std::string_view topic, std::string_view message, MonoTime now) = 0;
  /// A command of the feed's own was sent.
  virtual void on_feed_command(MonoTime now) = 0;
};

/// One socket at a time. Each attempt waits for a login that was proved just before; a socket outlives the brokerage session, but nothing that was
/// asked for on it does. The loop's thread.
class Feed final : private common::ConnectionOwner {
 public:
  Feed(SessionHost& host, const BrokerConfig& config, const Settings& settings, LoginKeeper& keeper, common::FramePort& port, FeedOwner& owner);

  /// Keeps it open from now on.
  void start() { connection_.start(); }
  /// Demand changed: an attempt that waits may come sooner.
  void wake() { connection_.wake(); }
  /// Closes politely.
  void leave(std::string_view why) { connection_.leave(why); }
  void stop(std::string_view why) { connection_.stop(why); }
  void cut(std::string_view why) { connection_.cut(why); }
  void reconnect(std::string_view why) { connection_.reconnect(why); }
  /// For reports: silence of data is judged by whoever knows the streams.
  void expect_data(bool expected) { connection_.expect_data(expected); }
  void set_venues(const common::VenueSet& venues) { connection_.set_venues(venues); }
  /// One command; only while up.
  void send(std::string_view command) { connection_.send_text(command); }

  // What the keeper told the session.
  void on_login();
  void on_login_lost(std::string_view why);

  /// Open, and the brokerage session behind it is: commands are of use.
  [[nodiscard]] bool up() const { return stage_ == Stage::Up; }
  [[nodiscard]] const common::Connection& connection() const { return connection_; }
  void describe(ConnectionReport& report) const;

 private:
  enum class Stage : std::uint8_t {
    Closed,
    Greeting,  // open; the server has not said yet whether it is authenticated
    Up,
    Void,  // open, and the brokerage session is gone with all streams
  };

  void on_attempt(common::Connection& connection, std::uint64_t attempt) override;
  void on_open(common::Connection& connection) override;
  void on_message(common::Connection& connection, std::string&& payload, bool binary, const common::Stamp& stamp) override;
  void on_ping(common::Connection&, std::string_view) override {}  // answered by the WebSocket client
  common::LossVerdict judge(common::Connection& connection, const net::WsClosed& closed) override;
  void on_phase(common::Connection& connection) override;

  void dial(std::uint64_t attempt);
  void on_data(std::string_view topic, std::string&& payload, bool binary, const common::Stamp& stamp);
  void on_status(const AuthStatus& news);
  void give_session();
  void go_up();
  void tic();

  SessionHost& host_;
  const BrokerConfig& config_;
  const Settings& settings_;
  LoginKeeper& keeper_;
  common::FramePort& port_;
  FeedOwner& owner_;
  common::SlidingWindow attempts_;
  net::Timer status_timer_;
  net::Timer tic_timer_;
  Stage stage_ = Stage::Closed;
  std::optional<std::uint64_t> attempt_;  // waits for the login
  std::string session_;                   // that the socket was opened with
  AuthStatus status_;                     // as the socket has told it
  bool overdue_ = false;                  // it has not, so REST was asked
  int sessions_given_ = 0;
  common::Connection connection_;
};

}  // namespace tidegate::ibkr
