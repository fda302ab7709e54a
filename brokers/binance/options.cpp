#include "brokers/binance/options.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace tidegate::binance {
namespace {

constexpr std::array<std::string_view, 2> kMarkets = {"spot", "usdm"};
constexpr std::array<std::string_view, 2> kTimeUnits = {"millisecond", "microsecond"};
constexpr std::array<std::string_view, 3> kTrades = {"auto", "trade", "aggregate"};
constexpr std::array<std::string_view, 3> kBooks = {"full", "partial", "auto"};
constexpr std::array<std::string_view, 4> kBookIntervals = {"100ms", "250ms", "500ms", "1000ms"};

constexpr std::int64_t kMillisecond = 1'000'000;

/// As in the table.
constexpr std::int64_t kFillTrades = 10'000, kFillHoles = 16;
constexpr Duration kFillTimeout = std::chrono::seconds{60};

template <class T>
T or_standard(T value, T standard) {
  return value == T{} ? standard : value;
}

std::string url_of(const std::string& configured, std::string_view spot, std::string_view usdm, Market market) {
  const bool standard = configured.empty() || configured == spot;
  std::string url{standard ? (market == Market::Spot ? spot : usdm) : std::string_view{configured}};
  while (url.ends_with('/')) url.pop_back();
  return url;
}

BookSource book_of(std::string_view text) {
  if (text == "partial") return BookSource::Partial;
  return text == "auto" ? BookSource::Auto : BookSource::Full;
}

/// The pace that has no suffix is 1000ms on spot and 250ms on usdm.
std::string suffix_of(Market market, std::string_view interval) {
  if (interval == (market == Market::Spot ? "1000ms" : "250ms")) return {};
  return "@" + std::string{interval};
}

}  // namespace

