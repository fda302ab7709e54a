// Records to every interested client, and clients' wishes to the pipeline. The public face of this folder; everything runs on its loop's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "distributor/options.hpp"
#include "gateway/core/catalog.hpp"
#include "gateway/core/market_data.hpp"
#include "gateway/core/telemetry.hpp"
#include "gateway/core/time.hpp"
#include "gateway/net/event_loop.hpp"

namespace tidegate {

using distributor::Availability;
using distributor::DistributorOptions;
using distributor::UpstreamHost;

class Distributor final : public RecordSink {
 public:
  Distributor(net::EventLoop& loop, const Clock& clock, Telemetry& telemetry, UpstreamHost& host, DistributorOptions options);
  ~Distributor() override;

  /// Opens the port. Empty, or what went wrong.
  [[nodiscard]] std::string listen();
  [[nodiscard]] std::uint16_t port() const;
  /// Reads the certificate and its key again, for clients to come. Empty, or what is wrong with them; then those in use stay.
  [[nodiscard]] std::string reload_tls();
  /// When the certificate in use ends; kNoTime: no TLS.
  [[nodiscard]] UtcTime tls_expires() const;

  /// Who may log in has changed, and what the plans grant: every session is looked at again. `configured`: somebody can log in at all.
  void set_authenticator(std::shared_ptr<const Authenticator> authenticator, bool configured);

  /// Other options, for clients and streams that are there, too: limits, names of brokers (each keeps its place), standing subscriptions. Where we
  /// listen, our epoch and the files of TLS stay as they are; who may log in is set_authenticator()'s.
  void configure(DistributorOptions options);

  void on_catalog(std::shared_ptr<const Catalog> catalog);
  void on_record(const RecordHeader& record) override;

  /// Heartbeats and lingers; cheap when called often, needed at least every second or so.
  void do_work(MonoTime now);
  /// Tells the host of a changed demand, and writes what waits. At the end of every turn, after the last record.
  void end_turn();

  /// Takes no more clients, tells those there are, and closes them.
  void shutdown(std::string_view reason);
  /// Nobody is connected any more.
  [[nodiscard]] bool drained() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace tidegate
