#include "distributor/metrics.hpp"

#include <array>
#include <cstdint>

#include "gateway/core/counters.hpp"
#include "gateway/core/decimal.hpp"

namespace tidegate::distributor {
namespace {

using Counter = std::atomic<std::uint64_t>;

struct BrokerCounterName {
  std::string_view name, help;
  Counter BrokerCounters::*counter;
};
struct GatewayCounterName {
  std::string_view name, help;
  Counter GatewayCounters::*counter;
};
#define TIDEGATE_BROKER_ENTRY(name, help) {#name, help, &BrokerCounters::name},
constexpr BrokerCounterName kBrokerCounters[] = {TIDEGATE_BROKER_COUNTERS(TIDEGATE_BROKER_ENTRY)};
#undef TIDEGATE_BROKER_ENTRY
#define TIDEGATE_GATEWAY_ENTRY(name, help) {#name, help, &GatewayCounters::name},
constexpr GatewayCounterName kGatewayCounters[] = {TIDEGATE_GATEWAY_COUNTERS(TIDEGATE_GATEWAY_ENTRY)};
#undef TIDEGATE_GATEWAY_ENTRY

constexpr std::array<BrokerState, 6> kBrokerStates = {BrokerState::Connecting,   BrokerState::Live,         BrokerState::Stale,
                                                      BrokerState::Reconnecting, BrokerState::AuthRequired, BrokerState::Down};

std::string seconds(std::int64_t ns) { return to_text(Decimal{ns, -9}); }

/// `broker="name"` with the name escaped as label values are.
std::string broker_label(std::string_view name) {
  std::string label = "broker=\"";
  for (const char c : repaired_utf8(name)) {
    if (c == '\n') {
      label += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') label += '\\';
    label += c;
  }
  return label + '"';
}

class Page {
 public:
  void family(std::string_view name, std::string_view type, std::string_view help) {
    out_ += "# HELP tidegate_";
    out_ += name;
    out_ += ' ';
    out_ += help;
    out_ += "\n# TYPE tidegate_";
    out_ += name;
    out_ += ' ';
    out_ += type;
    out_ += '\n';
  }
  void sample(std::string_view name, std::string_view labels, std::string_view value) {
    out_ += "tidegate_";
    out_ += name;
    if (!labels.empty()) {
      out_ += '{';
      out_ += labels;
      out_ += '}';
    }
    out_ += ' ';
    out_ += value;
    out_ += '\n';
  }
  void sample(std::string_view name, std::string_view labels, std::uint64_t value) { sample(name, labels, std::to_string(value)); }

  void histogram(const std::string& name, const std::string& labels, const LatencyHistogram& histogram) {
    const std::string separator = labels.empty() ? "" : ",";
    std::uint64_t total = 0;  // of the buckets as read here, so that the last one and _count agree
    for (std::size_t i = 0; i < LatencyHistogram::kBuckets; ++i) {
      total += histogram.count(i);
      const std::string bound = i + 1 < LatencyHistogram::kBuckets ? seconds(LatencyHistogram::bound(i).count()) : "+Inf";
      sample(name + "_bucket", labels + separator + "le=\"" + bound + "\"", total);
    }
    sample(name + "_sum", labels, seconds(histogram.sum_ns()));
    sample(name + "_count", labels, total);
  }

  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

void put_brokers(Page& page, const Telemetry& telemetry) {
  for (const BrokerCounterName& entry : kBrokerCounters) {
    const std::string name = "broker_" + std::string(entry.name) + "_total";
    page.family(name, "counter", entry.help);
    for (const BrokerTelemetry& broker : telemetry.brokers) page.sample(name, broker_label(broker.name), (broker.counters.*entry.counter).load());
  }
  page.family("broker_bad_total", "counter", "messages that could not be decoded, by reason");
  for (const BrokerTelemetry& broker : telemetry.brokers) {
    for (std::size_t i = 0; i < kReasonCount; ++i) {
      const std::string labels = broker_label(broker.name) + ",reason=\"" + std::string(to_text(static_cast<Reason>(i))) + "\"";
      page.sample("broker_bad_total", labels, broker.counters.bad_by_reason[i].load());
    }
  }
  page.family("exchange_to_receive_seconds", "histogram", "from the exchange's stamp to our socket; clock skew included");
  for (const BrokerTelemetry& broker : telemetry.brokers)
    page.histogram("exchange_to_receive_seconds", broker_label(broker.name), broker.exchange_to_receive);
  page.family("receive_to_normalized_seconds", "histogram", "from our socket to the record");
  for (const BrokerTelemetry& broker : telemetry.brokers)
    page.histogram("receive_to_normalized_seconds", broker_label(broker.name), broker.receive_to_normalized);
}

void put_gauge(Page& page, std::string_view name, std::string_view help, std::size_t value) {
  page.family(name, "gauge", help);
  page.sample(name, "", value);
}

}  // namespace

std::string render_metrics(const Telemetry& telemetry, const Gauges& gauges) {
  Page page;
  page.family("build_info", "gauge", "always 1; the version is a label");
  std::string version = "version=\"";
  for (const char c : gauges.version) {
    if (c != '"' && c != '\\' && c != '\n') version += c;
  }
  page.sample("build_info", version + "\"", 1);
  page.family("uptime_seconds", "gauge", "since the start");
  page.sample("uptime_seconds", "", seconds(gauges.uptime.count()));
  put_gauge(page, "subscribers", "client connections open now", gauges.subscribers);
  put_gauge(page, "subscriptions", "subscriptions of all clients together", gauges.subscriptions);
  put_gauge(page, "streams", "pairs of instrument and channel in demand", gauges.streams);
  put_gauge(page, "outbox_bytes", "bytes waiting for clients", gauges.outbox_bytes);
  put_gauge(page, "users", "users with a connection", gauges.users);
  put_gauge(page, "topics", "topics known", gauges.topics);
  put_gauge(page, "topic_subscriptions", "subscriptions of topics of all clients together", gauges.topic_subscriptions);
  put_gauge(page, "retained_bytes", "bytes of retained values of topics", gauges.retained_bytes);
  page.family("sessions", "gauge", "client connections open now, by the path they came to");
  for (const auto& [path, sessions] : gauges.sessions_by_path) page.sample("sessions", "path=\"" + path + "\"", sessions);
  if (gauges.tls_expires_unix_s != 0) {
    page.family("tls_certificate_expires_seconds", "gauge", "when the server's certificate ends, in seconds since 1970");
    page.sample("tls_certificate_expires_seconds", "", std::to_string(gauges.tls_expires_unix_s));
  }
  page.family("broker_state", "gauge", "1 for the state a broker is in, 0 for the others");
  for (const BrokerHealth& broker : gauges.brokers) {
    if (broker.retired) continue;
    for (const BrokerState state : kBrokerStates) {
      const std::string labels = broker_label(broker.name) + ",state=\"" + std::string(to_text(state)) + "\"";
      page.sample("broker_state", labels, broker.state == state ? 1U : 0U);
    }
  }
  page.family("broker_credential_expires_seconds", "gauge",
              "when a broker's present login ends by itself, in seconds since 1970, where that is known");
  for (const BrokerTelemetry& broker : telemetry.brokers) {
    const std::int64_t at = broker.credential_expires_unix_s.load(std::memory_order_relaxed);
    if (at != 0) page.sample("broker_credential_expires_seconds", broker_label(broker.name), std::to_string(at));
  }
  for (const GatewayCounterName& entry : kGatewayCounters) {
    const std::string name = std::string(entry.name) + "_total";
    page.family(name, "counter", entry.help);
    page.sample(name, "", (telemetry.gateway.*entry.counter).load());
  }
  page.family("told_total", "counter", "times clients were told of an error, by its code");
  for (std::size_t i = 0; i < code::kAll.size(); ++i) {
    page.sample("told_total", "code=\"" + std::to_string(code::kAll[i]) + "\"", telemetry.gateway.told_by_code[i].load());
  }
  put_brokers(page, telemetry);
  page.family("normalized_to_written_seconds", "histogram", "from a record to the write that carries it; one sample a turn, of its first record");
  page.histogram("normalized_to_written_seconds", "", telemetry.normalized_to_written);
  return page.take();
}

}  // namespace tidegate::distributor
