#include "tools/sim/ibkr/oauth.hpp"

#include <openssl/bn.h>
#include <openssl/decoder.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <limits>

#include "tools/sim/ibkr/json_object.hpp"

namespace tidegate::sim::ibkr {
namespace {

constexpr std::string_view kHmac = "HMAC-SHA256", kRsa = "RSA-SHA256";
constexpr int kDhRandomBits = 256, kDhPrimeBitsMin = 512;

struct Free {
  void operator()(BIGNUM* p) const { BN_free(p); }
  void operator()(BN_CTX* p) const { BN_CTX_free(p); }
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(EVP_MD_CTX* p) const { EVP_MD_CTX_free(p); }
  void operator()(FILE* p) const { std::fclose(p); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool from_hex(std::string_view hex, std::string& out) {
  out.clear();
  if (hex.size() % 2 != 0) return false;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const int high = hex_value(hex[i]), low = hex_value(hex[i + 1]);
    if (high < 0 || low < 0) return false;
    out += static_cast<char>(high * 16 + low);
  }
  return true;
}

std::string to_hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    out += kDigits[static_cast<unsigned char>(c) >> 4U];
    out += kDigits[static_cast<unsigned char>(c) & 0xFU];
  }
  return out;
}

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string to_base64(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
  out.resize(
      static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes_of(bytes), static_cast<int>(bytes.size()))));
  return out;
}

/// Without blanks, with its padding.
bool from_base64(std::string_view text, std::string& out) {
  if (text.empty() || text.size() % 4 != 0) return false;
  out.resize(text.size() / 4 * 3);
  const int count = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes_of(text), static_cast<int>(text.size()));
  if (count < 0) return false;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  out.resize(static_cast<std::size_t>(count) - padding);
  return true;
}

std::string hmac(const EVP_MD* digest, std::string_view key, std::string_view data) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned length = 0;
  HMAC(digest, key.data(), static_cast<int>(key.size()), bytes_of(data), data.size(), out.data(), &length);
  return {reinterpret_cast<const char*>(out.data()), length};
}

bool unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

/// False: a percent sign without two digits behind it.
bool percent_decode(std::string_view text, bool plus_is_space, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size() || hex_value(text[i + 1]) < 0 || hex_value(text[i + 2]) < 0) return false;
      out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      i += 2;
    } else {
      out += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  return true;
}

/// Section 3.4.1.3.1: names and values of a query or a form, decoded.
bool add_form(std::string_view form, std::vector<std::pair<std::string, std::string>>& out) {
  while (!form.empty()) {
    const std::string_view part = form.substr(0, form.find('&'));
    form.remove_prefix(std::min(form.size(), part.size() + 1));
    if (part.empty()) continue;
    const std::size_t equals = part.find('=');
    auto& [name, value] = out.emplace_back();
    if (!percent_decode(part.substr(0, equals), true, name)) return false;
    if (equals != std::string_view::npos && !percent_decode(part.substr(equals + 1), true, value)) return false;
  }
  return true;
}

std::string lower(std::string_view text) {
  std::string out{text};
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

/// Section 3.4.1.2: scheme and host in lower case, the port only where it is not the scheme's own.
std::string base_url(const net::HttpRequest& request, std::string_view scheme) {
  std::string host = lower(request.header("Host"));
  if (host.empty()) return {};
  const std::string_view own_port = scheme == "https" ? ":443" : ":80";
  if (host.ends_with(own_port)) host.resize(host.size() - own_port.size());
  return std::string{scheme} + "://" + host + std::string{request.path()};
}

/// The bytes of a positive number as a two's complement number has them: a zero first where the highest bit is set. That is how the broker's servers,
/// written in Java, take the shared secret as a key.
std::string signed_bytes(const BIGNUM* number) {
  std::string out(static_cast<std::size_t>(BN_num_bytes(number)), '\0');
  BN_bn2bin(number, reinterpret_cast<unsigned char*>(out.data()));
  if (BN_num_bits(number) % 8 == 0) out.insert(0, 1, '\0');
  return out;
}

std::string hex_of(const BIGNUM* number) {
  char* const text = BN_bn2hex(number);
  std::string out = lower(text);
  OPENSSL_free(text);
  return out;
}

net::HttpResponse refusal(std::string_view why) {
  net::HttpResponse response;
  response.status = 401;
  response.body = JsonObject{}.text("error", why).number("statusCode", 401).str();
  return response;
}

}  // namespace

