// Asks Kite once whether it takes the configured credentials: the handshake of a ticker connection, closed at once.
#pragma once

#include <functional>
#include <memory>

#include "brokers/adapter.hpp"

namespace tidegate::zerodha {

[[nodiscard]] std::unique_ptr<CredentialCheck> check_credentials(const BrokerConfig& config, net::EventLoop& loop,
                                                                 std::function<void(CredentialAnswer)> done);

}  // namespace tidegate::zerodha
