// A simulated broker on a port: the parts of its server that are the same whatever the broker says.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "gateway/core/time.hpp"
#include "gateway/net/event_loop.hpp"
#include "gateway/net/ws_server.hpp"
#include "tools/sim/common/wire.hpp"

namespace tidegate::sim {

/// Owns the port, the tick, a wire for each socket, and the venue behind them, which has no clock of its own: every call into it is stamped here.
/// A derived class reads its options, makes the venue in its constructor (serve, or refuse), and passes on what comes in on_http, on_upgrade,
/// open and on_message. `Venue` has tick, inject, on_ping, closed, queued_bytes_max and requests.
template <class Venue, class Client>
class SimServer : public net::WsServerHandler {
 public:
  /// `clock` may be null (the machine's); otherwise it outlives this.
  SimServer(net::EventLoop& loop, const Clock* clock, Duration tick_period)
      : loop_(loop), clock_(clock != nullptr ? *clock : system_clock_), tick_period_(tick_period), timer_(loop) {}

  /// Port 0 takes a free one. Returns an empty text, or what is wrong with the port or the options.
  [[nodiscard]] std::string listen(const std::string& host, std::uint16_t port) {
    if (!problem_.empty()) return problem_;
    std::string problem = server_->listen(host, port);
    if (problem.empty()) tick();
    return problem;
  }
  [[nodiscard]] std::uint16_t port() const { return server_ ? server_->port() : std::uint16_t{0}; }
  std::string inject(std::string_view fault) { return venue_ ? venue_->inject(fault, now()) : problem_; }
  [[nodiscard]] const std::deque<std::string>& requests() const {
    static const std::deque<std::string> kNone;
    return venue_ ? venue_->requests() : kNone;
  }
  /// Null where the options were refused.
  [[nodiscard]] Venue* venue() const { return venue_.get(); }
  [[nodiscard]] Now now() const { return {clock_.mono().ns, clock_.utc().ns / 1000}; }

  bool on_ping(net::WsConnection& connection, std::string_view) override { return venue_->on_ping(client_of(connection), now()); }
  void on_open(net::WsConnection& connection) final {
    auto wire = std::make_unique<ClientWire>(connection);
    connection.user = wire.get();
    wire->client = &open(*wire, connection.request());
    wires_.emplace(&connection, std::move(wire));
  }
  void on_closed(net::WsConnection& connection, int, std::string_view) final {
    venue_->closed(client_of(connection), now());
    wires_.erase(&connection);
  }

 protected:
  /// The options are wrong: listen() will say so.
  void refuse(std::string problem) { problem_ = std::move(problem); }
  void serve(std::unique_ptr<Venue> venue, const net::WsServerOptions& options) {
    venue_ = std::move(venue);
    server_ = std::make_unique<net::WsServer>(loop_, *this, options);
  }
  /// What the venue makes of a new connection.
  virtual Client& open(Wire& wire, const net::HttpRequest& request) = 0;
  static Client& client_of(net::WsConnection& connection) { return *static_cast<ClientWire*>(connection.user)->client; }

 private:
  using ClientWire = SocketWire<Client>;
  static constexpr std::chrono::milliseconds kSocketsFullWait{1};

  void tick() {
    const bool more = venue_->tick(now());
    Duration wait = tick_period_;
    if (more) wait = venue_->queued_bytes_max() >= kSocketsFullBytes ? Duration{kSocketsFullWait} : Duration{0};
    timer_.start(wait, [this] { tick(); });
  }

  net::EventLoop& loop_;
  SystemClock system_clock_;
  const Clock& clock_;
  Duration tick_period_;
  std::string problem_;
  std::unique_ptr<Venue> venue_;
  std::map<net::WsConnection*, std::unique_ptr<ClientWire>> wires_;
  std::unique_ptr<net::WsServer> server_;  // after what its handler uses
  net::Timer timer_;
};

}  // namespace tidegate::sim
