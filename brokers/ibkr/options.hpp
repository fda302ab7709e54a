// The keys of an IBKR broker, with the documented or observed limits as defaults, and what they come to.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/core/broker_config.hpp"

namespace tidegate::ibkr {

/// Every key of the adapter, for the configuration, configs/example.yaml and the docs.
inline constexpr std::size_t kOptionCount = 43;
extern const OptionSpec kOptions[kOptionCount];

/// What is wrong between or inside options, as "key: what is wrong; what to do". Empty: nothing.
[[nodiscard]] std::string complaint(const BrokerConfig& config);

/// The option `venues` as its parts; empty ones left out.
[[nodiscard]] std::vector<std::string> venue_list(std::string_view text);

/// A configuration ready for use. Credentials are not in it: they are read anew for each live session token.
struct Settings {
  explicit Settings(const BrokerConfig& config);

  std::string rest_root;   // no slash at its end: "https://localhost:5000/v1/api"
  std::string socket_url;  // "wss://localhost:5000/v1/api/ws"
  std::string login_page;  // where a person logs in: "https://localhost:5000"
  bool oauth = false;      // signs its requests; otherwise a person logs in through the gateway program

  bool compete = false;
  Duration competing_wait{};  // zero: never
  Duration competing_check{};
  std::string account;  // empty: the one that the broker names as selected
  bool depth = false;

  Duration tickle_interval{};
  Duration tickle_spacing{};
  Duration tic_interval{};
  Duration login_check{};
  Duration init_timeout{};
  Duration init_poll{};
  Duration heartbeat_timeout{};
  Duration status_timeout{};
  Duration data_timeout{};
  Duration probe_timeout{};
  Duration idle_close{};

  Duration stream_renewal{};
  Duration stream_life{};
  Duration stream_timeout{};
  std::size_t lines_max = 0;
  std::size_t depth_max = 0;
  std::size_t command_rate = 0;

  std::size_t rest_rate = 0;
  Duration rate_limit_wait{};
  Duration rest_timeout{};
  Duration handshake_timeout{};
  std::size_t connect_attempts = 0;
  Duration connect_window{};
  Duration refused_wait{};
  Duration credential_check{};
  Duration oauth_renew_before{};

  std::string instruments_cache;  // folder; empty: no cache
  Duration contracts_age{};
};

}  // namespace tidegate::ibkr
