// The keys of a Zerodha broker, with the documented limits as defaults, and what they come to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/core/broker_config.hpp"

namespace tidegate::zerodha {

inline constexpr std::string_view kWsUrl = "wss://ws.kite.trade";
inline constexpr std::string_view kRestUrl = "https://api.kite.trade";

/// Every key of the adapter, for the configuration, configs/example.yaml and the docs.
inline constexpr std::size_t kOptionCount = 29;
extern const OptionSpec kOptions[kOptionCount];

/// What is wrong between or inside options, as "key: what is wrong; what to do". Empty: nothing.
[[nodiscard]] std::string complaint(const BrokerConfig& config);

/// How much of an instrument is sent; the larger one holds all that the smaller one does.
enum class Mode : std::uint8_t {
  None,  // not subscribed
  Ltp,
  Quote,
  Full,
};
[[nodiscard]] std::string_view to_text(Mode mode);

/// A configuration ready for use. Credentials are not in it: they are read anew for each attempt.
struct Settings {
  explicit Settings(const BrokerConfig& config);

  std::string ws_url;
  std::string rest_url;  // no slash at its end
  Mode ticker_mode{};
  Mode trade_mode{};

  std::size_t instruments_per_connection = 0;
  std::size_t connections_max = 0;
  std::size_t subscribe_batch = 0;
  std::size_t commands_per_second = 0;
  Duration handshake_timeout{};
  Duration heartbeat_timeout{};
  Duration data_timeout{};
  Duration probe_timeout{};
  Duration idle_close{};
  Duration renewal_timeout{};
  Duration renewal_settle{};
  std::size_t renewal_buffer = 0;
  std::size_t connect_attempts = 0;
  Duration connect_window{};
  Duration rate_limit_wait{};
  Duration refused_wait{};
  Duration credential_check{};
  Duration token_ends_at{};  // since midnight in India
  Duration token_notice{};

  std::string instruments_cache;  // folder; empty: no cache
  Duration instruments_at{};      // since midnight in India
  Duration instruments_recheck{};
  Duration rest_timeout{};
};

}  // namespace tidegate::zerodha
