#include "brokers/ibkr/options.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "brokers/common/instrument_cache.hpp"

namespace tidegate::ibkr {
namespace {

constexpr std::array<std::string_view, 2> kLogins = {"gateway", "oauth"};
constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::int64_t kMinute = 60'000 * kMillisecond;

/// The host of a URL, without brackets and port.
std::string host_of(std::string_view url) {
  const std::size_t colon = url.find("://");
  if (colon == std::string_view::npos) return {};
  url.remove_prefix(colon + 3);
  url = url.substr(0, url.find_first_of("/?#"));
  if (url.starts_with('[')) return std::string{url.substr(1, url.find(']') - 1)};
  return std::string{url.substr(0, url.find(':'))};
}

/// Scheme, host and port of a URL.
std::string origin_of(std::string_view url) {
  const std::size_t colon = url.find("://");
  return std::string{colon == std::string_view::npos ? url : url.substr(0, url.find_first_of("/?#", colon + 3))};
}

/// This machine, or a network that is nobody else's: where the gateway program runs, whose certificate no authority has signed.
bool is_private(const std::string& host) {
  if (host == "localhost") return true;
  if (in_addr v4{}; inet_pton(AF_INET, host.c_str(), &v4) == 1) {
    const std::uint32_t address = ntohl(v4.s_addr);
    const std::uint32_t first = address >> 24U;
    return first == 127 || first == 10 || address >> 20U == 0xAC1 || address >> 16U == 0xC0A8;
  }
  in6_addr v6{};
  if (inet_pton(AF_INET6, host.c_str(), &v6) != 1) return false;
  return IN6_IS_ADDR_LOOPBACK(&v6) || IN6_IS_ADDR_LINKLOCAL(&v6) || (v6.s6_addr[0] & 0xFEU) == 0xFC;
}

std::string without_slash(std::string url) {
  url.resize(std::min(url.find_first_of("?#"), url.size()));
  while (url.ends_with('/')) url.pop_back();
  return url;
}

}  // namespace

// Sections are those of docs/protocols/ibkr.md.
constinit const OptionSpec kOptions[kOptionCount] = {
    {"login", OptionType::Choice, "gateway",
     "gateway: a person logs in through IBKR's gateway program; oauth: the hosted API, with the keys below (section 8)", kLogins},
    {"oauth_consumer_key", OptionType::Secret, "", "consumer key of OAuth 1.0a, 9 characters (section 6.1)"},
    {"oauth_access_token", OptionType::Secret, "", "access token of OAuth (section 6.1)"},
    {"oauth_access_token_secret", OptionType::Secret, "", "its secret as IBKR shows it: encrypted, base64 (section 6.1)"},
    {"oauth_signature_key", OptionType::File, "", "file of the private signature key, PEM (section 6.1)"},
    {"oauth_encryption_key", OptionType::File, "", "file of the private encryption key, PEM (section 6.1)"},
    {"oauth_dh_param", OptionType::File, "", "file of the Diffie-Hellman parameters, PEM (section 6.1)"},
    {"oauth_realm", OptionType::Text, "limited_poa", "realm of the signed header; test_realm for the consumer TESTCONS (section 6.1)"},
    {"oauth_sign_query", OptionType::Boolean, "false", "whether a URL's query is signed too: IBKR's samples do not, its guide does (section 6.4)"},
    {"oauth_renew_before", OptionType::Duration, "30m", "another live session token so long before the present one ends, after 24h (section 6.2)"},
    {"compete", OptionType::Boolean, "false",
     "takes the brokerage session once from another program of the same user, which ends TWS or the mobile app there (section 8.3)"},
    {"competing_wait", OptionType::Duration, "0s",
     "after another program took the brokerage session, takes it back after so long; 0s: only once that one has left it (section 8.3)"},
    {"competing_check", OptionType::Duration, "60s", "how often it is asked whether that one has left it (section 8.3)", {}, kMillisecond},
    {"account", OptionType::Text, "", "account named in requests for depth; empty: the one that IBKR has selected (section 3)"},
    {"venues", OptionType::Text,
     "SMART,NASDAQ,NYSE,ARCA,AMEX,BATS,IEX,PINK,CBOE,CME,CBOT,NYMEX,COMEX,CFE,ICE,IDEALPRO,LSE,IBIS,EUREX,SBF,AEB,TSE,SEHK,SGX,TSEJ,ASX",
     "exchanges whose symbols are asked for, separated by commas (section 5.1)"},
    {"tickle_interval",
     OptionType::Duration,
     "60s",
     "time between two calls of /tickle; the session ends after 5 to 6 minutes without (section 8.2)",
     {},
     kMillisecond,
     5 * kMinute},
    {"tickle_spacing", OptionType::Duration, "1s", "least time between two calls of /tickle (section 8.6)"},
    {"tic_interval",
     OptionType::Duration,
     "50s",
     "time between two signs of life on the socket; one a minute is needed (section 8.4)",
     {},
     kMillisecond,
     kMinute},
    {"login_check",
     OptionType::Duration,
     "15s",
     "while nobody is logged in, how often it is asked whether somebody is (section 8.1)",
     {},
     kMillisecond},
    {"init_timeout", OptionType::Duration, "10s", "time for the brokerage session to open after it was asked for (section 8.1)", {}, kMillisecond},
    {"init_poll", OptionType::Duration, "1s", "time between two questions whether it has (section 8.1)", {}, kMillisecond},
    {"heartbeat_timeout", OptionType::Duration, "25s",
     "no heartbeat for so long: the connection is dead; they come every 10s (section 8.4); 0s: not watched"},
    {"status_timeout",
     OptionType::Duration,
     "5s",
     "without a word on the socket whether it is authenticated, REST is asked after so long (section 8.4)",
     {},
     kMillisecond},
    {"data_timeout", OptionType::Duration, "90s",
     "all streams that were lively are silent for so long, heartbeats or not: one is asked for again; doubles while that brings nothing new "
     "(section 7.5); 0s: not watched"},
    {"probe_timeout",
     OptionType::Duration,
     "10s",
     "time for the answer to that; without one the connection is replaced (section 8.5)",
     {},
     kMillisecond},
    {"idle_close", OptionType::Duration, "30s", "a connection on which nothing is wanted is closed after so long"},
    {"stream_renewal",
     OptionType::Duration,
     "570s",
     "each stream is asked for again so long after it was asked for last, or somewhat sooner, so that not all come at once (section 7.4)",
     {},
     kMillisecond},
    {"stream_life",
     OptionType::Duration,
     "15m",
     "when IBKR ends a stream that was not asked for again, without a word (section 7.4)",
     {},
     kMillisecond},
    {"stream_timeout", OptionType::Duration, "3m",
     "a stream that was lively and is silent for so long, while others are not, is asked for again once (section 7.5); 0s: not watched"},
    {"lines_max",
     OptionType::Integer,
     "100",
     "market data lines of the user, other programs included; one for each instrument (section 7.2)",
     {},
     1,
     100'000},
    {"depth", OptionType::Boolean, "true", "order books, from BookTrader; experimental: no capture of it is known (section 3)"},
    {"depth_max", OptionType::Integer, "3", "order books at once; IBKR allows 3 for each 100 lines (section 7.2)", {}, 1, 10'000},
    {"command_rate", OptionType::Integer, "10", "commands on the socket in any second; no limit is documented (section 7.3)", {}, 1, 10'000},
    {"rest_rate",
     OptionType::Integer,
     "10",
     "REST requests in any second: 10 through the gateway program, 50 at the hosted API (section 8.6)",
     {},
     1,
     10'000},
    {"rate_limit_wait", OptionType::Duration, "30s", "pause of all requests after HTTP 429; IBKR shuts insistent addresses out (section 8.6)"},
    {"rest_timeout", OptionType::Duration, "15s", "time for one REST request", {}, kMillisecond},
    {"handshake_timeout", OptionType::Duration, "10s", "time for TCP, TLS and the upgrade together", {}, kMillisecond},
    {"connect_attempts", OptionType::Integer, "10", "connection attempts within connect_window", {}, 1, 100'000},
    {"connect_window", OptionType::Duration, "1m", "window of connect_attempts", {}, kMillisecond},
    {"refused_wait", OptionType::Duration, "60s", "shortest wait after a refusal that only a person can do something about (section 8.4)"},
    {"credential_check", OptionType::Duration, "5s", "how often refused OAuth credentials are compared with their source", {}, kMillisecond},
    {"instruments_cache", OptionType::Text, "",
     "folder of the contracts found so far; empty: $XDG_CACHE_HOME/tidegate, else $HOME/.cache/tidegate; none: no cache (section 5.3)"},
    {"contracts_age", OptionType::Duration, "720h", "a contract found so long ago is asked for again (section 5.3)", {}, kMillisecond},
};

std::vector<std::string> venue_list(std::string_view text) {
  std::vector<std::string> venues;
  while (!text.empty()) {
    std::string_view part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    if (!part.empty()) venues.emplace_back(part);
  }
  return venues;
}

std::string complaint(const BrokerConfig& config) {
  if (!config.tls_verify && !config.insecure) {
    for (const std::string* url : {&config.rest_url, &config.ws_url}) {
      if (url->empty() || is_private(host_of(*url))) continue;
      return "tls.verify: false lets anybody between here and " + host_of(*url) +
             " read and change everything; leave it true, or set tls.ca_file (insecure: true if that is what you want)";
    }
  }
  if (config.text("login") == "oauth") {
    for (const char* key :
         {"oauth_consumer_key", "oauth_access_token", "oauth_access_token_secret", "oauth_signature_key", "oauth_encryption_key", "oauth_dh_param"}) {
      if (config.text(key).empty()) return std::string{key} + ": missing; login: oauth needs it (docs/protocols/ibkr.md, section 6.1)";
    }
  }
  if (config.duration("stream_renewal") >= config.duration("stream_life")) {
    return "stream_renewal: not shorter than stream_life; a stream has to be asked for again before it ends";
  }
  if (venue_list(config.text("venues")).empty()) return "venues: no exchange; separate their names by commas, e.g. SMART,NASDAQ,NYSE";
  return {};
}

Settings::Settings(const BrokerConfig& config)
    : rest_root(without_slash(config.rest_url)),
      socket_url(without_slash(config.ws_url)),
      login_page(origin_of(config.rest_url)),
      oauth(config.text("login") == "oauth"),
      compete(config.flag("compete")),
      competing_wait(config.duration("competing_wait")),
      competing_check(config.duration("competing_check")),
      account(config.text("account")),
      depth(config.flag("depth")),
      tickle_interval(config.duration("tickle_interval")),
      tickle_spacing(config.duration("tickle_spacing")),
      tic_interval(config.duration("tic_interval")),
      login_check(config.duration("login_check")),
      init_timeout(config.duration("init_timeout")),
      init_poll(config.duration("init_poll")),
      heartbeat_timeout(config.duration("heartbeat_timeout")),
      status_timeout(config.duration("status_timeout")),
      data_timeout(config.duration("data_timeout")),
      probe_timeout(config.duration("probe_timeout")),
      idle_close(config.duration("idle_close")),
      stream_renewal(config.duration("stream_renewal")),
      stream_life(config.duration("stream_life")),
      stream_timeout(config.duration("stream_timeout")),
      lines_max(static_cast<std::size_t>(config.integer("lines_max"))),
      depth_max(static_cast<std::size_t>(config.integer("depth_max"))),
      command_rate(static_cast<std::size_t>(config.integer("command_rate"))),
      rest_rate(static_cast<std::size_t>(config.integer("rest_rate"))),
      rate_limit_wait(config.duration("rate_limit_wait")),
      rest_timeout(config.duration("rest_timeout")),
      handshake_timeout(config.duration("handshake_timeout")),
      connect_attempts(static_cast<std::size_t>(config.integer("connect_attempts"))),
      connect_window(config.duration("connect_window")),
      refused_wait(config.duration("refused_wait")),
      credential_check(config.duration("credential_check")),
      oauth_renew_before(config.duration("oauth_renew_before")),
      instruments_cache(common::cache_folder(config.text("instruments_cache"))),
      contracts_age(config.duration("contracts_age")) {
  if (socket_url.empty()) socket_url = "ws" + rest_root.substr(std::min<std::size_t>(rest_root.size(), 4)) + "/ws";
}

}  // namespace tidegate::ibkr
