// Whether somebody is logged in, or the keys of OAuth can be used, asked for `tidegate check`.
#pragma once

#include <functional>
#include <memory>

#include "brokers/adapter.hpp"

namespace tidegate::ibkr {

/// Through the gateway program: one question about the login's status, which changes nothing of it. With OAuth: the keys are read, and nothing is
/// asked, since a new live session token may end that of a running gateway.
[[nodiscard]] std::unique_ptr<CredentialCheck> check_credentials(const BrokerConfig& config, net::EventLoop& loop,
                                                                 std::function<void(CredentialAnswer)> done);

}  // namespace tidegate::ibkr
