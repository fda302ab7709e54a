#include "tools/sim/binance/streams.hpp"

#include <algorithm>
#include <array>

#include "tools/sim/binance/candles.hpp"

namespace tidegate::sim::binance {
namespace {

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (text.substr(0, prefix.size()) != prefix) return false;
  text.remove_prefix(prefix.size());
  return true;
}

std::int64_t window_minutes(std::string_view window) {
  if (window == "1h") return 60;
  if (window == "4h") return 240;
  return window == "1d" ? 1440 : 0;
}

/// A view that outlives the name it was found in.
std::string_view window_text(std::int64_t minutes) { return minutes == 60 ? "1h" : minutes == 240 ? "4h" : "1d"; }

/// "", "@100ms" and so on; -1 where this market has no such speed.
std::int64_t depth_period(Market market, std::string_view suffix, bool partial) {
  if (market == Market::Spot) {
    if (suffix.empty()) return 1000;
    return suffix == "@100ms" ? 100 : -1;
  }
  if (suffix.empty()) return 250;
  if (suffix == "@500ms") return 500;
  if (suffix == "@100ms") return 100;
  return suffix == "@0ms" && !partial ? 50 : -1;
}

void parse_depth(Market market, std::string_view rest, StreamName& out) {
  bool partial = false;
  for (const std::size_t levels : {std::size_t{5}, std::size_t{10}, std::size_t{20}}) {
    const std::string text = std::to_string(levels);
    if (!rest.empty() && take_prefix(rest, text)) {
      partial = true;
      out.levels = levels;
      break;
    }
  }
  const std::int64_t period = depth_period(market, rest, partial);
  if (period < 0) return;
  out.period_ms = period;
  out.kind = partial ? StreamKind::PartialDepth : StreamKind::Depth;
}

void parse_window(Market market, std::string_view window, StreamKind kind, StreamName& out) {
  const std::int64_t minutes = window_minutes(window);
  if (market != Market::Spot || minutes == 0) return;
  out.kind = kind;
  out.window_minutes = minutes;
  out.window = window_text(minutes);
  out.period_ms = 1000;
}

void parse_all_symbols(Market market, std::string_view name, StreamName& out) {
  const bool usdm = market == Market::Usdm;
  if (name == "!miniTicker@arr") {
    out.kind = StreamKind::AllMiniTickers;
    out.period_ms = 1000;
  } else if (name == "!ticker@arr" && usdm) {  // spot retired it in March 2026
    out.kind = StreamKind::AllTickers;
    out.period_ms = 1000;
  } else if (usdm && (name == "!markPrice@arr" || name == "!markPrice@arr@1s")) {
    out.kind = StreamKind::AllMarkPrices;
    out.period_ms = name == "!markPrice@arr" ? 3000 : 1000;
  } else if (name == "!bookTicker" && usdm) {
    out.kind = StreamKind::AllBookTickers;
    out.period_ms = 5000;
  } else if (take_prefix(name, "!ticker_") && name.size() > 4 && name.substr(name.size() - 4) == "@arr") {
    parse_window(market, name.substr(0, name.size() - 4), StreamKind::AllWindowTickers, out);
  }
}

void parse_kline(Market market, std::string_view interval, StreamName& out) {
  const auto* const it = std::find(kIntervals.begin(), kIntervals.end(), interval);
  if (it == kIntervals.end() || (market == Market::Usdm && interval == "1s")) return;
  out.kind = StreamKind::Kline;
  out.interval = static_cast<std::size_t>(it - kIntervals.begin());
  out.period_ms = market == Market::Usdm ? 250 : interval == "1s" ? 1000 : 2000;
}

}  // namespace

