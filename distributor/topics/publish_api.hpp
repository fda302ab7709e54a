// POST /v1/publish. One thread.
#pragma once

#include <string_view>

#include "distributor/hub.hpp"
#include "distributor/sessions/login.hpp"
#include "gateway/net/ws_server.hpp"

namespace tidegate::distributor {

inline constexpr std::string_view kPublishPath = "/v1/publish";

class PublishApi {
 public:
  PublishApi(Hub& hub, Login& login) : hub_(hub), login_(login) {}

  /// One request of kPublishPath. An object gives 200 or the status of its refusal; a list gives 200 where all were published, else 207, with one
  /// result each.
  [[nodiscard]] net::HttpResponse respond(const net::HttpRequest& request);

 private:
  [[nodiscard]] net::HttpResponse publish(const Identity& publisher, const PublishItem& item);
  [[nodiscard]] net::HttpResponse publish_list(const Identity& publisher, const std::vector<PublishItem>& items);
  [[nodiscard]] net::HttpResponse refuse(int status, const Complaint& complaint);

  Hub& hub_;
  Login& login_;
};

}  // namespace tidegate::distributor
