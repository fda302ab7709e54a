// What a stream's name says: "btcusdt@depth5@100ms" is a symbol, a kind of data and its options.
#pragma once

#include <string>
#include <string_view>

namespace tidegate::binance {

/// "btcusdt" of "btcusdt@depth5@100ms"; empty for names without a symbol.
[[nodiscard]] constexpr std::string_view symbol_part(std::string_view stream) {
  const auto at = stream.find('@');
  return at == std::string_view::npos ? std::string_view{} : stream.substr(0, at);
}

/// "depth5" of "btcusdt@depth5@100ms"; empty if there is none.
[[nodiscard]] constexpr std::string_view kind_part(std::string_view stream) {
  const auto at = stream.find('@');
  if (at == std::string_view::npos) return {};
  stream.remove_prefix(at + 1);
  return stream.substr(0, stream.find('@'));
}

/// depth5, depth10, depth20: whole top levels and not changes, at whatever speed.
[[nodiscard]] constexpr bool names_top_levels(std::string_view stream) {
  const std::string_view kind = kind_part(stream);
  return kind == "depth5" || kind == "depth10" || kind == "depth20";
}

/// Candles whose days begin at midnight of UTC+8: `<symbol>@kline_1d@+08:00`.
[[nodiscard]] constexpr bool names_shifted_days(std::string_view stream) { return stream.ends_with("@+08:00"); }

/// A stream's symbol as payloads spell it. Symbols may be UTF-8, so only ASCII letters change.
inline void assign_upper_case(std::string& symbol, std::string_view lower) {
  symbol.assign(lower);
  for (char& c : symbol) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
}

}  // namespace tidegate::binance