struct OAuth::Keys {
  Owned<EVP_PKEY> signature;  // the consumer's public key
  Owned<BIGNUM> prime, generator;

  [[nodiscard]] std::string read(const OAuthOptions& options);
  [[nodiscard]] bool verify(std::string_view signature_bytes, std::string_view data) const;
  /// The other half of the exchange: our number in hexadecimal, and the bytes of the shared one. False: the challenge is no number below the prime.
  [[nodiscard]] bool answer(const std::string& challenge_hex, std::string& answer_hex, std::string& shared) const;
};

std::string OAuth::Keys::read(const OAuthOptions& options) {
  const Owned<FILE> key_file{std::fopen(options.signature_key_file.c_str(), "r")};
  if (!key_file) return "cannot open " + options.signature_key_file;
  signature.reset(PEM_read_PUBKEY(key_file.get(), nullptr, nullptr, nullptr));
  if (!signature) return options.signature_key_file + " holds no public key";
  const Owned<FILE> dh_file{std::fopen(options.dh_param_file.c_str(), "r")};
  if (!dh_file) return "cannot open " + options.dh_param_file;
  EVP_PKEY* parameters = nullptr;
  OSSL_DECODER_CTX* const decoder = OSSL_DECODER_CTX_new_for_pkey(&parameters, "PEM", nullptr, "DH", EVP_PKEY_KEY_PARAMETERS, nullptr, nullptr);
  OSSL_DECODER_from_fp(decoder, dh_file.get());
  OSSL_DECODER_CTX_free(decoder);
  const Owned<EVP_PKEY> owned{parameters};
  BIGNUM *p = nullptr, *g = nullptr;
  if (parameters != nullptr) {
    EVP_PKEY_get_bn_param(parameters, "p", &p);
    EVP_PKEY_get_bn_param(parameters, "g", &g);
  }
  prime.reset(p);
  generator.reset(g);
  return p == nullptr || g == nullptr || BN_num_bits(p) < kDhPrimeBitsMin ? options.dh_param_file + " holds no Diffie-Hellman parameters" : "";
}

bool OAuth::Keys::verify(std::string_view signature_bytes, std::string_view data) const {
  const Owned<EVP_MD_CTX> context{EVP_MD_CTX_new()};
  return EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, signature.get()) == 1 &&
         EVP_DigestVerify(context.get(), bytes_of(signature_bytes), signature_bytes.size(), bytes_of(data), data.size()) == 1;
}

bool OAuth::Keys::answer(const std::string& challenge_hex, std::string& answer_hex, std::string& shared) const {
  BIGNUM* number = nullptr;
  const bool whole = !challenge_hex.empty() && BN_hex2bn(&number, challenge_hex.c_str()) == static_cast<int>(challenge_hex.size());
  const Owned<BIGNUM> challenge{number};
  if (!whole || BN_is_negative(number) != 0 || BN_is_zero(number) || BN_cmp(number, prime.get()) >= 0) return false;
  const Owned<BN_CTX> context{BN_CTX_new()};
  const Owned<BIGNUM> own{BN_new()}, power{BN_new()};
  BN_rand(own.get(), kDhRandomBits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY);
  BN_mod_exp(power.get(), generator.get(), own.get(), prime.get(), context.get());
  answer_hex = hex_of(power.get());
  BN_mod_exp(power.get(), number, own.get(), prime.get(), context.get());
  shared = signed_bytes(power.get());
  return true;
}

