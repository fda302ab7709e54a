// What the gateway keeps of a client's session besides its streams: where it came from, its login, its limits, when it was last heard.
#pragma once

#include <cstdint>
#include <string>

#include "distributor/sessions/request_window.hpp"
#include "gateway/core/time.hpp"

namespace tidegate::distributor {

struct SessionState {
  std::string path;     // "/ws", "/ws/market", "/ws/trading"; without a query, which may hold a token
  std::string address;  // of the peer
  UtcTime since;
  bool awaiting_login = false;  // nothing but `auth` and `ping` is served, and nothing unasked is told, before it has logged in
  MonoTime login_deadline;      // while awaiting_login
  bool expiry_told = false;     // `token_expiring` has been sent for this login
  bool counted = false;         // among the user's connections
  RequestWindow requests;
  std::uint64_t requests_served = 0;
  std::uint64_t requests_refused_in_row = 0;
  MonoTime last_heard;   // a message, ping or pong came
  MonoTime last_pinged;  // by us, since then
};

}  // namespace tidegate::distributor
