// Which HTTP requests and upgrades are looked at at all: by the name we are called, by the page they come from, by how many an address sends.
// One thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "distributor/options.hpp"
#include "distributor/sessions/addresses.hpp"
#include "distributor/sessions/request_window.hpp"
#include "gateway/core/telemetry.hpp"
#include "gateway/net/ws_server.hpp"

namespace tidegate::distributor {

class Doorman {
 public:
  /// Both outlive it.
  Doorman(const DistributorOptions& options, GatewayCounters& counters);
  /// The options have changed.
  void configure();

  /// Nothing: let in. Refusals are counted: 400 (no Host), 421 (not our name), 403 (a foreign page), 429 (too many from this address).
  [[nodiscard]] std::optional<net::HttpResponse> turn_away(const net::HttpRequest& request, MonoTime now);

  /// The answer to a browser that asks whether a page of a listed origin may send a request; nothing: the request is no such question.
  [[nodiscard]] std::optional<net::HttpResponse> preflight(const net::HttpRequest& request) const;
  /// Lets a page of a listed origin read the answer.
  void allow_reading(const net::HttpRequest& request, net::HttpResponse& response) const;

 private:
  [[nodiscard]] bool is_listed(std::string_view origin) const;
  [[nodiscard]] bool is_own(std::string_view origin, std::string_view host) const;
  [[nodiscard]] std::optional<Duration> over_limit(const std::string& address, MonoTime now);

  const DistributorOptions& options_;
  GatewayCounters& counters_;
  HostRules hosts_;
  std::vector<std::string> origins_;  // in lower case
  std::unordered_map<std::string, RequestWindow> by_address_;
  RequestWindow others_;  // of addresses that there was no room for
};

}  // namespace tidegate::distributor
