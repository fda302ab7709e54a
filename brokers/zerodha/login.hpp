// The daily login: a person logs in at Kite's page, and the request token that the browser is sent back with is exchanged for an access token.
#pragma once

#include "brokers/adapter.hpp"

namespace tidegate::zerodha {

extern const LoginHelper kLogin;

}  // namespace tidegate::zerodha
