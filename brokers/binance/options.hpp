// The keys of a Binance broker, with the venue's documented limits as defaults, and what they come to for one market.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "brokers/adapter.hpp"
#include "brokers/binance/market.hpp"
#include "gateway/core/broker_config.hpp"

namespace tidegate::binance {

inline constexpr std::string_view kSpotWsUrl = "wss://stream.binance.com:9443";
inline constexpr std::string_view kSpotRestUrl = "https://api.binance.com";
inline constexpr std::string_view kUsdmWsUrl = "wss://fstream.binance.com";
inline constexpr std::string_view kUsdmRestUrl = "https://fapi.binance.com";

/// Every key of the adapter, for the configuration, configs/example.yaml and the docs.
inline constexpr std::size_t kOptionCount = 36;
extern const OptionSpec kOptions[kOptionCount];

/// The market of a configuration that may lack options (offline decoding): spot when it does not say.
[[nodiscard]] Market market_of(const BrokerConfig& config);
[[nodiscard]] std::string_view venue_of(Market market);  // "BINANCE", "BINANCE-USDM"

/// What a configuration asks of a market that does not have it: "key: what is wrong; what to do". Empty: nothing.
[[nodiscard]] std::string complaint(const BrokerConfig& config);

/// How far missing trades are fetched; the documented defaults for keys that the configuration lacks.
[[nodiscard]] TradeFillLimits trade_fills(const BrokerConfig& config);

/// Where a book comes from.
enum class BookSource : std::uint8_t { Full, Partial, Auto };

/// A configuration with "auto" and "0" resolved for its market.
struct Settings {
  explicit Settings(const BrokerConfig& config);

  Market market;
  std::string venue;
  std::string ws_url;  // no slash at its end
  std::string rest_url;
  bool microseconds = false;
  bool aggregate_trades = false;
  BookSource book = BookSource::Full;
  std::string book_suffix;  // of depth stream names: "@100ms", or empty for the venue's default pace

  std::size_t streams_per_connection = 0;
  std::size_t connections_max = 0;
  std::size_t frames_per_second = 0;
  std::size_t request_bytes_max = 0;
  Duration ack_timeout{};
  Duration audit_interval{};
  Duration handshake_timeout{};
  Duration ping_timeout{};
  Duration data_timeout{};
  Duration age_max{};
  Duration age_jitter{};
  Duration renewal_timeout{};
  Duration renewal_settle{};
  std::size_t renewal_buffer = 0;
  Duration idle_close{};
  std::size_t connect_attempts = 0;
  Duration connect_window{};
  Duration slow_down_wait{};
  Duration refused_wait{};

  Duration instruments_refresh{};
  Duration rest_timeout{};
  std::int64_t weight_limit = 0;  // 0: what exchangeInfo says
  std::int64_t weight_share_percent = 0;
  Duration rate_limit_wait{};
  std::int64_t snapshot_limit = 0;
  Duration snapshot_interval{};
  std::size_t snapshots_in_flight = 0;
  TradeFillLimits fills;

  /// Weight of one depth request with `snapshot_limit`, and of the instrument list.
  [[nodiscard]] std::int64_t snapshot_weight() const;
  [[nodiscard]] std::int64_t instruments_weight() const { return market == Market::Spot ? 20 : 1; }
  /// Weight of one request for old trades by their number, and for the newest ones.
  [[nodiscard]] std::int64_t old_trades_weight() const;
  [[nodiscard]] std::int64_t newest_trades_weight() const { return market == Market::Spot ? 25 : 5; }
  /// Weight a minute that the venue documents, until exchangeInfo has answered.
  [[nodiscard]] std::int64_t documented_weight_limit() const { return market == Market::Spot ? 6'000 : 2'400; }
  [[nodiscard]] std::string_view api_path() const { return market == Market::Spot ? "/api/v3" : "/fapi/v1"; }
};

}  // namespace tidegate::binance
