#include "distributor/sessions/doorman.hpp"

#include <algorithm>
#include <chrono>

#include "distributor/http_answers.hpp"

namespace tidegate::distributor {
namespace {

/// Addresses whose requests are counted apart, at once.
constexpr std::size_t kAddressesMax = 4096;
constexpr std::string_view kPreflightAge = "600";  // seconds that a browser may remember the answer

}  // namespace

Doorman::Doorman(const DistributorOptions& options, GatewayCounters& counters)
    : options_(options), counters_(counters), hosts_(options.host, options.hosts) {
  configure();
}

void Doorman::configure() {
  hosts_ = HostRules{options_.host, options_.hosts};
  origins_.clear();
  for (const std::string& origin : options_.origins) origins_.push_back(lower_case(origin));
}

bool Doorman::is_listed(std::string_view origin) const { return std::find(origins_.begin(), origins_.end(), lower_case(origin)) != origins_.end(); }

/// Only after the host was found to be ours. The scheme is not compared: a proxy may add or take away the TLS.
bool Doorman::is_own(std::string_view origin, std::string_view host) const {
  const std::size_t scheme = origin.find("://");
  return scheme != std::string_view::npos && !host.empty() && lower_case(origin.substr(scheme + 3)) == lower_case(host);
}

std::optional<net::HttpResponse> Doorman::turn_away(const net::HttpRequest& request, MonoTime now) {
  const std::string_view host = request.header("Host");
  if (host.empty() && request.version == "HTTP/1.1") {
    count(counters_.http_refused);
    return refusal(400, "the Host header is missing", "HTTP/1.1 asks for one");
  }
  if (!host.empty() && !hosts_.allows(host)) {
    count(counters_.http_refused);
    return refusal(421, "this gateway is not called by that name", "call it by the address it listens on, or list the name under server.hosts");
  }
  const std::string_view origin = request.header("Origin");
  if (!origin.empty() && (lower_case(origin) == "null" || !(is_listed(origin) || is_own(origin, host)))) {
    count(counters_.http_refused);
    return refusal(403, "this origin is not allowed", "list it under server.origins");
  }
  if (const auto wait = over_limit(request.remote_address, now)) {
    count(counters_.limited_http);
    return refusal(429, {code::kRateLimit, "too many requests from this address",
                         "at most " + std::to_string(options_.limits.http_requests_per_minute) + " a minute (server.limits.http_requests_per_minute)",
                         milliseconds_up(*wait)});
  }
  return std::nullopt;
}

std::optional<Duration> Doorman::over_limit(const std::string& address, MonoTime now) {
  if (is_loopback_host(address) || options_.limits.http_requests_per_minute == 0) return std::nullopt;
  auto found = by_address_.find(address);
  if (found == by_address_.end()) {
    if (by_address_.size() >= kAddressesMax) std::erase_if(by_address_, [now](const auto& entry) { return entry.second.idle(now); });
    if (by_address_.size() >= kAddressesMax) return others_.take(now, options_.limits.http_requests_per_minute);
    found = by_address_.try_emplace(address).first;
  }
  return found->second.take(now, options_.limits.http_requests_per_minute);
}

std::optional<net::HttpResponse> Doorman::preflight(const net::HttpRequest& request) const {
  const std::string_view origin = request.header("Origin");
  if (request.method != "OPTIONS" || origin.empty() || request.header("Access-Control-Request-Method").empty()) return std::nullopt;
  if (!is_listed(origin)) return refusal(403, "this origin is not allowed", "list it under server.origins");
  net::HttpResponse response;
  response.status = 204;
  allow_reading(request, response);
  response.headers.emplace_back("Access-Control-Allow-Methods", "GET, HEAD, POST, DELETE");
  response.headers.emplace_back("Access-Control-Allow-Headers", "Authorization, Content-Type, Idempotency-Key");
  response.headers.emplace_back("Access-Control-Max-Age", kPreflightAge);
  // Browsers ask so before a page of a public site may reach a private address.
  if (request.header("Access-Control-Request-Private-Network") == "true")
    response.headers.emplace_back("Access-Control-Allow-Private-Network", "true");
  return response;
}

void Doorman::allow_reading(const net::HttpRequest& request, net::HttpResponse& response) const {
  const std::string_view origin = request.header("Origin");
  if (origin.empty()) return;
  if (is_listed(origin)) response.headers.emplace_back("Access-Control-Allow-Origin", origin);
  response.headers.emplace_back("Vary", "Origin");
}

}  // namespace tidegate::distributor
