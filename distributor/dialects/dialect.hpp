// Which dialect a connection speaks: by its path, by ?dialect=, or by its first message. The control path; one thread.
#pragma once

#include <string_view>

#include "distributor/complaint.hpp"
#include "distributor/protocol.hpp"
#include "distributor/subscriber.hpp"
#include "gateway/net/ws_server.hpp"

namespace tidegate::distributor {

/// Before the first message to the subscriber. Code 0: the request's parameters were understood.
[[nodiscard]] Complaint choose_dialect(Subscriber& subscriber, const net::HttpRequest& request);

/// A message from the subscriber, in its dialect; the first one may choose it.
[[nodiscard]] ParsedRequest read_message(Subscriber& subscriber, std::string_view payload);

}  // namespace tidegate::distributor
