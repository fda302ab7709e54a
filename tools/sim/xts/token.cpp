#include "tools/sim/xts/token.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "tools/sim/xts/engine_io.hpp"

namespace tidegate::sim::xts {
namespace {

std::string base64_url(std::string_view bytes) {
  std::string text = base64(bytes);
  while (!text.empty() && text.back() == '=') text.pop_back();
  for (char& c : text) {
    if (c == '+') c = '-';
    if (c == '/') c = '_';
  }
  return text;
}

std::string hmac_sha256(std::string_view text, const std::string& secret) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(),
       &length);
  return {digest.begin(), digest.begin() + length};
}

}  // namespace

std::string base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // OpenSSL ends it with a zero
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

std::string make_token(std::string_view user_id, std::string_view app_key, std::int64_t issued_s, std::int64_t expires_s, std::uint64_t number) {
  std::string claims = R"({"userID":)";
  append_json_text(claims, std::string{user_id} + "_" + std::string{app_key});
  claims += R"(,"publicKey":)";
  append_json_text(claims, app_key);
  claims += R"(,"iat":)" + std::to_string(issued_s) + R"(,"exp":)" + std::to_string(expires_s) + "}";
  const std::string signed_part = base64_url(R"({"alg":"HS256","typ":"JWT"})") + "." + base64_url(claims);
  return signed_part + "." + base64_url(hmac_sha256(signed_part, "simulated" + std::to_string(number)));
}

}  // namespace tidegate::sim::xts
