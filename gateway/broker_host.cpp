#include "gateway/broker_host.hpp"

#include <random>
#include <string>
#include <utility>

namespace tidegate {
namespace {

/// Openings that one connection has in the life of its session: numbers of the next session begin behind them, so that late frames of the old one are
/// known as such. At the shortest backoff it takes a week of failures to use them up.
constexpr std::uint32_t kOpeningsOfALife = 1U << 20U;

}  // namespace

BrokerHost::BrokerHost(const Lent& lent, std::shared_ptr<const Config> config, BrokerId broker, BrokerTelemetry& telemetry, std::uint32_t life)
    : lent_(lent),
      config_(std::move(config)),
      broker_(broker),
      telemetry_(telemetry),
      sessions_before_(life * kOpeningsOfALife),
      seed_(std::random_device{}()),
      secret_sources_(lent.loop, secret_sources_of(*config_, broker), config_->brokers[broker.value()].secret_timeout) {}

FreshConfig BrokerHost::read_config() {
  try {
    return {read_broker_again(*config_, broker_, secret_sources_.answers()), {}};
  } catch (const ConfigError& error) {
    return {{}, std::string{error.complaint()}};
  }
}

std::unique_ptr<FrameSink> BrokerHost::open_sink(ConnectionId connection) {
  return lent_.frames.open(broker_, connection, telemetry_.counters, sessions_before_);
}

void BrokerHost::on_report(BrokerReport report) {
  const UtcTime expires = report.credential_expires;
  telemetry_.credential_expires_unix_s = expires.known() ? expires.ns / 1'000'000'000 : 0;
  lent_.on_report(broker_, std::move(report));
}

}  // namespace tidegate
