// Messages of the gateway, as the client protocol writes them.
#pragma once

#include <string>

#include "tools/watch/model.hpp"

namespace tidegate::watch::test {

inline constexpr std::int64_t kSecond = 1'000'000'000;

/// `seconds` after the start of the tests' time.
inline Moment at(double seconds) {
  const auto ns = static_cast<std::int64_t>(seconds * 1e9);
  return {MonoTime{1000 * kSecond + ns}, UtcTime{1'709'210'096 * kSecond + ns}};
}

inline constexpr const char* kWelcome =
    R"({"type":"welcome","session":"s","epoch":"e1","version":"0.1.0","heartbeat_seconds":30,"limits":{},"brokers":[{"name":"binance","state":"live"}]})";

inline std::string trade(const std::string& symbol, int seq, const std::string& price, const std::string& flags = "") {
  return R"({"type":"trade","symbol":")" + symbol + R"(","seq":)" + std::to_string(seq) +
         R"(,"broker":"binance","timestamp":null,"received":"2024-02-29T12:34:56.000100Z","published":"2024-02-29T12:34:56.000185Z")" +
         (flags.empty() ? "" : R"(,"flags":[")" + flags + "\"]") + R"(,"price":")" + price + R"(","quantity":"1","side":"buy","trade_id":"1"})";
}
inline std::string quote(const std::string& symbol, int seq, const std::string& bid, const std::string& ask) {
  return R"({"type":"quote","symbol":")" + symbol + R"(","seq":)" + std::to_string(seq) + R"(,"broker":"binance","bid_price":")" + bid +
         R"(","bid_size":"1","ask_price":")" + ask + R"(","ask_size":"2"})";
}
inline std::string ticker(const std::string& symbol, int seq, const std::string& price, const std::string& percent) {
  return R"({"type":"ticker","symbol":")" + symbol + R"(","seq":)" + std::to_string(seq) + R"(,"broker":"binance","price":")" + price +
         R"(","price_change":"1","price_change_percent":")" + percent + R"(","high_price":null,"bid_price":"1.0","ask_price":"2.0"})";
}
inline std::string result(const std::string& symbol, const std::string& channel, const std::string& rest) {
  return R"({"type":"result","op":"subscribe","results":[{"symbol":")" + symbol + R"(","channel":")" + channel + "\"," + rest + "}]}";
}

}  // namespace tidegate::watch::test
