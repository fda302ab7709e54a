#include "brokers/ibkr/oauth_crypto.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <limits>

namespace tidegate::ibkr {
namespace {

std::string hmac(const EVP_MD* digest, std::string_view key, std::string_view data) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> code{};
  unsigned length = 0;
  if (key.size() > std::size_t{std::numeric_limits<int>::max()} ||
      HMAC(digest, key.data(), static_cast<int>(key.size()), bytes_of(data), data.size(), code.data(), &length) == nullptr) {
    return {};
  }
  std::string out{reinterpret_cast<const char*>(code.data()), length};
  OPENSSL_cleanse(code.data(), code.size());
  return out;
}

/// In lower case, with the zeros that may be missing.
std::string whole_code(std::string_view hex, std::size_t digits) {
  std::string out(digits - std::min(digits, hex.size()), '0');
  for (const char c : hex) out += c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

}  // namespace

std::string hmac_sha1(std::string_view key, std::string_view data) { return hmac(EVP_sha1(), key, data); }
std::string hmac_sha256(std::string_view key, std::string_view data) { return hmac(EVP_sha256(), key, data); }

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    out += kDigits[static_cast<unsigned char>(c) >> 4U];
    out += kDigits[static_cast<unsigned char>(c) & 0xFU];
  }
  return out;
}

std::string to_base64(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes_of(bytes), static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(length));
  return out;
}

std::optional<std::string> from_base64(std::string_view text) {
  constexpr std::size_t kLengthMax = 64 * 1024;
  std::string dense;
  for (const char c : text.substr(0, kLengthMax + 1)) {
    if (c != ' ' && c != '\t' && c != '\r' && c != '\n') dense += c;
  }
  if (dense.empty() || dense.size() > kLengthMax || dense.size() % 4 != 0) return std::nullopt;
  // EVP_DecodeBlock takes padding anywhere for zeros.
  const std::size_t padding = dense.ends_with("==") ? 2 : dense.ends_with("=") ? 1 : 0;
  if (dense.find('=') < dense.size() - padding) return std::nullopt;
  std::string out(dense.size() / 4 * 3, '\0');
  const int length = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes_of(dense), static_cast<int>(dense.size()));
  if (length < 0) return std::nullopt;
  out.resize(static_cast<std::size_t>(length) - padding);
  return out;
}

bool same_code(std::string_view hex_a, std::string_view hex_b, std::size_t digits) {
  if (hex_a.empty() || hex_b.empty()) return false;
  const std::string a = whole_code(hex_a, digits), b = whole_code(hex_b, digits);
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace tidegate::ibkr
