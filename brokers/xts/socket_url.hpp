// The socket's address. The token travels in its query, so it is never shown: masked forms are.
#pragma once

#include <string>
#include <string_view>

#include "brokers/xts/options.hpp"

namespace tidegate::xts {

/// The upgrade: token, userID, publishFormat, broadcastMode, EIO=3, transport=websocket in this order (section 4.1), then `sid` where a polling
/// handshake went before.
[[nodiscard]] std::string websocket_url(const Settings& settings, std::string_view token, std::string_view user, std::string_view sid = {});
/// The same without the token and the sid.
[[nodiscard]] std::string masked_websocket_url(const Settings& settings, std::string_view user);
/// One polling request; `stamp` keeps caches away (section 4.5). An empty sid opens a session.
[[nodiscard]] std::string polling_url(const Settings& settings, std::string_view token, std::string_view user, std::string_view stamp,
                                      std::string_view sid = {});

}  // namespace tidegate::xts
