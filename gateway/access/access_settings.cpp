#include "gateway/access/access_settings.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <cstdlib>

namespace tidegate {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

Plans built_in_plans() {
  const Patterns all{{"*"}};
  Plans plans;
  plans.emplace(kAnonymousPlan, Grant{.symbols = all, .channels = all, .topics = Patterns{{"market:status"}}, .publish = {}});
  plans.emplace(kFreePlan, Grant{.symbols = all, .channels = all, .topics = all, .publish = {}});
  plans.emplace(kAdminRole, Grant{.symbols = all, .channels = all, .topics = all, .publish = all});
  return plans;
}

Grant make_grant(const PatternList& symbols, const PatternList& channels, const PatternList& topics, const PatternList& publish) {
  const std::vector<std::string> nothing, everything{"*"};
  return {.symbols = Patterns{symbols.value_or(channels ? everything : nothing)},
          .channels = Patterns{channels.value_or(symbols ? everything : nothing)},
          .topics = Patterns{topics.value_or(nothing)},
          .publish = Patterns{publish.value_or(nothing)}};
}

bool is_access_name(std::string_view name) {
  const auto fits = [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F && c != ':'; };
  return !name.empty() && name.size() <= kAccessNameBytesMax && std::ranges::all_of(name, fits);
}

Sha256 token_digest(std::string_view token) {
  Sha256 digest{};
  // It fails only where the library lacks SHA-256; a digest of zeros would then stand for every token.
  if (EVP_Digest(token.data(), token.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1) std::abort();
  return digest;
}

std::string digest_text(const Sha256& digest) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : digest) {
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 0xFU];
  }
  return text;
}

std::optional<Sha256> parse_digest(std::string_view text) {
  Sha256 digest{};
  if (text.size() != 2 * digest.size()) return std::nullopt;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    const int high = hex_value(text[2 * i]), low = hex_value(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    digest[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return digest;
}

}  // namespace tidegate
