#include "brokers/binance/shard.hpp"

#include <utility>

namespace tidegate::binance {
namespace {

/// The stream in the combined envelope, {"stream":"btcusdt@trade","data":...}; the venue sends every connection the same bytes of it.
std::string_view stream_of(const RawFrame& frame) {
  constexpr std::string_view kOpening = R"({"stream":")";
  const std::string_view text{frame.bytes};
  if (!text.starts_with(kOpening)) return {};
  const std::size_t end = text.find('"', kOpening.size());
  return end == std::string_view::npos ? std::string_view{} : text.substr(kOpening.size(), end - kOpening.size());
}

common::SuccessionLimits limits_of(const BrokerConfig& config, const Settings& settings) {
  return {.timeout = settings.renewal_timeout,
          .settle = settings.renewal_settle,
          .held_bytes_max = settings.renewal_buffer,
          .retry_initial = config.reconnect_initial,
          .retry_maximum = config.reconnect_maximum};
}

}  // namespace

Shard::Shard(SessionHost& host, const BrokerConfig& config, const Settings& settings, Route route, const common::FramePort& slot,
             common::SlidingWindow& attempts, ShardOwner& owner)
    : host_(host),
      config_(config),
      settings_(settings),
      route_(route),
      attempts_(attempts),
      owner_(owner),
      idle_timer_(host.loop()),
      succession_(host, config.name, slot, *this, stream_of, limits_of(config, settings)) {}

std::unique_ptr<common::Link> Shard::make_link(common::FramePort& port) {
  const common::RequestLedger wishes = std::exchange(first_, false) ? common::RequestLedger{} : current().ledger();
  StreamSocketOwner& owner = *this;
  return std::make_unique<StreamSocket>(host_, config_, settings_, route_, port, attempts_, wishes, owner);
}

// ---- what should be carried ----

void Shard::want(std::string_view stream) {
  current().want(stream);
  if (StreamSocket* const next = successor()) next->want(stream);
}

void Shard::unwant(std::string_view stream) {
  current().unwant(stream);
  if (StreamSocket* const next = successor()) next->unwant(stream);
}

void Shard::apply() {
  common::Connection& connection = current().connection();
  if (needed()) {
    idle_timer_.cancel();
    connection.start();
    connection.wake();
  } else if (!connection.open()) {
    succession_.stop("nothing is wanted");
  } else if (!idle_timer_.pending()) {
    idle_timer_.start(settings_.idle_close, [this] { succession_.stop("nothing is wanted"); });
  }
  current().apply();
  if (StreamSocket* const next = successor()) next->apply();
}

void Shard::reconnect(std::string_view why) {
  succession_.cancel();
  current().connection().reconnect(why);
}

void Shard::stop() {
  idle_timer_.cancel();
  succession_.stop("stopped");
}

void Shard::describe(ConnectionReport& report) const {
  connection().describe(report);
  if (connection().open() && !succession_.reason().empty()) report.reason = succession_.reason() + "; its successor is being opened beside it";
  report.streams = static_cast<std::uint32_t>(ledger().confirmed_count());
  report.wanted = static_cast<std::uint32_t>(ledger().wanted_count());
}

// ---- what the sockets tell ----

void Shard::on_socket_open(StreamSocket& socket) {
  if (&socket == &current()) owner_.on_shard_open(*this);
}

void Shard::on_socket_changed(StreamSocket& socket) {
  succession_.changed(socket);
  owner_.on_shard_changed(*this);
}

void Shard::on_socket_losing(StreamSocket& socket, std::string_view reason, bool whole) { succession_.losing(socket, reason, whole); }

void Shard::on_socket_renewal(StreamSocket& socket, std::string_view why) { succession_.renew(socket, why); }

void Shard::on_streams_accepted(StreamSocket& socket, const std::vector<std::string>& streams) {
  owner_.on_streams_accepted(*this, socket.port(), streams);
}

void Shard::on_streams_refused(StreamSocket& socket, const std::vector<std::string>& streams, std::string_view words) {
  owner_.on_streams_refused(*this, socket.port(), streams, words);
}

}  // namespace tidegate::binance