// Sections are those of docs/protocols/binance.md.
constinit const OptionSpec kOptions[kOptionCount] = {
    {"market", OptionType::Choice, "spot", "spot, or usdm for USD-M futures; each has its own venue name, hosts and limits", kMarkets},
    {"time_unit", OptionType::Choice, "millisecond", "unit of the venue's times; microsecond exists on spot only (timeUnit, section 2.2)",
     kTimeUnits},
    {"trades", OptionType::Choice, "auto", "stream behind trade: single trades or aggregates; auto: trade on spot, aggregate on usdm (section 10.2)",
     kTrades},
    {"book", OptionType::Choice, "full",
     "full: diff depth joined to a REST snapshot; partial: the venue's top 5, 10 or 20; auto: partial where at most 20 levels are wanted", kBooks},
    {"book_interval", OptionType::Choice, "100ms",
     "pace of depth streams: 100ms or 1000ms on spot, 100ms, 250ms or 500ms on usdm (sections 6.11, 10.2)", kBookIntervals},
    {"streams_per_connection",
     OptionType::Integer,
     "1000",
     "streams on one socket before another is opened; the venue allows 1024 (section 4)",
     {},
     1,
     1024},
    {"connections_max",
     OptionType::Integer,
     "16",
     "sockets of this broker; wishes beyond connections_max x streams_per_connection are refused",
     {},
     2,
     1000},
    {"frames_per_second",
     OptionType::Integer,
     "0",
     "frames we send on one socket in any second, pongs included; 0: 4 of the 5 that spot allows, 8 of the 10 of usdm (section 4)",
     {},
     0,
     1000},
    {"request_bytes_max",
     OptionType::Integer,
     "3500",
     "longest SUBSCRIBE in bytes; the venue silently drops frames above 4096 (section 4)",
     {},
     128,
     4096},
    {"ack_timeout",
     OptionType::Duration,
     "5s",
     "a request without an answer for so long is sent once more, then the socket is replaced (section 4)",
     {},
     kMillisecond},
    {"audit_interval", OptionType::Duration, "60s", "LIST_SUBSCRIPTIONS is compared with what is wanted so often; 0s: never (section 3.4)"},
    {"handshake_timeout", OptionType::Duration, "10s", "time for TCP, TLS and the upgrade together", {}, kMillisecond},
    {"ping_timeout", OptionType::Duration, "0s",
     "no ping from the venue for so long: the socket is dead; 0s: the venue's own 60s on spot, 10m on usdm (section 3.2)"},
    {"data_timeout", OptionType::Duration, "60s",
     "subscribed but no data for so long: the socket is replaced; doubles while that brings nothing, for quiet symbols; 0s: not watched (section "
     "3.4)"},
    {"max_age", OptionType::Duration, "23h", "planned renewal of a socket; the venue closes at 24h (section 3.3); 0s: never"},
    {"renewal_jitter", OptionType::Duration, "30m", "renewals come up to so much earlier, so that sockets do not renew together"},
    {"renewal_timeout",
     OptionType::Duration,
     "30s",
     "a renewal's new socket must carry and deliver everything within so long; else the old one stays, and it is tried again",
     {},
     kMillisecond},
    {"renewal_settle", OptionType::Duration, "2s",
     "both sockets carry everything for so long, where equal messages on both do not prove sooner that nothing lies between them"},
    {"renewal_buffer",
     OptionType::Size,
     "64MiB",
     "messages of a renewal's new socket that wait for its turn; with more the renewal is over early, or put off",
     {},
     65'536},
    {"idle_close", OptionType::Duration, "30s", "a socket on which nothing is wanted is closed after so long"},
    {"connect_attempts",
     OptionType::Integer,
     "300",
     "connection attempts within connect_window; the venue's limit for one address (section 4)",
     {},
     1,
     100'000},
    {"connect_window", OptionType::Duration, "5m", "window of connect_attempts", {}, kMillisecond},
    {"slow_down_wait", OptionType::Duration, "10s", "shortest wait after the venue closed with 1008, too many requests (section 3.3)"},
    {"refused_wait", OptionType::Duration, "60s",
     "shortest wait after an upgrade refused with 403, 418 or 429 that names no Retry-After (section 3.1)"},
    {"instruments_refresh", OptionType::Duration, "24h", "how often exchangeInfo is read again (section 9)", {}, kMillisecond},
    {"rest_timeout",
     OptionType::Duration,
     "30s",
     "time for one REST request; spot's exchangeInfo can have tens of megabytes (section 8)",
     {},
     kMillisecond},
    {"weight_limit",
     OptionType::Integer,
     "0",
     "REST request weight a minute of this address; 0: what exchangeInfo says (documented: 6000 on spot, 2400 on usdm, sections 8 and 10.4)",
     {},
     0,
     1'000'000'000},
    {"weight_share", OptionType::Integer, "50", "percent of weight_limit that snapshots may use; other programs share the address", {}, 1, 100},
    {"rate_limit_wait", OptionType::Duration, "60s", "REST pauses so long after 418, 429 or 403 that names no Retry-After (section 8)"},
    {"snapshot_limit",
     OptionType::Integer,
     "1000",
     "levels a side of a REST depth snapshot: up to 5000 on spot, 1000 on usdm (sections 8 and 10.3)",
     {},
     5,
     5000},
    {"snapshot_interval", OptionType::Duration, "2s", "least time between two snapshots of one symbol (section 7.3)"},
    {"snapshots_in_flight", OptionType::Integer, "4", "REST snapshots under way at once", {}, 1, 100},
    {"fill_gaps", OptionType::Boolean, "true", "trades that are missing by their numbers are fetched by REST, and published flagged replayed"},
    {"fill_trades_max",
     OptionType::Integer,
     "10000",
     "trades of one hole; a hole of more stays one. Each 1000 cost one request: weight 25 on spot, 4 for aggregates, 20 on usdm (section 8)",
     {},
     1,
     kFillTradesMax},
    {"fill_holes_max", OptionType::Integer, "16", "holes of one instrument that are being filled at once; of more the oldest stays one", {}, 1, 1000},
    {"fill_timeout", OptionType::Duration, "60s", "a hole that is not filled within so long stays one", {}, kMillisecond},
};

Market market_of(const BrokerConfig& config) {
  const auto it = config.options.find("market");
  const std::string* text = it == config.options.end() ? nullptr : std::get_if<std::string>(&it->second);
  return text != nullptr && *text == "usdm" ? Market::Usdm : Market::Spot;
}

std::string_view venue_of(Market market) { return market == Market::Spot ? "BINANCE" : "BINANCE-USDM"; }

std::string complaint(const BrokerConfig& config) {
  const bool spot = market_of(config) == Market::Spot;
  const std::string& interval = config.text("book_interval");
  if (spot && (interval == "250ms" || interval == "500ms")) return "book_interval: spot has no " + interval + "; use 100ms or 1000ms";
  if (!spot && interval == "1000ms") return "book_interval: usdm has no 1000ms; use 100ms, 250ms or 500ms";
  if (!spot && config.text("time_unit") == "microsecond") return "time_unit: usdm sends milliseconds only; use millisecond";
  if (!spot) {
    constexpr std::array<std::int64_t, 7> kLimits = {5, 10, 20, 50, 100, 500, 1000};
    if (std::find(kLimits.begin(), kLimits.end(), config.integer("snapshot_limit")) == kLimits.end()) {
      return "snapshot_limit: usdm takes 5, 10, 20, 50, 100, 500 or 1000";
    }
  }
  return {};
}

TradeFillLimits trade_fills(const BrokerConfig& config) {
  const auto chosen = [&config]<class T>(std::string_view key, T standard) {
    const auto option = config.options.find(key);
    return option == config.options.end() ? standard : std::get<T>(option->second);
  };
  TradeFillLimits limits;
  const std::int64_t trades = chosen("fill_trades_max", kFillTrades);
  limits.trades_max = chosen("fill_gaps", true) ? static_cast<std::uint64_t>(trades) : 0;
  limits.holes_max = static_cast<std::size_t>(chosen("fill_holes_max", kFillHoles));
  limits.timeout = chosen("fill_timeout", kFillTimeout);
  return limits;
}

Settings::Settings(const BrokerConfig& config)
    : market(market_of(config)),
      venue(venue_of(market)),
      ws_url(url_of(config.ws_url, kSpotWsUrl, kUsdmWsUrl, market)),
      rest_url(url_of(config.rest_url, kSpotRestUrl, kUsdmRestUrl, market)),
      microseconds(market == Market::Spot && config.text("time_unit") == "microsecond"),
      aggregate_trades(config.text("trades") == "aggregate" || (market == Market::Usdm && config.text("trades") == "auto")),
      book(book_of(config.text("book"))),
      book_suffix(suffix_of(market, config.text("book_interval"))),
      streams_per_connection(static_cast<std::size_t>(config.integer("streams_per_connection"))),
      connections_max(static_cast<std::size_t>(config.integer("connections_max"))),
      frames_per_second(static_cast<std::size_t>(or_standard<std::int64_t>(config.integer("frames_per_second"), market == Market::Spot ? 4 : 8))),
      request_bytes_max(static_cast<std::size_t>(config.integer("request_bytes_max"))),
      ack_timeout(config.duration("ack_timeout")),
      audit_interval(config.duration("audit_interval")),
      handshake_timeout(config.duration("handshake_timeout")),
      ping_timeout(or_standard<Duration>(config.duration("ping_timeout"), std::chrono::seconds{market == Market::Spot ? 60 : 600})),
      data_timeout(config.duration("data_timeout")),
      age_max(config.duration("max_age")),
      age_jitter(config.duration("renewal_jitter")),
      renewal_timeout(config.duration("renewal_timeout")),
      renewal_settle(config.duration("renewal_settle")),
      renewal_buffer(static_cast<std::size_t>(config.integer("renewal_buffer"))),
      idle_close(config.duration("idle_close")),
      connect_attempts(static_cast<std::size_t>(config.integer("connect_attempts"))),
      connect_window(config.duration("connect_window")),
      slow_down_wait(config.duration("slow_down_wait")),
      refused_wait(config.duration("refused_wait")),
      instruments_refresh(config.duration("instruments_refresh")),
      rest_timeout(config.duration("rest_timeout")),
      weight_limit(config.integer("weight_limit")),
      weight_share_percent(config.integer("weight_share")),
      rate_limit_wait(config.duration("rate_limit_wait")),
      snapshot_limit(config.integer("snapshot_limit")),
      snapshot_interval(config.duration("snapshot_interval")),
      snapshots_in_flight(static_cast<std::size_t>(config.integer("snapshots_in_flight"))),
      fills(trade_fills(config)) {}

std::int64_t Settings::snapshot_weight() const {
  if (market == Market::Spot) {
    if (snapshot_limit <= 100) return 5;
    if (snapshot_limit <= 500) return 25;
    return snapshot_limit <= 1000 ? 50 : 250;
  }
  if (snapshot_limit <= 50) return 2;
  if (snapshot_limit <= 100) return 5;
  return snapshot_limit <= 500 ? 10 : 20;
}

std::int64_t Settings::old_trades_weight() const {
  if (market == Market::Usdm) return 20;
  return aggregate_trades ? 4 : 25;
}

}  // namespace tidegate::binance