StreamName parse_stream(Market market, std::string_view name) {
  StreamName out;
  if (!name.empty() && name.front() == '!') {
    parse_all_symbols(market, name, out);
    return out;
  }
  const std::size_t at = name.find('@');
  if (at == std::string_view::npos) return out;
  out.symbol = name.substr(0, at);
  std::string_view what = name.substr(at + 1);
  const bool usdm = market == Market::Usdm;
  if (what == "trade") {
    out.kind = StreamKind::Trade;
  } else if (what == "aggTrade") {
    out.kind = StreamKind::AggTrade;
  } else if (what == "bookTicker") {
    out.kind = StreamKind::BookTicker;
  } else if (what == "miniTicker" || what == "ticker") {
    out.kind = what == "ticker" ? StreamKind::Ticker : StreamKind::MiniTicker;
    out.period_ms = usdm ? 2000 : 1000;
  } else if (what == "avgPrice" && !usdm) {
    out.kind = StreamKind::AvgPrice;
    out.period_ms = 1000;
  } else if (usdm && (what == "markPrice" || what == "markPrice@1s")) {
    out.kind = StreamKind::MarkPrice;
    out.period_ms = what == "markPrice" ? 3000 : 1000;
  } else if (take_prefix(what, "depth")) {
    parse_depth(market, what, out);
  } else if (take_prefix(what, "kline_")) {
    parse_kline(market, what, out);
  } else if (take_prefix(what, "ticker_")) {
    parse_window(market, what, StreamKind::WindowTicker, out);
  }
  return out;
}

bool well_formed_stream(std::string_view name) {
  const bool printable = std::all_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != '"' && c != '\\'; });
  return printable && name.size() > 1 && (name.front() == '!' || (name.find('@') != std::string_view::npos && name.front() != '@'));
}

Route route_of(std::string_view name) {
  if (name == "!bookTicker") return Route::Public;
  const std::size_t at = name.find('@');
  if (at == std::string_view::npos) return name.substr(0, 1) == "!" ? Route::Market : Route::Private;
  const std::string_view what = name.substr(at + 1);
  const bool of_books = what == "bookTicker" || what == "trade" || what.substr(0, 5) == "depth" || what.substr(0, 8) == "rpiDepth";
  return of_books && name.front() != '!' ? Route::Public : Route::Market;
}

std::string percent_decode(std::string_view text) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
  };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0) {
      out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

namespace {

void split_streams(std::string_view text, std::vector<std::string>& out) {
  while (!text.empty()) {
    const std::size_t slash = text.find('/');
    const std::string_view name = text.substr(0, slash);
    if (!name.empty()) out.emplace_back(name);
    if (slash == std::string_view::npos) return;
    text.remove_prefix(slash + 1);
  }
}

}  // namespace

bool parse_target(Serves serves, std::string_view target, StreamTarget& out) {
  const std::size_t question = target.find('?');
  const std::string path_text = percent_decode(target.substr(0, question));
  std::string_view path = path_text;
  std::string_view query = question == std::string_view::npos ? std::string_view{} : target.substr(question + 1);
  out.market = serves == Serves::Usdm ? Market::Usdm : Market::Spot;
  constexpr std::array<std::pair<std::string_view, Route>, 3> kRoutes = {
      std::pair{std::string_view{"/public/"}, Route::Public}, {"/market/", Route::Market}, {"/private/", Route::Private}};
  for (const auto& [prefix, route] : kRoutes) {
    if (serves == Serves::Spot || path.substr(0, prefix.size()) != prefix) continue;
    path.remove_prefix(prefix.size() - 1);
    out.market = Market::Usdm;
    out.route = route;
    out.routed = true;
    break;
  }
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  std::string streams;
  if (path == "/stream") {
    out.combined = true;
  } else if (take_prefix(path, "/ws/")) {
    streams = path;
  } else if (path != "/ws") {
    return false;
  }
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    if (out.combined && pair.substr(0, 8) == "streams=") streams = percent_decode(pair.substr(8));
    if (out.market == Market::Spot && (pair == "timeUnit=MICROSECOND" || pair == "timeUnit=microsecond")) out.microseconds = true;
    if (end == std::string_view::npos) break;
    query.remove_prefix(end + 1);
  }
  split_streams(streams, out.streams);
  return true;
}

std::vector<std::string> siblings(std::string_view name) {
  const std::size_t at = name.find('@');
  if (at == std::string_view::npos) return {};
  const std::string symbol{name.substr(0, at + 1)};
  const std::string_view what = name.substr(at + 1);
  if (what == "trade") return {symbol + "aggTrade"};
  if (what == "aggTrade") return {symbol + "trade"};
  constexpr std::array<std::string_view, 5> kDepths = {"depth@100ms", "depth@0ms", "depth", "depth@250ms", "depth@500ms"};
  std::vector<std::string> found;
  if (std::find(kDepths.begin(), kDepths.end(), what) == kDepths.end()) return found;
  for (const std::string_view depth : kDepths) {
    if (depth != what) found.push_back(symbol + std::string{depth});
  }
  return found;
}

}  // namespace tidegate::sim::binance
