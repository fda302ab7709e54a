#include "brokers/ibkr/adapter.hpp"

#include <string>
#include <vector>

#include "brokers/ibkr/decoder.hpp"
#include "brokers/ibkr/message_fields.hpp"

namespace tidegate::ibkr {
namespace {

/// Smart-routed instruments; others are listed under their exchange.
std::vector<std::string> venues(const BrokerConfig&) { return {"SMART"}; }

/// No trade can be concluded from what is sent, and no bars are asked for: docs/protocols/ibkr.md#channels
bool serves(const BrokerConfig&, const Instrument& instrument, Channel channel) {
  switch (channel) {
    case Channel::Ticker:
    case Channel::Status:
      return true;
    case Channel::Quote:
    case Channel::OrderBook:
      return instrument.kind != InstrumentKind::Index;
    default:
      return false;
  }
}

/// "ibkr#265598", or "ibkr#265598@ARCA".
std::string unlisted_symbol(const BrokerConfig& config, const NativeRef& native) {
  std::string symbol = config.name + "#" + std::to_string(native.token);
  if (!native.text.empty()) symbol.append("@").append(native.text);
  return symbol;
}

/// A conid, such as 265598, or 265598@ARCA.
bool parse_native(std::string_view id, NativeId& native) {
  const Result<StreamTarget> target = read_target(id);
  if (!target) return false;
  native = NativeId{.segment = 0, .token = target->conid, .text = std::string{target->exchange}};
  return true;
}

}  // namespace

constinit const Adapter kIbkr{
    .name = "ibkr",
    .default_ws_url = "wss://localhost:5000/v1/api/ws",
    .default_rest_url = "https://localhost:5000/v1/api",
    .make_decoder = make_decoder,
    .venues = venues,
    .serves = serves,
    .unlisted_symbol = unlisted_symbol,
    .parse_native = parse_native,
};

}  // namespace tidegate::ibkr
