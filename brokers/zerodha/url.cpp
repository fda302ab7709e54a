#include "brokers/zerodha/url.hpp"

namespace tidegate::zerodha {
namespace {

constexpr std::string_view kMask = "***";

bool is_unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

std::string with_query(std::string_view ws_url, std::string_view api_key, std::string_view access_token) {
  std::string url{ws_url.substr(0, ws_url.find('#'))};
  const std::size_t scheme = url.find("://");
  const std::size_t host = scheme == std::string::npos ? 0 : scheme + 3;
  const std::size_t after_host = url.find_first_of("/?", host);
  if (after_host == std::string::npos) {
    url += '/';
  } else if (url[after_host] == '?') {
    url.insert(after_host, 1, '/');
  }
  url += url.find('?') == std::string::npos ? '?' : '&';
  return url.append("api_key=").append(api_key).append("&access_token=").append(access_token);
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

std::string ticker_url(std::string_view ws_url, const Credentials& credentials) {
  return with_query(ws_url, percent_encoded(credentials.api_key), percent_encoded(credentials.access_token));
}

std::string masked_ticker_url(std::string_view ws_url) { return with_query(ws_url, kMask, kMask); }

std::string printable(std::string_view text, const Credentials& credentials, std::size_t length_max) {
  std::string words{text};
  mask(words, credentials.access_token);
  mask(words, credentials.api_key);
  if (words.size() > length_max) words.resize(length_max);
  for (char& c : words) {
    if (c < ' ' || c > '~') c = '.';
  }
  return words;
}

}  // namespace tidegate::zerodha
