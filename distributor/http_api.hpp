// The HTTP side of the gateway's port. Answers from what is known at the moment; one thread.
#pragma once

#include <string>

#include "distributor/hub.hpp"
#include "gateway/net/ws_server.hpp"

namespace tidegate::distributor {

class HttpApi {
 public:
  explicit HttpApi(Hub& hub) : hub_(hub) {}

  [[nodiscard]] net::HttpResponse respond(const net::HttpRequest& request);
  /// No browser page of a foreign origin reaches the gateway through its user's browser. Programs send no Origin and are let in.
  [[nodiscard]] bool origin_allowed(const net::HttpRequest& request) const;

 private:
  [[nodiscard]] net::HttpResponse dispatch(const net::HttpRequest& request);
  [[nodiscard]] net::HttpResponse health() const;
  [[nodiscard]] net::HttpResponse ready() const;
  [[nodiscard]] net::HttpResponse metrics();
  [[nodiscard]] net::HttpResponse status();
  [[nodiscard]] net::HttpResponse snapshot(const net::HttpRequest& request);
  [[nodiscard]] net::HttpResponse instruments(const net::HttpRequest& request) const;
  [[nodiscard]] std::size_t put_snapshots(InstrumentId instrument, std::uint16_t depth, bool allow_delayed, JsonWriter& json);

  Hub& hub_;
};

}  // namespace tidegate::distributor
