// What a refused or lost ticker connection means.
#pragma once

#include "brokers/common/connection.hpp"
#include "brokers/zerodha/options.hpp"
#include "brokers/zerodha/url.hpp"
#include "gateway/net/ws_client.hpp"

namespace tidegate::zerodha {

/// The upgrade was refused because of the credentials (section 2.2).
[[nodiscard]] bool refuses_credentials(const net::WsClosed& closed);
/// The upgrade was refused because the api_key has its three connections.
[[nodiscard]] bool is_rate_limit(const net::WsClosed& closed);
/// The upgrade was refused for a reason that waiting will hardly mend: our request or the configuration is wrong.
[[nodiscard]] bool is_our_fault(const net::WsClosed& closed);

/// For everything but refused credentials. There is no list of close codes, so all are the same (section 5).
[[nodiscard]] common::LossVerdict judge_closed(const net::WsClosed& closed, const Settings& settings, const Credentials& used);

}  // namespace tidegate::zerodha
