#include "brokers/binance/adapter.hpp"

#include "brokers/binance/decoder.hpp"
#include "brokers/binance/options.hpp"
#include "brokers/binance/session.hpp"
#include "brokers/binance/streams.hpp"

namespace tidegate::binance {
namespace {

std::unique_ptr<Session> make_session(const BrokerConfig& config, SessionHost& host) { return std::make_unique<StreamSession>(config, host); }

std::vector<std::string> venues(const BrokerConfig& config) { return {std::string{venue_of(market_of(config))}}; }

bool serves(const BrokerConfig& config, const Instrument&, Channel channel) { return has_channel(market_of(config), channel); }

std::string unlisted_symbol(const BrokerConfig& config, const NativeRef& native) {
  return std::string{venue_of(market_of(config))}.append(":").append(native.text);
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// Only USD-M chains by `pu`, names its bookTicker events and answers under /fapi.
bool shows_usdm(const RawFrame& frame) {
  switch (frame.kind) {
    case FrameKind::Text:
      return contains(frame.bytes, "\"pu\":") || contains(frame.bytes, "\"e\":\"bookTicker\"");
    case FrameKind::Rest:
      return contains(frame.request, "/fapi/");
    case FrameKind::Opened:
      return contains(frame.request, "fstream") || contains(frame.bytes, "fstream");
    default:
      return false;
  }
}

void infer_options(BrokerConfig& config, const RawFrame& frame) {
  if (shows_usdm(frame)) config.options.insert_or_assign("market", OptionValue{std::string{"usdm"}});
  if (frame.kind != FrameKind::Opened) return;
  for (const std::string_view unit : {"timeUnit=MICROSECOND", "timeUnit=microsecond"}) {
    if (!contains(frame.request, unit) && !contains(frame.bytes, unit)) continue;
    config.options.insert_or_assign("time_unit", OptionValue{std::string{"microsecond"}});
  }
}

}  // namespace

constinit const Adapter kBinance{
    .name = "binance",
    .options = kOptions,
    .default_ws_url = kSpotWsUrl,
    .default_rest_url = kSpotRestUrl,
    .make_session = make_session,
    .make_decoder = make_decoder,
    .venues = venues,
    .serves = serves,
    .unlisted_symbol = unlisted_symbol,
    .infer_options = infer_options,
    .complaint = complaint,
    .trade_fills = trade_fills,
};

}  // namespace tidegate::binance
