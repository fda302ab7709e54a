#include "brokers/zerodha/adapter.hpp"

#include <charconv>
#include <string>
#include <system_error>

#include "brokers/zerodha/credential_check.hpp"
#include "brokers/zerodha/decoder.hpp"
#include "brokers/zerodha/login.hpp"
#include "brokers/zerodha/options.hpp"
#include "brokers/zerodha/session.hpp"

namespace tidegate::zerodha {
namespace {

std::unique_ptr<Session> make_session(const BrokerConfig& config, SessionHost& host) { return std::make_unique<TickerSession>(config, host); }

/// The exchanges that the instrument list is known to hold (section 7.1). Only answers whether a symbol may yet be listed, before the list has come:
/// the list itself decides what there is.
std::vector<std::string> venues(const BrokerConfig&) { return {"NSE", "NFO", "CDS", "BSE", "BFO", "BCD", "MCX", "NCO", "NSEIX", "GLOBAL"}; }

bool serves(const BrokerConfig&, const Instrument& instrument, Channel channel) {
  switch (channel) {
    case Channel::Ticker:
      return true;
    case Channel::Trade:
    case Channel::Quote:
    case Channel::OrderBook:
      return instrument.kind != InstrumentKind::Index;
    default:
      return false;
  }
}

std::string unlisted_symbol(const BrokerConfig& config, const NativeRef& native) { return config.name + "#" + std::to_string(native.token); }

/// An instrument token, such as 738561.
bool parse_native(std::string_view id, NativeId& native) {
  std::uint32_t token = 0;
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), token);
  if (error != std::errc{} || end != id.data() + id.size() || token == 0) return false;
  native = NativeId{.segment = token & 0xFFU, .token = token, .text = {}};
  return true;
}

}  // namespace

constinit const Adapter kZerodha{
    .name = "zerodha",
    .options = kOptions,
    .default_ws_url = kWsUrl,
    .default_rest_url = kRestUrl,
    .make_session = make_session,
    .make_decoder = make_decoder,
    .venues = venues,
    .serves = serves,
    .unlisted_symbol = unlisted_symbol,
    .parse_native = parse_native,
    .check_credentials = check_credentials,
    .login = &kLogin,
    .complaint = complaint,
};

}  // namespace tidegate::zerodha
