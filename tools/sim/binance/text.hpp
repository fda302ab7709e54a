// Writing the venue's JSON: members in a given order, decimals with a given number of digits.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tidegate::sim::binance {

/// Wide enough for sums of price x quantity, both at 1e-8.
__extension__ using Wide = __int128;

inline constexpr std::int64_t kE8 = 100'000'000;

void append_integer(std::string& out, std::int64_t value);
/// `value` is in units of 1e-8; written with `decimals` digits (0 to 8) behind the point, the rest cut off.
void append_decimal(std::string& out, Wide value, int decimals);
/// A JSON string, quotes included.
void append_quoted(std::string& out, std::string_view text);
[[nodiscard]] std::string lower_ascii(std::string_view text);

/// Writes one JSON object: `{` at construction, `}` at close().
class ObjectWriter {
 public:
  /// `separator` stands between members (USD-M klines have ", ").
  explicit ObjectWriter(std::string& out, std::string_view separator = ",") : out_(out), separator_(separator) { out_ += '{'; }

  ObjectWriter& text(std::string_view key, std::string_view value);
  ObjectWriter& integer(std::string_view key, std::int64_t value);
  ObjectWriter& decimal(std::string_view key, Wide value, int decimals);  // as a string
  ObjectWriter& flag(std::string_view key, bool value);
  ObjectWriter& raw(std::string_view key, std::string_view json);
  /// Writes the key alone; the caller appends the value to the same text.
  ObjectWriter& key(std::string_view name);
  void close() { out_ += '}'; }

 private:
  std::string& out_;
  std::string_view separator_;
  bool first_ = true;
};

}  // namespace tidegate::sim::binance
