#include "tests/toy_broker/adapter.hpp"

#include "tests/toy_broker/decoder.hpp"
#include "tests/toy_broker/mapping.hpp"
#include "tests/toy_broker/options.hpp"
#include "tests/toy_broker/session.hpp"

namespace tidegate::toy {
namespace {

std::unique_ptr<Session> make_session(const BrokerConfig& config, SessionHost& host) { return std::make_unique<LineSession>(config, host); }

std::vector<std::string> venues(const BrokerConfig&) { return {std::string{kVenue}}; }

bool serves(const BrokerConfig&, const Instrument&, Channel channel) { return channel == Channel::Trade; }

std::string unlisted_symbol(const BrokerConfig&, const NativeRef& native) { return std::string{kVenue}.append(":").append(native.text); }

}  // namespace

constinit const Adapter kToy{
    .name = "toy",
    .options = kOptions,
    .default_ws_url = kWsUrl,
    .make_session = make_session,
    .make_decoder = make_decoder,
    .venues = venues,
    .serves = serves,
    .unlisted_symbol = unlisted_symbol,
};

}  // namespace tidegate::toy
