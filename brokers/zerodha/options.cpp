#include "brokers/zerodha/options.hpp"

#include <array>

#include "brokers/common/instrument_cache.hpp"

namespace tidegate::zerodha {
namespace {

constexpr std::array<std::string_view, 3> kTickerModes = {"ltp", "quote", "full"};
constexpr std::array<std::string_view, 2> kTradeModes = {"quote", "full"};

constexpr std::int64_t kMillisecond = 1'000'000;

std::string without_slash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

Mode mode_of(std::string_view text) {
  if (text == "ltp") return Mode::Ltp;
  return text == "quote" ? Mode::Quote : Mode::Full;
}

}  // namespace

// Sections are those of docs/protocols/zerodha.md.
constinit const OptionSpec kOptions[kOptionCount] = {
    {"api_key", OptionType::Secret, "", "api_key of the Kite Connect app; required (section 2.3)"},
    {"access_token", OptionType::Secret, "",
     "access token of the day's login, required; best \"${file:kite.token}\", which tidegate login renews (section 2.3)"},
    {"api_secret", OptionType::Secret, "", "api_secret of the app; used by tidegate login only (section 2.3)"},
    {"login_url", OptionType::Text, "https://kite.zerodha.com/connect/login", "page where tidegate login sends a person to (section 2.3)"},
    {"ticker_mode", OptionType::Choice, "quote",
     "mode behind ticker: ltp is the last price alone; quote and full bring the day's figures (section 3)", kTickerModes},
    {"trade_mode", OptionType::Choice, "full", "mode behind trade: only full carries the time of the last trade (section 4.7)", kTradeModes},
    {"instruments_per_connection", OptionType::Integer, "3000", "instruments on one connection; Kite allows 3000 (section 2.4)", {}, 1, 3000},
    {"connections_max",
     OptionType::Integer,
     "3",
     "connections of this api_key; Kite allows 3, other programs with the same key included (section 2.4)",
     {},
     1,
     3},
    {"subscribe_batch", OptionType::Integer, "500", "instruments in one command (section 2.4: no limit is documented)", {}, 1, 3000},
    {"commands_per_second",
     OptionType::Integer,
     "10",
     "frames we send on one connection in any second, pongs included (section 2.4: no limit is documented)",
     {},
     1,
     100},
    {"handshake_timeout", OptionType::Duration, "10s", "time for TCP, TLS and the upgrade together", {}, kMillisecond},
    {"heartbeat_timeout", OptionType::Duration, "10s",
     "no message at all for so long: the connection is dead; heartbeats come every 3 s (section 5); 0s: not watched"},
    {"data_timeout", OptionType::Duration, "30s",
     "subscribed but nothing except heartbeats for so long: one instrument is asked for again; doubles while the market is quiet (section 5); 0s: "
     "not watched"},
    {"probe_timeout",
     OptionType::Duration,
     "5s",
     "time for the answer to that; without one the connection is replaced (section 5)",
     {},
     kMillisecond},
    {"idle_close", OptionType::Duration, "30s", "a connection on which nothing is wanted is closed after so long"},
    {"renewal_timeout",
     OptionType::Duration,
     "30s",
     "where the access token was renewed: a connection with it must carry and deliver everything within so long; else the old one stays meanwhile",
     {},
     kMillisecond},
    {"renewal_settle", OptionType::Duration, "2s", "so long both connections carry everything before the old one is closed"},
    {"renewal_buffer",
     OptionType::Size,
     "64MiB",
     "messages of the new connection that wait for its turn; with more the renewal is over early, or put off",
     {},
     65'536},
    {"connect_attempts", OptionType::Integer, "10", "connection attempts within connect_window", {}, 1, 100'000},
    {"connect_window", OptionType::Duration, "10s", "window of connect_attempts", {}, kMillisecond},
    {"rate_limit_wait", OptionType::Duration, "60s", "shortest wait after an upgrade refused with 429, more than 3 connections (section 2.2)"},
    {"refused_wait", OptionType::Duration, "60s", "shortest wait after an upgrade refused with 400 or the like (section 2.2)"},
    {"credential_check", OptionType::Duration, "5s", "how often the access token in use, or refused, is compared with its source", {}, kMillisecond},
    {"token_ends_at", OptionType::Text, "06:00", "time of day in India (UTC+5:30) at which access tokens end (section 2.3)"},
    {"token_notice", OptionType::Duration, "1h", "the end of the access token is told so long before; 0s: only once it is over", {}, 0},
    {"instruments_cache", OptionType::Text, "",
     "folder of the day's instrument list; empty: $XDG_CACHE_HOME/tidegate, else $HOME/.cache/tidegate; none: no cache (section 7.1)"},
    {"instruments_at", OptionType::Text, "08:30", "time of day in India (UTC+5:30) from which a list of that day is needed (section 7.1)"},
    {"instruments_recheck",
     OptionType::Duration,
     "10m",
     "least time between two reads of the list because the socket announced a new one (section 6)",
     {},
     kMillisecond},
    {"rest_timeout", OptionType::Duration, "30s", "time for one REST request; the instrument list has some 10 MB (section 7.1)", {}, kMillisecond},
};

std::string_view to_text(Mode mode) {
  constexpr std::string_view kNames[] = {"none", "ltp", "quote", "full"};
  return kNames[static_cast<std::size_t>(mode)];
}

std::string complaint(const BrokerConfig& config) {
  if (config.text("api_key").empty()) return R"(api_key: missing; set it, e.g. api_key: "${KITE_API_KEY}")";
  if (config.text("access_token").empty()) {
    return R"(access_token: missing; set it, e.g. access_token: "${file:kite.token}", and run tidegate login to write that file)";
  }
  Duration at{};
  if (!common::parse_time_of_day(config.text("instruments_at"), at)) return "instruments_at: no time of day; write it as HH:MM, e.g. 08:30";
  if (!common::parse_time_of_day(config.text("token_ends_at"), at)) return "token_ends_at: no time of day; write it as HH:MM, e.g. 06:00";
  return {};
}

Settings::Settings(const BrokerConfig& config)
    : ws_url(config.ws_url.empty() ? std::string{kWsUrl} : config.ws_url),
      rest_url(without_slash(config.rest_url.empty() ? std::string{kRestUrl} : config.rest_url)),
      ticker_mode(mode_of(config.text("ticker_mode"))),
      trade_mode(mode_of(config.text("trade_mode"))),
      instruments_per_connection(static_cast<std::size_t>(config.integer("instruments_per_connection"))),
      connections_max(static_cast<std::size_t>(config.integer("connections_max"))),
      subscribe_batch(static_cast<std::size_t>(config.integer("subscribe_batch"))),
      commands_per_second(static_cast<std::size_t>(config.integer("commands_per_second"))),
      handshake_timeout(config.duration("handshake_timeout")),
      heartbeat_timeout(config.duration("heartbeat_timeout")),
      data_timeout(config.duration("data_timeout")),
      probe_timeout(config.duration("probe_timeout")),
      idle_close(config.duration("idle_close")),
      renewal_timeout(config.duration("renewal_timeout")),
      renewal_settle(config.duration("renewal_settle")),
      renewal_buffer(static_cast<std::size_t>(config.integer("renewal_buffer"))),
      connect_attempts(static_cast<std::size_t>(config.integer("connect_attempts"))),
      connect_window(config.duration("connect_window")),
      rate_limit_wait(config.duration("rate_limit_wait")),
      refused_wait(config.duration("refused_wait")),
      credential_check(config.duration("credential_check")),
      token_notice(config.duration("token_notice")),
      instruments_cache(common::cache_folder(config.text("instruments_cache"))),
      instruments_recheck(config.duration("instruments_recheck")),
      rest_timeout(config.duration("rest_timeout")) {
  static_cast<void>(common::parse_time_of_day(config.text("instruments_at"), instruments_at));  // complaint() has seen to it
  static_cast<void>(common::parse_time_of_day(config.text("token_ends_at"), token_ends_at));
}

}  // namespace tidegate::zerodha
