#include "brokers/xts/options.hpp"

#include <array>

#include "brokers/common/instrument_cache.hpp"
#include "brokers/common/trading_day.hpp"
#include "brokers/xts/instruments.hpp"

namespace tidegate::xts {
namespace {

constexpr std::array<std::string_view, 4> kDeployments = {"apimarketdata", "marketdata", "apibinarymarketdata", "hostlookup"};
constexpr std::array<std::string_view, 2> kLoginKinds = {"client", "pro"};
constexpr std::array<std::string_view, 2> kPublishFormats = {"json", "binary"};
constexpr std::array<std::string_view, 2> kBroadcastModes = {"full", "partial"};
constexpr std::array<std::string_view, 2> kTickerCodes = {"touchline", "last_price"};
constexpr std::array<std::string_view, 2> kBarVolumes = {"as_sent", "omit"};

constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::string_view kSocketFolder = "/socket.io/";

/// A URL taken apart; neither query nor fragment counts.
struct Place {
  std::string scheme, host, path;
};

Place take_apart(std::string_view url) {
  Place place;
  url = url.substr(0, url.find_first_of("?#"));
  const std::size_t colon = url.find("://");
  if (colon == std::string_view::npos) return place;
  place.scheme = url.substr(0, colon);
  url.remove_prefix(colon + 3);
  const std::size_t slash = url.find('/');
  place.host = url.substr(0, slash);
  if (slash != std::string_view::npos) place.path = url.substr(slash);
  while (place.path.ends_with('/')) place.path.pop_back();
  return place;
}

std::string as_folder(std::string path) {
  if (!path.starts_with('/')) path.insert(0, 1, '/');
  if (!path.ends_with('/')) path += '/';
  return path;
}

/// The root of the REST calls where the URL names none.
std::string default_root(std::string_view deployment) { return deployment == "hostlookup" ? "/apimarketdata" : "/" + std::string{deployment}; }

std::string socket_path_of(const BrokerConfig& config, const Place& rest, const std::string& root) {
  if (!config.text("socket_path").empty()) return as_folder(config.text("socket_path"));
  if (const Place socket = take_apart(config.ws_url); !socket.path.empty()) return as_folder(socket.path);
  if (rest.path.empty() && config.text("deployment") == "hostlookup") return "/marketdata/socket.io/";
  return root + std::string{kSocketFolder};
}

}  // namespace

// Sections are those of docs/protocols/xts.md.
constinit const OptionSpec kOptions[kOptionCount] = {
    {"app_key", OptionType::Secret, "", "appKey of the market data app; required (section 3.1)"},
    {"secret_key", OptionType::Secret, "", "secretKey of the app; required (section 3.1)"},
    {"source", OptionType::Text, "WEBAPI", "source named at the login; empty: none is sent (section 3.1)"},
    {"deployment", OptionType::Choice, "apimarketdata",
     "root of REST and socket where rest_url has no path; hostlookup: REST under /apimarketdata, the socket under /marketdata (section 2.1)",
     kDeployments},
    {"login_kind", OptionType::Choice, "client",
     "a label for people, client or pro (dealer): nothing of the market data protocol depends on it (section 2.2)", kLoginKinds},
    {"socket_path", OptionType::Text, "", "path of the socket; empty: that of ws_url, else the root of rest_url and /socket.io/ (section 2.1)"},
    {"publish_format", OptionType::Choice, "json", "publishFormat of the socket; on a binary root the root decides (section 4.1)", kPublishFormats},
    {"broadcast_mode", OptionType::Choice, "full", "broadcastMode of the socket: whole messages, or only what changed after a snapshot (section 7)",
     kBroadcastModes},
    {"poll_first", OptionType::Boolean, "false", "begins with long polling and upgrades, for deployments that refuse a bare WebSocket (section 4.5)"},
    {"ticker_code", OptionType::Choice, "touchline",
     "message code behind ticker: 1501 touchline, or 1512 last_price, which brings the last price alone (section 5)", kTickerCodes},
    {"open_interest", OptionType::Boolean, "true",
     "subscribes 1510 besides for the ticker of derivatives; it may count against the broker's limit (section 3.3)"},
    {"bar_volume", OptionType::Choice, "as_sent", "BarVolume of candles: brokers send the day's or the bar's, omit leaves it out (section 6)",
     kBarVolumes},
    {"subscribe_batch", OptionType::Integer, "50", "instruments in one subscription request (section 3.3)", {}, 1, 1000},
    {"quotes_batch", OptionType::Integer, "50", "instruments in one quotes request (section 3.3)", {}, 1, 1000},
    {"instruments_max",
     OptionType::Integer,
     "0",
     "subscriptions of the app, one for each instrument and message code; 0: as many as the broker says (section 3.3)",
     {},
     0,
     1'000'000},
    {"subscribe_interval", OptionType::Duration, "200ms", "least time between two subscription requests (section 3.3)"},
    {"quotes_interval", OptionType::Duration, "1s", "least time between two quotes requests; one a second is documented (section 3.3)"},
    {"rate_limit_wait", OptionType::Duration, "5s", "shortest pause of all requests after HTTP 429 or e-apirl (section 3.2)"},
    {"rest_timeout", OptionType::Duration, "30s", "time for one REST request; instrument lists have tens of MB (section 3.4)", {}, kMillisecond},
    {"handshake_timeout", OptionType::Duration, "10s", "time for TCP, TLS and the upgrade together, and for each polling request", {}, kMillisecond},
    {"joined_timeout",
     OptionType::Duration,
     "10s",
     "time from the upgrade until the server has connected the namespace (section 4.2)",
     {},
     kMillisecond},
    {"ping_interval", OptionType::Duration, "0s", "time between our pings; 0s: half of the smaller of the server's two times (section 4.4)"},
    {"data_timeout", OptionType::Duration, "90s",
     "subscribed but nothing except heartbeats for so long: quotes are asked for and compared; doubles while the market is quiet (section 4.4); 0s: "
     "not watched"},
    {"probe_timeout",
     OptionType::Duration,
     "10s",
     "time for the answer to that; without one the connection is replaced (section 4.4)",
     {},
     kMillisecond},
    {"idle_close", OptionType::Duration, "30s", "a connection on which nothing is wanted is closed after so long"},
    {"connect_attempts", OptionType::Integer, "10", "connection attempts within connect_window", {}, 1, 100'000},
    {"connect_window", OptionType::Duration, "1m", "window of connect_attempts", {}, kMillisecond},
    {"refused_wait", OptionType::Duration, "60s", "shortest wait after a refusal that has nothing to do with the token (section 4.6)"},
    {"token_lifetime", OptionType::Duration, "24h", "life of a token that does not say when it ends (section 3.1)", {}, kMillisecond},
    {"renew_before", OptionType::Duration, "15m", "a new login so long before the token ends (section 3.1)"},
    {"login_at", OptionType::Text, "08:00",
     "time of day in India (UTC+5:30) of a fresh login, so that no token ends during trading hours; empty: none (section 3.1)"},
    {"relogin_interval", OptionType::Duration, "5m",
     "a token that dies is replaced by one login in so long; one that dies sooner again means a competing session (section 3.1)"},
    {"competing_wait", OptionType::Duration, "0s",
     "after another login took the session, takes it back after so long; 0s: only with other credentials or after a restart (section 4.6)"},
    {"credential_check",
     OptionType::Duration,
     "5s",
     "how often refused credentials are compared with their source, and the token's end with the clock",
     {},
     kMillisecond},
    {"logout_on_stop", OptionType::Boolean, "true", "ends the session at the broker when the gateway stops (section 3.1)"},
    {"segments", OptionType::Text, "NSECM,NSEFO", "exchange segments whose instruments are served, separated by commas (section 3.1)"},
    {"instruments_cache", OptionType::Text, "",
     "folder of the day's instrument list; empty: $XDG_CACHE_HOME/tidegate, else $HOME/.cache/tidegate; none: no cache (section 3.4)"},
    {"instruments_at", OptionType::Text, "08:30", "time of day in India (UTC+5:30) from which a list of that day is needed (section 3.4)"},
    {"instruments_recheck",
     OptionType::Duration,
     "10m",
     "least time between two reads of the list because it lacks an instrument (section 3.4)",
     {},
     kMillisecond},
};

std::string complaint(const BrokerConfig& config) {
  if (config.rest_url.empty()) return "rest_url: missing; set the broker's address with its root, e.g. https://ttblaze.iifl.com/apimarketdata";
  if (config.text("app_key").empty()) return R"(app_key: missing; set it, e.g. app_key: "${XTS_APP_KEY}")";
  if (config.text("secret_key").empty()) return R"(secret_key: missing; set it, e.g. secret_key: "${XTS_SECRET_KEY}")";
  Duration at{};
  if (!common::parse_time_of_day(config.text("instruments_at"), at)) return "instruments_at: no time of day; write it as HH:MM, e.g. 08:30";
  if (const std::string& login_at = config.text("login_at"); !login_at.empty() && !common::parse_time_of_day(login_at, at)) {
    return R"(login_at: no time of day; write it as HH:MM, e.g. 08:00, or "" for none)";
  }
  if (!parse_segments(config.text("segments"))) return "segments: not a list of segments; separate their names by commas, e.g. NSECM,NSEFO";
  return {};
}

Settings::Settings(const BrokerConfig& config)
    : source(config.text("source")),
      publish_format(config.text("publish_format") == "binary" ? "Binary" : "JSON"),
      broadcast_mode(config.text("broadcast_mode") == "partial" ? "Partial" : "Full"),
      partial(config.text("broadcast_mode") == "partial"),
      poll_first(config.flag("poll_first")),
      ticker_from_last_price(config.text("ticker_code") == "last_price"),
      open_interest(config.flag("open_interest")),
      subscribe_batch(static_cast<std::size_t>(config.integer("subscribe_batch"))),
      quotes_batch(static_cast<std::size_t>(config.integer("quotes_batch"))),
      instruments_max(static_cast<std::size_t>(config.integer("instruments_max"))),
      subscribe_interval(config.duration("subscribe_interval")),
      quotes_interval(config.duration("quotes_interval")),
      rate_limit_wait(config.duration("rate_limit_wait")),
      rest_timeout(config.duration("rest_timeout")),
      handshake_timeout(config.duration("handshake_timeout")),
      joined_timeout(config.duration("joined_timeout")),
      ping_interval(config.duration("ping_interval")),
      data_timeout(config.duration("data_timeout")),
      probe_timeout(config.duration("probe_timeout")),
      idle_close(config.duration("idle_close")),
      connect_attempts(static_cast<std::size_t>(config.integer("connect_attempts"))),
      connect_window(config.duration("connect_window")),
      refused_wait(config.duration("refused_wait")),
      token_lifetime(config.duration("token_lifetime")),
      renew_before(config.duration("renew_before")),
      relogin_interval(config.duration("relogin_interval")),
      competing_wait(config.duration("competing_wait")),
      credential_check(config.duration("credential_check")),
      logout_on_stop(config.flag("logout_on_stop")),
      segments(config.text("segments")),
      instruments_cache(common::cache_folder(config.text("instruments_cache"))),
      instruments_recheck(config.duration("instruments_recheck")) {
  // complaint() has seen to the texts.
  static_cast<void>(common::parse_time_of_day(config.text("instruments_at"), instruments_at));
  if (Duration at{}; common::parse_time_of_day(config.text("login_at"), at)) login_at = at;

  const Place rest = take_apart(config.rest_url);
  root_path = rest.path.empty() ? default_root(config.text("deployment")) : rest.path;
  rest_root = rest.scheme + "://" + rest.host + root_path;
  Place socket = take_apart(config.ws_url);
  if (socket.host.empty()) socket = {.scheme = rest.scheme == "http" ? "ws" : "wss", .host = rest.host, .path = {}};
  const std::string address = "://" + socket.host + socket_path_of(config, rest, root_path);
  socket_url = socket.scheme + address;
  polling_url = (socket.scheme == "ws" ? "http" : "https") + address;
}

}  // namespace tidegate::xts