OAuth::OAuth() : keys_(std::make_unique<Keys>()) {}
OAuth::~OAuth() = default;

std::string OAuth::open(const OAuthOptions& options) {
  options_ = options;
  if (!on()) return {};
  std::string secret;
  if (options.access_token.empty()) return "OAuth needs an access token";
  if (!from_hex(options.access_token_secret, secret)) return "the access token secret is not hexadecimal";
  if (!options.live_session_token.empty()) {
    if (!from_base64(options.live_session_token, secret)) return "the live session token is not base64";
    token_ = options.live_session_token;
    token_until_s_ = std::numeric_limits<std::int64_t>::max();
  }
  if (options.signature_key_file.empty() != options.dh_param_file.empty()) return "OAuth needs the signature key and the Diffie-Hellman parameters";
  if (options.signature_key_file.empty()) return token_.empty() ? "OAuth needs keys, or a live session token" : "";
  return keys_->read(options);
}

std::string OAuth::check(const std::map<std::string, std::string>& header, std::string_view method, std::int64_t now_s) {
  const auto value = [&header](const char* name) {
    const auto found = header.find(name);
    return found == header.end() ? std::string{} : found->second;
  };
  if (value("oauth_consumer_key") != options_.consumer_key) return "unknown consumer key";
  if (value("oauth_token") != options_.access_token) return "unknown access token";
  if (value("oauth_signature_method") != method) return "the signature method must be " + std::string{method};
  if (const std::string version = value("oauth_version"); !version.empty() && version != "1.0") return "oauth_version is not 1.0";
  if (const std::string realm = value("realm"); realm != options_.realm) return "the realm must be " + options_.realm;
  const std::string stamp = value("oauth_timestamp"), nonce = value("oauth_nonce");
  std::int64_t time_s = 0;
  const auto [end, error] = std::from_chars(stamp.data(), stamp.data() + stamp.size(), time_s);
  if (error != std::errc{} || end != stamp.data() + stamp.size() || time_s <= 0) return "oauth_timestamp is not a number of seconds";
  if (std::abs(now_s - time_s) > options_.clock_tolerance_s) return "oauth_timestamp is too far from now";
  if (nonce.empty()) return "oauth_nonce is missing";
  while (!seen_.empty() && seen_.begin()->first < now_s - options_.clock_tolerance_s) seen_.erase(seen_.begin());
  if (!seen_.emplace(time_s, nonce).second) return "oauth_nonce was used before";
  return {};
}

std::string OAuth::verify(const net::HttpRequest& request, std::string_view scheme, std::int64_t now_s) {
  std::map<std::string, std::string> header;
  if (!read_oauth_header(request.header("Authorization"), header)) return "no OAuth header";
  if (now_s >= token_until_s_) token_.clear();
  std::string key, given;
  if (!from_base64(token_, key)) return "no live session token";
  if (std::string problem = check(header, kHmac, now_s); !problem.empty()) return problem;
  const auto fits = [&](bool with_query) {
    const std::string base = signature_base_string(request, scheme, header, with_query);
    return !base.empty() && header["oauth_signature"] == to_base64(hmac(EVP_sha256(), key, base));
  };
  return fits(true) || (!options_.query_signed && fits(false)) ? "" : "the signature does not fit";
}

