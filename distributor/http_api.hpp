// The HTTP side of the gateway's port. Answers from what is known at the moment; one thread.
#pragma once

#include <optional>
#include <string>

#include "distributor/hub.hpp"
#include "distributor/sessions/admin_api.hpp"
#include "distributor/sessions/doorman.hpp"
#include "distributor/sessions/keeper.hpp"
#include "distributor/sessions/login.hpp"
#include "distributor/topics/publish_api.hpp"
#include "gateway/net/ws_server.hpp"

namespace tidegate::distributor {

class HttpApi {
 public:
  HttpApi(Hub& hub, Login& login, SessionKeeper& keeper)
      : hub_(hub), login_(login), doorman_(hub.options, hub.telemetry.gateway), admin_(hub, login, keeper), publish_(hub, login) {}

  [[nodiscard]] net::HttpResponse respond(const net::HttpRequest& request);
  /// The options have changed.
  void configure() { doorman_.configure(); }
  /// What is refused unseen, for upgrades as well: no browser page of a foreign origin reaches the gateway through its user's browser, nor one that
  /// makes its own name stand for our address. Programs send no Origin and are let in.
  [[nodiscard]] std::optional<net::HttpResponse> turn_away(const net::HttpRequest& request) { return doorman_.turn_away(request, hub_.clock.mono()); }

 private:
  [[nodiscard]] net::HttpResponse serve(const net::HttpRequest& request);
  [[nodiscard]] net::HttpResponse dispatch(const net::HttpRequest& request);
  [[nodiscard]] net::HttpResponse dispatch_for(const net::HttpRequest& request, const Identity& caller);
  [[nodiscard]] net::HttpResponse health() const;
  [[nodiscard]] net::HttpResponse ready() const;
  [[nodiscard]] net::HttpResponse metrics(const Identity& caller);
  [[nodiscard]] net::HttpResponse status(const Identity& caller);
  [[nodiscard]] net::HttpResponse snapshot(const net::HttpRequest& request, const Identity& caller);
  [[nodiscard]] net::HttpResponse instruments(const net::HttpRequest& request) const;
  struct Snapshots {
    std::uint16_t depth = 0;
    bool allow_delayed = false;
    JsonWriter json;
    std::vector<std::string> missing;
    std::vector<std::pair<std::string, Complaint>> refused;  // by symbol
  };
  void put_snapshots(const std::string& symbol, const Identity& caller, Snapshots& out);

  Hub& hub_;
  Login& login_;
  Doorman doorman_;
  AdminApi admin_;
  PublishApi publish_;
};

}  // namespace tidegate::distributor
