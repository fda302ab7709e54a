// Administration over HTTP, under /v1/admin/, for the role admin alone. Every call that is served is logged with its user and address. One thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "distributor/hub.hpp"
#include "distributor/sessions/keeper.hpp"
#include "distributor/sessions/login.hpp"
#include "gateway/net/ws_server.hpp"

namespace tidegate::distributor {

class AdminApi {
 public:
  AdminApi(Hub& hub, Login& login, SessionKeeper& keeper) : hub_(hub), login_(login), keeper_(keeper) {}

  [[nodiscard]] static bool serves(std::string_view path) { return path.starts_with("/v1/admin/"); }
  /// Answers any method. A page of a browser cannot come here with a login of its user's: the token is in a header that the page would have to know.
  [[nodiscard]] net::HttpResponse respond(const net::HttpRequest& request);

 private:
  [[nodiscard]] net::HttpResponse dispatch(const net::HttpRequest& request, std::string_view what);
  [[nodiscard]] net::HttpResponse sessions() const;
  [[nodiscard]] net::HttpResponse users() const;
  [[nodiscard]] net::HttpResponse disconnect_session(std::string_view id);
  [[nodiscard]] net::HttpResponse disconnect_user(std::string_view user);
  [[nodiscard]] net::HttpResponse drain(const net::HttpRequest& request);
  [[nodiscard]] net::HttpResponse end_drain();
  [[nodiscard]] net::HttpResponse reload();
  [[nodiscard]] net::HttpResponse reconnect(std::string_view broker);
  [[nodiscard]] net::HttpResponse renew(std::string_view broker);
  [[nodiscard]] std::optional<BrokerId> find_broker(std::string_view name) const;
  [[nodiscard]] std::optional<net::HttpResponse> too_soon(BrokerId broker);
  [[nodiscard]] net::HttpResponse order_source(std::string_view path);
  [[nodiscard]] net::HttpResponse take_back_order(std::string_view target);
  void disconnect(Subscriber& subscriber);

  Hub& hub_;
  Login& login_;
  SessionKeeper& keeper_;
  std::vector<MonoTime> reconnect_after_;  // by BrokerId: not again before
};

}  // namespace tidegate::distributor
