// What /v1/brokers says of a connection's clocks.
#pragma once

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "gateway/core/connection_clocks.hpp"
#include "gateway/core/time.hpp"

namespace tidegate {

/// Adds `age_ms` (how long ago the last byte, heartbeat and data came; the opening counts as each of them, null: never open), `data_expected`, and
/// `data_reason`: why it is not, else empty. `json` is inside an object.
void put_signs_of_life(rapidjson::Writer<rapidjson::StringBuffer>& json, const ConnectionClocks& clocks, bool open, MonoTime now);

}  // namespace tidegate