net::HttpResponse OAuth::exchange(const net::HttpRequest& request, std::string_view scheme, std::int64_t now_s) {
  std::map<std::string, std::string> header;
  if (!keys_->prime) return refusal("no keys for an exchange");
  if (!read_oauth_header(request.header("Authorization"), header)) return refusal("no OAuth header");
  if (const std::string problem = check(header, kRsa, now_s); !problem.empty()) return refusal(problem);
  // The secret, decrypted and in hexadecimal, stands before the base string.
  std::string signature, secret;
  const std::string base = signature_base_string(request, scheme, header);
  if (base.empty() || !from_base64(header["oauth_signature"], signature) || !keys_->verify(signature, lower(options_.access_token_secret) + base)) {
    return refusal("the signature does not fit");
  }
  std::string answer, shared;
  if (!keys_->answer(header["diffie_hellman_challenge"], answer, shared)) return refusal("diffie_hellman_challenge is no number below the prime");
  static_cast<void>(from_hex(options_.access_token_secret, secret));  // open() has seen that it is
  const std::string token = hmac(EVP_sha1(), shared, secret);
  token_ = to_base64(token);
  token_until_s_ = now_s + options_.token_life_s;
  net::HttpResponse response;
  response.body = JsonObject{}
                      .text("diffie_hellman_response", answer)
                      .text("live_session_token_signature", to_hex(hmac(EVP_sha1(), token, options_.consumer_key)))
                      .number("live_session_token_expiration", token_until_s_ * 1000)
                      .str();
  return response;
}

std::string percent_encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    if (unreserved(c)) {
      out += c;
    } else {
      out += '%';
      out += kDigits[static_cast<unsigned char>(c) >> 4U];
      out += kDigits[static_cast<unsigned char>(c) & 0xFU];
    }
  }
  return out;
}

bool read_oauth_header(std::string_view header, std::map<std::string, std::string>& out) {
  constexpr std::string_view kScheme = "oauth ";
  out.clear();
  if (lower(header.substr(0, kScheme.size())) != kScheme) return false;
  std::string_view rest = header.substr(kScheme.size());
  const auto skip_blanks = [&rest] { rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size())); };
  for (skip_blanks(); !rest.empty(); skip_blanks()) {
    const std::size_t quote = rest.find("=\"");
    const std::size_t end = quote == std::string_view::npos ? quote : rest.find('"', quote + 2);
    std::string name, value;
    if (end == std::string_view::npos || !percent_decode(rest.substr(0, quote), false, name)) return false;
    const std::string_view encoded = rest.substr(quote + 2, end - quote - 2);
    // Only what need not be encoded may stand as it is; the realm is not encoded (RFC 2617).
    const bool sound = name == "realm" || std::all_of(encoded.begin(), encoded.end(), [](char c) { return unreserved(c) || c == '%'; });
    if (!sound || !percent_decode(encoded, false, value) || !out.emplace(name, name == "realm" ? std::string{encoded} : value).second) return false;
    rest.remove_prefix(end + 1);
    skip_blanks();
    if (rest.empty()) return true;
    if (rest.front() != ',') return false;
    rest.remove_prefix(1);
  }
  return !out.empty();
}

std::string signature_base_string(const net::HttpRequest& request, std::string_view scheme, const std::map<std::string, std::string>& header,
                                  bool with_query) {
  const std::string url = base_url(request, scheme);
  if (url.empty()) return {};
  std::vector<std::pair<std::string, std::string>> parameters;
  const std::string_view target = request.target;
  const std::size_t mark = with_query ? target.find('?') : std::string_view::npos;
  if (mark != std::string_view::npos && !add_form(target.substr(mark + 1), parameters)) return {};
  if (lower(request.header("Content-Type")).starts_with("application/x-www-form-urlencoded") && !add_form(request.body, parameters)) return {};
  for (const auto& [name, value] : header) {
    if (name != "realm" && name != "oauth_signature") parameters.emplace_back(name, value);
  }
  for (auto& [name, value] : parameters) {
    name = percent_encode(name);
    value = percent_encode(value);
  }
  std::sort(parameters.begin(), parameters.end());
  std::string joined;
  for (const auto& [name, value] : parameters) joined += (joined.empty() ? "" : "&") + name + '=' + value;
  return request.method + '&' + percent_encode(url) + '&' + percent_encode(joined);
}

}  // namespace tidegate::sim::ibkr
