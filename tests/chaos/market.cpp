#include "tests/chaos/market.hpp"

#include <algorithm>
#include <tuple>

namespace tidegate::chaos {
namespace {

sim::BinanceOptions binance_options() {
  sim::BinanceOptions options;
  options.symbols = 2;
  options.rate = 5;
  options.ping_interval = std::chrono::milliseconds{500};
  options.connects_max = 1'000'000;
  options.rest_latency = std::chrono::milliseconds{2};
  return options;
}

sim::ZerodhaOptions zerodha_options() {
  sim::ZerodhaOptions options = test::Kite::quick();
  options.rate = 0;  // every instrument in every flush, so that each stream is seen to flow
  return options;
}

sim::IbkrOptions ibkr_options() {
  sim::IbkrOptions options = test::Ibkr::quick();
  options.stream_life = std::chrono::minutes{15};
  return options;
}

constexpr const char* kBinanceKeys =
    ", stale_after: 1500ms, ack_timeout: 1500ms, ping_timeout: 3s, data_timeout: 1500ms, handshake_timeout: 2s, slow_down_wait: 50ms, "
    "refused_wait: 50ms, rate_limit_wait: 200ms, snapshot_interval: 50ms, rest_timeout: 2s, audit_interval: 500ms, connect_attempts: 100000, "
    "weight_limit: 1000000, weight_share: 100, frames_per_second: 4";

void replace(std::string& text, const std::string& what, const std::string& with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) text.replace(at, what.size(), with);
}

}  // namespace

Market::Market() : venue_(binance_options()), kite_(zerodha_options()), xts_(test::Xts::quick()), ibkr_(ibkr_options()) {
  brokers_.push_back({"binance",
                      {"BINANCE:BTCUSDT trade", "BINANCE:BTCUSDT quote", "BINANCE:BTCUSDT orderbook", "BINANCE:ETHUSDT trade",
                       "BINANCE:ETHUSDT quote", "BINANCE:ETHUSDT orderbook"},
                      [this](const std::string& fault) { venue_.inject(fault); },
                      [this](std::chrono::milliseconds duration) { venue_.freeze(duration); },
                      [this] { return venue_.streams(); },
                      false,
                      venue_.port()});
  brokers_.push_back({"zerodha",
                      {"NSE:NIFTY 50 ticker", "NSE:RELIANCE ticker", "NSE:RELIANCE quote", "NSE:RELIANCE orderbook", "NSE:INFY quote"},
                      [this](const std::string& fault) { kite_.inject(fault); },
                      [this](std::chrono::milliseconds duration) { kite_.freeze(duration); },
                      [this] {
                        std::multiset<std::string> held;
                        for (const auto& [token, mode] : kite_.modes())
                          held.insert(std::to_string(token) + "/" + std::to_string(static_cast<int>(mode)));
                        return held;
                      },
                      true,
                      kite_.port()});
  brokers_.push_back({"xts",
                      {"BSE:RELIANCE ticker", "BSE:RELIANCE quote", "BSE:RELIANCE orderbook", "NSE:RELIANCE candle_1m"},
                      [this](const std::string& fault) { xts_.inject(fault); },
                      [this](std::chrono::milliseconds duration) { xts_.freeze(duration); },
                      [this] {
                        std::multiset<std::string> held;
                        for (const auto& [code, segment, id] : xts_.subscriptions()) {
                          held.insert(std::to_string(code) + "/" + std::to_string(segment) + "/" + std::to_string(id));
                        }
                        return held;
                      },
                      true,
                      xts_.port()});
  brokers_.push_back({"ibkr",
                      {"NASDAQ:AAPL ticker", "NASDAQ:AAPL quote", "NASDAQ:AAPL orderbook", "NASDAQ:MSFT ticker", "NASDAQ:MSFT quote"},
                      [this](const std::string& fault) { ibkr_.inject(fault); },
                      [this](std::chrono::milliseconds duration) { ibkr_.freeze(duration); },
                      [this] {
                        const std::set<std::string> streams = ibkr_.streams();
                        return std::multiset<std::string>{streams.begin(), streams.end()};
                      },
                      true,
                      ibkr_.port()});
}

Broker& Market::broker(const std::string& name) {
  return *std::find_if(brokers_.begin(), brokers_.end(), [&](const Broker& broker) { return broker.name == name; });
}

std::string Market::yaml(const std::string& caches) const {
  std::string brokers = venue_.yaml(kBinanceKeys) + kite_.yaml() + xts_.yaml(", relogin_interval: 100ms, competing_wait: 2s") + ibkr_.yaml();
  replace(brokers, "instruments_cache: none", "instruments_cache: '" + caches + "'");
  return "server: {listen: '127.0.0.1:0', limits: {requests_per_minute: 1000000, connections_per_user: 1000}}\nlog: {level: error}\n"
         "routing:\n  - {venues: [NSE, NFO], brokers: [zerodha, xts], standby: hot, failover_after: 1s, return_after: 2s}\n"
         "  - {venues: [BSE], brokers: [xts, zerodha], standby: warm, failover_after: 1s, return_after: 2s}\nbrokers:\n" +
         brokers;
}

std::vector<Wish> Market::wishes() {
  return {{"trade", {"BINANCE:BTCUSDT", "BINANCE:ETHUSDT"}, ""},
          {"quote", {"BINANCE:BTCUSDT", "BINANCE:ETHUSDT", "NSE:RELIANCE", "NSE:INFY", "BSE:RELIANCE", "NASDAQ:AAPL", "NASDAQ:MSFT"}, ""},
          {"orderbook", {"BINANCE:BTCUSDT", "BINANCE:ETHUSDT", "NSE:RELIANCE", "BSE:RELIANCE", "NASDAQ:AAPL"}, R"("depth":"full")"},
          {"ticker", {"NSE:NIFTY 50", "NSE:RELIANCE", "BSE:RELIANCE", "NASDAQ:AAPL", "NASDAQ:MSFT"}, ""},
          {"candle_1m", {"NSE:RELIANCE"}, ""}};
}

std::string Market::book_url(const std::string& symbol) const {
  return "http://127.0.0.1:" + std::to_string(venue_.port()) + "/api/v3/depth?limit=" + std::to_string(kLevelsCompared) + "&symbol=" + symbol;
}

}  // namespace tidegate::chaos
