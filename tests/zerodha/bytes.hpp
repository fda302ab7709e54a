// Messages made byte by byte, and the fixtures in files.
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/paths.hpp"

namespace tidegate::test::zerodha {

inline std::string u16(std::uint32_t value) { return {static_cast<char>(value >> 8U), static_cast<char>(value)}; }
inline std::string u32(std::int64_t value) {
  const auto bits = static_cast<std::uint32_t>(value);
  return u16(bits >> 16U) + u16(bits & 0xFFFFU);
}
inline std::string words(std::initializer_list<std::int64_t> values) {
  std::string bytes;
  for (const std::int64_t value : values) bytes += u32(value);
  return bytes;
}

/// A message of these packet bodies.
inline std::string batch(const std::vector<std::string>& bodies) {
  std::string bytes = u16(static_cast<std::uint32_t>(bodies.size()));
  for (const std::string& body : bodies) bytes += u16(static_cast<std::uint32_t>(body.size())) + body;
  return bytes;
}

/// Spaces are allowed.
inline std::string from_hex(std::string_view hex) {
  std::string bytes, pair;
  for (const char c : hex) {
    if (c == ' ') continue;
    pair += c;
    if (pair.size() < 2) continue;
    bytes += static_cast<char>(std::stoi(pair, nullptr, 16));
    pair.clear();
  }
  return bytes;
}

/// token, last price, last quantity, average, volume, buys, sells, open, high, low, close
inline std::string quote_body(std::int64_t token) { return words({token, 15'105, 25, 15'072, 4'200, 900, 1'100, 15'000, 15'200, 14'950, 15'010}); }
inline std::string level(std::int64_t quantity, std::int64_t price, std::uint32_t orders) { return words({quantity, price}) + u16(orders) + u16(0); }
inline std::string full_body(std::int64_t token) {
  std::string body = quote_body(token) + words({1'750'000'001, 310, 320, 300, 1'750'000'002});
  for (int i = 0; i < 5; ++i) body += level(10 + i, 15'100 - 5 * i, 1 + static_cast<std::uint32_t>(i));
  for (int i = 0; i < 5; ++i) body += level(20 + i, 15'110 + 5 * i, 2 + static_cast<std::uint32_t>(i));
  return body;
}
/// last, high, low, open, close, change
inline std::string index_body(std::int64_t token) { return words({token, 2'500'125, 2'510'000, 2'490'050, 2'495'000, 2'480'100, 20'025}); }

/// `body` with the four bytes at `offset` replaced.
inline std::string with(std::string body, std::size_t offset, std::int64_t value) { return body.replace(offset, 4, u32(value)); }

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE_MESSAGE(file.is_open(), path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

inline constexpr std::int64_t kNse = 408'065;  // segment 1
inline constexpr std::int64_t kNfo = 42'842 * 256 + 2;
inline constexpr std::int64_t kCds = 1'500 * 256 + 3;
inline constexpr std::int64_t kBse = 500'325 * 256 + 4;
inline constexpr std::int64_t kBcd = 1'095'743 * 256 + 6;
inline constexpr std::int64_t kMcx = 466'583 * 256 + 7;
inline constexpr std::int64_t kIndexToken = 256'265;  // segment 9

}  // namespace tidegate::test::zerodha
