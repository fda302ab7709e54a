// What an identity may not see, in words. Pure.
#pragma once

#include <string>
#include <string_view>

#include "distributor/protocol.hpp"
#include "gateway/access/identity.hpp"
#include "gateway/core/channel.hpp"

namespace tidegate::distributor {

/// Code 0 where it may; else 4013 with what is missing and whose login lacks it.
[[nodiscard]] Complaint entitlement_complaint(const Identity& identity, std::string_view symbol, Channel channel);
/// The same for something that has a name of its own, such as "topic orders".
[[nodiscard]] Complaint not_entitled(const Identity& identity, std::string_view what);

}  // namespace tidegate::distributor
