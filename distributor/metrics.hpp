// Everything the gateway measures, as Prometheus text (exposition format 0.0.4).
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "distributor/control_messages.hpp"
#include "gateway/core/telemetry.hpp"
#include "gateway/core/time.hpp"

namespace tidegate::distributor {

/// What is counted at the moment of asking.
struct Gauges {
  std::string_view version;
  std::size_t subscribers = 0;
  std::size_t subscriptions = 0;
  std::size_t streams = 0;
  std::size_t outbox_bytes = 0;
  std::size_t users = 0;
  std::size_t topics = 0;
  std::size_t topic_subscriptions = 0;
  std::size_t retained_bytes = 0;
  std::map<std::string, std::size_t> sessions_by_path;
  Duration uptime{};
  std::int64_t tls_expires_unix_s = 0;  // 0: no TLS
  std::span<const BrokerHealth> brokers;
};

[[nodiscard]] std::string render_metrics(const Telemetry& telemetry, const Gauges& gauges);

}  // namespace tidegate::distributor
