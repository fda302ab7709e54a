#include "tools/sim/binance/text.hpp"

#include <array>
#include <charconv>

namespace tidegate::sim::binance {

void append_integer(std::string& out, std::int64_t value) {
  std::array<char, 24> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  static_cast<void>(error);
  out.append(digits.data(), end);
}

void append_decimal(std::string& out, Wide value, int decimals) {
  if (value < 0) {
    out += '-';
    value = -value;
  }
  const auto whole = static_cast<std::int64_t>(value / kE8);
  auto fraction = static_cast<std::int64_t>(value % kE8);
  append_integer(out, whole);
  if (decimals == 0) return;
  std::array<char, 8> digits{};
  for (std::size_t i = digits.size(); i-- > 0;) {
    digits[i] = static_cast<char>('0' + fraction % 10);
    fraction /= 10;
  }
  out += '.';
  out.append(digits.data(), static_cast<std::size_t>(decimals));
}

void append_quoted(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += kHex[byte >> 4U];
      out += kHex[byte & 15U];
    } else {
      out += c;
    }
  }
  out += '"';
}

std::string lower_ascii(std::string_view text) {
  std::string lower{text};
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

ObjectWriter& ObjectWriter::key(std::string_view name) {
  if (!first_) out_ += separator_;
  first_ = false;
  out_ += '"';
  out_ += name;
  out_ += "\":";
  return *this;
}

ObjectWriter& ObjectWriter::text(std::string_view name, std::string_view value) {
  key(name);
  append_quoted(out_, value);
  return *this;
}

ObjectWriter& ObjectWriter::integer(std::string_view name, std::int64_t value) {
  key(name);
  append_integer(out_, value);
  return *this;
}

ObjectWriter& ObjectWriter::decimal(std::string_view name, Wide value, int decimals) {
  key(name);
  out_ += '"';
  append_decimal(out_, value, decimals);
  out_ += '"';
  return *this;
}

ObjectWriter& ObjectWriter::flag(std::string_view name, bool value) {
  key(name);
  out_ += value ? "true" : "false";
  return *this;
}

ObjectWriter& ObjectWriter::raw(std::string_view name, std::string_view json) {
  key(name);
  out_ += json;
  return *this;
}

}  // namespace tidegate::sim::binance
