#include "brokers/common/safe_text.hpp"

namespace tidegate::common {
namespace {

bool is_unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

void mask(std::string& text, std::string_view secret) {
  if (secret.empty()) return;
  for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at + kMask.size())) text.replace(at, secret.size(), kMask);
}

}  // namespace

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if (is_unreserved(c)) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += '%';
    encoded += kHex[byte >> 4U];
    encoded += kHex[byte & 0xFU];
  }
  return encoded;
}

std::string printable(std::string_view text, std::initializer_list<std::string_view> secrets, std::size_t length_max) {
  std::string words{text};
  for (const std::string_view secret : secrets) mask(words, secret);
  if (words.size() > length_max) words.resize(length_max);
  for (char& c : words) {
    if (c < ' ' || c > '~') c = '.';
  }
  return words;
}

}  // namespace tidegate::common
