// permessage-deflate where websocketpp asks for its extension. Internal to gateway/net.
#pragma once

#include "gateway/net/ws_config.hpp"

#include <websocketpp/extensions/permessage_deflate/disabled.hpp>

namespace tidegate::net::ws {

/// Whether compressed messages may come; what websocketpp does with them takes other ways (ws_frames.hpp). Its own class, by the name of "enabled",
/// bounds no message while it inflates, and keeps two streams of zlib for each connection, 60 KiB and more.
template <typename Config>
class MessageDeflate : public websocketpp::extensions::permessage_deflate::disabled<Config> {
 public:
  void enable() { enabled_ = true; }
  /// Hides the base's.
  [[nodiscard]] bool is_enabled() const { return enabled_; }

 private:
  bool enabled_ = false;
};

}  // namespace tidegate::net::ws
