// XTS (Symphony Fintech), the market data API that many Indian brokers resell: REST for login and subscriptions, Socket.IO 2 for the data.
#pragma once

#include "brokers/adapter.hpp"

namespace tidegate::xts {

extern const Adapter kXts;

}  // namespace tidegate::xts
