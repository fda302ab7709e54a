#include "brokers/binance/streams.hpp"

namespace tidegate::binance {
namespace {

constexpr std::uint16_t kPartialLevelsMax = 20;

/// Longest stream name that is asked for; real symbols have at most a few dozen bytes.
constexpr std::size_t kSymbolBytesMax = 64;

std::string_view partial_levels(std::uint16_t depth) {
  if (depth <= 5) return "5";
  return depth <= 10 ? "10" : "20";
}

/// Names stand unescaped in requests, and '@' and '/' are the venue's own separators. Symbols may be UTF-8.
bool can_name_a_stream(std::string_view symbol) {
  if (symbol.empty() || symbol.size() > kSymbolBytesMax) return false;
  for (const char c : symbol) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte == 0x7F || c == '"' || c == '\\' || c == '@' || c == '/') return false;
  }
  return true;
}

/// Lower case of ASCII letters only: other scripts stay as the venue spells them.
std::string lower(std::string_view symbol) {
  std::string text{symbol};
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

}  // namespace

bool has_channel(Market market, Channel channel) {
  switch (channel) {
    case Channel::Status:
      return false;
    case Channel::Candle1s:
      return market == Market::Spot;
    default:
      return true;
  }
}

Route route_of(const Settings& settings, Channel channel) {
  if (settings.market == Market::Spot) return Route::All;
  switch (channel) {
    case Channel::Quote:
    case Channel::OrderBook:
      return Route::Public;
    case Channel::Trade:
      return settings.aggregate_trades ? Route::Market : Route::Public;
    default:
      return Route::Market;
  }
}

std::string_view route_name(Route route) {
  switch (route) {
    case Route::All:
      return "stream";
    case Route::Public:
      return "public";
    case Route::Market:
      return "market";
  }
  return {};
}

std::string stream_url(const Settings& settings, Route route) {
  std::string url = settings.ws_url;
  if (route != Route::All) url.append("/").append(route_name(route));
  url += "/stream";
  if (settings.microseconds) url += "?timeUnit=MICROSECOND";
  return url;
}

bool is_delta_book(const Settings& settings, std::uint16_t depth) {
  switch (settings.book) {
    case BookSource::Full:
      return true;
    case BookSource::Partial:
      return false;
    case BookSource::Auto:
      return depth > kPartialLevelsMax;
  }
  return true;
}

std::optional<std::string> stream_name(const Settings& settings, std::string_view symbol, Channel channel, std::uint16_t depth) {
  if (!has_channel(settings.market, channel) || !can_name_a_stream(symbol)) return std::nullopt;
  std::string name = lower(symbol);
  switch (channel) {
    case Channel::Trade:
      return name + (settings.aggregate_trades ? "@aggTrade" : "@trade");
    case Channel::Quote:
      return name + "@bookTicker";
    case Channel::Ticker:
      return name + "@ticker";
    case Channel::OrderBook:
      name += "@depth";
      if (!is_delta_book(settings, depth)) name += partial_levels(depth);
      return name + settings.book_suffix;
    default:
      return name.append("@kline_").append(candle_interval(channel));
  }
}

}  // namespace tidegate::binance
