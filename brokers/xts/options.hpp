// The keys of an XTS broker, with the documented or observed limits as defaults, and what they come to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/core/broker_config.hpp"

namespace tidegate::xts {

/// Every key of the adapter, for the configuration, configs/example.yaml and the docs.
inline constexpr std::size_t kOptionCount = 39;
extern const OptionSpec kOptions[kOptionCount];

/// What is wrong between or inside options, as "key: what is wrong; what to do". Empty: nothing.
[[nodiscard]] std::string complaint(const BrokerConfig& config);

/// A configuration ready for use. Credentials are not in it: they are read anew for each login.
struct Settings {
  explicit Settings(const BrokerConfig& config);

  std::string rest_root;    // scheme, host and root path, no slash at its end: "https://ttblaze.iifl.com/apimarketdata"
  std::string root_path;    // "/apimarketdata"; empty: the host's root
  std::string socket_url;   // scheme, host and socket path with its slash: "wss://ttblaze.iifl.com/apimarketdata/socket.io/"
  std::string polling_url;  // the same with http:// or https://
  std::string source;
  std::string publish_format;  // as the query says it: "JSON", "Binary"
  std::string broadcast_mode;  // "Full", "Partial"
  bool partial = false;
  bool poll_first = false;
  bool ticker_from_last_price = false;
  bool open_interest = false;

  std::size_t subscribe_batch = 0;
  std::size_t quotes_batch = 0;
  std::size_t instruments_max = 0;  // 0: not known before the broker says it
  Duration subscribe_interval{};
  Duration quotes_interval{};
  Duration rate_limit_wait{};
  Duration rest_timeout{};

  Duration handshake_timeout{};
  Duration joined_timeout{};
  Duration ping_interval{};  // zero: from the server's own numbers
  Duration data_timeout{};
  Duration probe_timeout{};
  Duration idle_close{};
  std::size_t connect_attempts = 0;
  Duration connect_window{};
  Duration refused_wait{};

  Duration token_lifetime{};
  Duration renew_before{};
  std::optional<Duration> login_at;  // since midnight in India
  Duration relogin_interval{};
  Duration competing_wait{};  // zero: never
  Duration credential_check{};
  bool logout_on_stop = false;

  std::string segments;           // "NSECM,NSEFO"
  std::string instruments_cache;  // folder; empty: no cache
  Duration instruments_at{};      // since midnight in India
  Duration instruments_recheck{};
};

}  // namespace tidegate::xts
