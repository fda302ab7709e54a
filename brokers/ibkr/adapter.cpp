#include "brokers/ibkr/adapter.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "brokers/ibkr/contract_name.hpp"
#include "brokers/ibkr/credential_check.hpp"
#include "brokers/ibkr/decoder.hpp"
#include "brokers/ibkr/message_fields.hpp"
#include "brokers/ibkr/options.hpp"
#include "brokers/ibkr/session.hpp"

namespace tidegate::ibkr {
namespace {

std::unique_ptr<Session> make_session(const BrokerConfig& config, SessionHost& host) { return std::make_unique<MarketDataSession>(config, host); }

std::vector<std::string> venues(const BrokerConfig& config) { return venue_list(config.text("venues")); }

bool serves(const BrokerConfig& config, const Instrument& instrument, Channel channel) { return has_channel(config, instrument.kind, channel); }

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

/// A symbol of one of its venues, or a bare name.
bool may_know(const BrokerConfig& config, std::string_view text) {
  if (!is_contract_name(text)) return false;
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return true;
  const std::vector<std::string> names = venues(config);
  return std::find(names.begin(), names.end(), text.substr(0, colon)) != names.end();
}

}  // namespace

constinit const Adapter kIbkr{
    .name = "ibkr",
    .options = kOptions,
    .default_rest_url = "https://localhost:5000/v1/api",
    .make_session = make_session,
    .make_decoder = make_decoder,
    .venues = venues,
    .serves = serves,
    .unlisted_symbol = unlisted_symbol,
    .parse_native = parse_native,
    .check_credentials = check_credentials,
    .may_know = may_know,
    .complaint = complaint,
};

}  // namespace tidegate::ibkr
