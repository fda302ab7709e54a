#include "brokers/ibkr/oauth.hpp"

#include <openssl/rand.h>
#include <rapidjson/document.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "brokers/common/safe_text.hpp"
#include "brokers/ibkr/oauth_crypto.hpp"
#include "brokers/ibkr/oauth_keys.hpp"

namespace tidegate::ibkr {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::int64_t kLifeMaxMs = 48LL * 3600 * 1000;  // of a token; what the broker says beyond it is not believed
constexpr std::size_t kExponentBytes = 32, kNonceBytes = 16, kTokenDigits = 40;
constexpr std::size_t kAnswerBytesMax = 64 * 1024;
constexpr const char* kNoRandomness = "the system gives no random numbers; see to it that /dev/urandom or getrandom() can be used";

OAuthProblem lasting(std::string words) { return {std::move(words), true}; }
OAuthProblem passing(std::string words) { return {std::move(words), false}; }

/// Letters, digits and "-._~", which stand for themselves in every encoding.
bool is_plain(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
  });
}

/// A private member of the answer; empty: it is not there, or no text.
std::string_view text_member(const rapidjson::Value& object, const char* name) {
  const auto it = object.FindMember(name);
  if (it == object.MemberEnd() || !it->value.IsString()) return {};
  return {it->value.GetString(), it->value.GetStringLength()};
}

/// When the token ends: what the broker says where that can be, else as long as its documentation says.
UtcTime expiry(const rapidjson::Value& answer, UtcTime now) {
  const auto it = answer.FindMember("live_session_token_expiration");
  const std::int64_t now_ms = now.ns / 1'000'000;
  if (it == answer.MemberEnd() || !it->value.IsInt64()) return UtcTime{now.ns + kLiveTokenLife.count()};
  const std::int64_t ms = it->value.GetInt64();
  return ms > now_ms && ms <= now_ms + kLifeMaxMs ? UtcTime::from_milliseconds(ms) : UtcTime{now.ns + kLiveTokenLife.count()};
}

bool holds(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// What to do about the broker's own words.
std::string_view remedy_of(int status, std::string_view error) {
  if (holds(error, "invalid consumer")) {
    return "a new or changed consumer key works from the broker's next restart on, overnight or after the weekend; otherwise compare "
           "oauth_consumer_key "
           "with its self-service page";
  }
  if (holds(error, "access secret key")) {
    return "generate a new access token on the broker's self-service page, and set oauth_access_token and oauth_access_token_secret";
  }
  if (status == 401 || status == 403) {
    return "compare the three files, the consumer key and the access token with what stands on the broker's self-service page, whether OAuth is "
           "enabled "
           "there, and this machine's clock";
  }
  return "it is asked again";
}

}  // namespace

bool fill_random(std::span<unsigned char> bytes) { return RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1; }

struct OAuth::State {
  OAuthKeys names;  // consumer key, access token, realm; the rest is cleared
  RsaKey signature;
  Secret access_secret;  // decrypted
  DiffieHellman group;
  FillRandom random;
  Secret exponent;  // of the exchange under way
  std::int64_t last_second = 0;

  [[nodiscard]] std::optional<std::string> nonce() const {
    std::array<unsigned char, kNonceBytes> bytes{};
    if (!random(bytes)) return std::nullopt;
    return to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  /// What every header has. The broker wants no timestamp below an earlier one, whatever this machine's clock does.
  [[nodiscard]] OAuthParameters parameters(std::string_view method, std::string nonce, UtcTime now) {
    last_second = std::max(last_second, now.ns / kSecondNs);
    return {{"oauth_consumer_key", names.consumer_key},
            {"oauth_token", names.access_token},
            {"oauth_signature_method", std::string{method}},
            {"oauth_nonce", std::move(nonce)},
            {"oauth_timestamp", std::to_string(last_second)}};
  }
  [[nodiscard]] std::string read(const OAuthKeys& keys);
  [[nodiscard]] OAuthProblem refusal(int status, std::string_view body) const;
};

/// Empty, or what is wrong with which key.
std::string OAuth::State::read(const OAuthKeys& keys) {
  for (const auto& [name, text] : {std::pair{"oauth_consumer_key", &keys.consumer_key}, std::pair{"oauth_access_token", &keys.access_token}}) {
    if (text->empty()) return std::string{name} + ": empty; copy it from the broker's self-service page";
    if (!is_plain(*text)) return std::string{name} + ": not only letters and digits; copy it anew from the broker's self-service page";
  }
  if (!is_plain(keys.realm)) return "oauth_realm: not only letters, digits and _; it is limited_poa, or test_realm for the consumer TESTCONS";
  names.consumer_key = keys.consumer_key;
  names.access_token = keys.access_token;
  names.realm = keys.realm;
  names.query = keys.query;

  RsaKey encryption;
  if (const std::string problem = signature.read(keys.signature_key_pem); !problem.empty()) return "oauth_signature_key: " + problem;
  if (const std::string problem = encryption.read(keys.encryption_key_pem); !problem.empty()) return "oauth_encryption_key: " + problem;
  if (const std::string problem = group.read(keys.dh_param_pem); !problem.empty()) return "oauth_dh_param: " + problem;
  const std::optional<std::string> encrypted = from_base64(keys.access_token_secret);
  if (!encrypted)
    return "oauth_access_token_secret: no base64, or cut short; copy it anew from the broker's self-service page, with the = at its end";
  if (encrypted->size() != encryption.size()) {
    return "oauth_access_token_secret: " + std::to_string(encrypted->size()) + " bytes, where oauth_encryption_key takes " +
           std::to_string(encryption.size()) + "; copy it whole, and give the key whose public half was uploaded when it was generated";
  }
  std::optional<Secret> secret = encryption.decrypt(*encrypted);
  if (!secret || secret->empty()) {
    return "oauth_access_token_secret: not encrypted to oauth_encryption_key; give private_encryption.pem, not private_signature.pem, of the pair "
           "whose "
           "public half was uploaded when the token was generated, or generate a new one";
  }
  access_secret = std::move(*secret);
  return {};
}

OAuthProblem OAuth::State::refusal(int status, std::string_view body) const {
  rapidjson::Document answer;
  answer.Parse<rapidjson::kParseIterativeFlag>(body.data(), std::min(body.size(), kAnswerBytesMax));
  const std::string_view error = !answer.HasParseError() && answer.IsObject() ? text_member(answer, "error") : std::string_view{};
  std::string words = "the broker gave no live session token, HTTP " + std::to_string(status);
  if (!error.empty()) words += ", \"" + common::printable(error, {names.consumer_key, names.access_token}) + '"';
  return {words.append("; ").append(remedy_of(status, error)), status == 401 || status == 403};
}

OAuth::OAuth(std::unique_ptr<State> state) : state_(std::move(state)) {}
OAuth::~OAuth() = default;
OAuth::OAuth(OAuth&&) noexcept = default;
OAuth& OAuth::operator=(OAuth&&) noexcept = default;

OAuthResult<OAuth> OAuth::open(const OAuthKeys& keys, FillRandom random) {
  auto state = std::make_unique<State>();
  state->random = std::move(random);
  if (std::string problem = state->read(keys); !problem.empty()) return lasting(std::move(problem));
  return OAuth{std::move(state)};
}

OAuthResult<std::string> OAuth::begin(std::string_view url, UtcTime now) {
  std::string exponent(kExponentBytes, '\0');
  std::optional<std::string> nonce = state_->nonce();
  if (!nonce || !state_->random({reinterpret_cast<unsigned char*>(exponent.data()), exponent.size()})) return passing(kNoRandomness);
  exponent[0] = static_cast<char>(static_cast<unsigned char>(exponent[0]) | 0x80U);  // never a small number
  state_->exponent = Secret{std::move(exponent)};

  OAuthParameters parameters = state_->parameters("RSA-SHA256", std::move(*nonce), now);
  parameters.emplace_back("diffie_hellman_challenge", state_->group.challenge(state_->exponent.view()));
  const std::optional<std::string> base = oauth_base_string("POST", url, parameters, state_->names.query);
  if (!base) return lasting("the REST address is no http or https address; set rest_url");
  const Secret text{to_hex(state_->access_secret.view()) + *base};  // the secret stands before the text, without an ampersand
  const std::string code = state_->signature.sign_sha256(text.view());
  if (code.empty() || parameters.back().second.empty()) return passing("OpenSSL cannot sign on this machine; update OpenSSL");
  parameters.emplace_back("oauth_signature", to_base64(code));
  return oauth_header(state_->names.realm, std::move(parameters));
}

OAuthResult<LiveToken> OAuth::finish(int status, std::string_view body, UtcTime now) {
  const Secret exponent = std::move(state_->exponent);
  if (exponent.empty()) return passing("no live session token was asked for; ask for one");
  if (status != 200) return state_->refusal(status, body);
  constexpr const char* kNoAnswer = "; see whether rest_url is the broker's address";
  rapidjson::Document answer;
  if (body.size() <= kAnswerBytesMax) answer.Parse<rapidjson::kParseIterativeFlag>(body.data(), body.size());
  if (answer.HasParseError() || !answer.IsObject())
    return passing(std::string{"the answer with the live session token is no JSON object"} + kNoAnswer);
  const std::string_view code = text_member(answer, "live_session_token_signature");
  const std::string_view response = text_member(answer, "diffie_hellman_response");
  if (code.empty() || response.empty()) {
    return passing(std::string{"the answer lacks diffie_hellman_response or live_session_token_signature"} + kNoAnswer);
  }
  const std::optional<Secret> shared = state_->group.shared(response, exponent.view());
  if (!shared) {
    return passing(
        "diffie_hellman_response is no number in hexadecimal between 1 and the prime less 1; is oauth_dh_param the dhparam.pem that was uploaded?");
  }
  Secret token{hmac_sha1(shared->view(), state_->access_secret.view())};
  if (!same_code(to_hex(hmac_sha1(token.view(), state_->names.consumer_key)), code, kTokenDigits)) {
    return lasting(
        "the broker's live session token is not the one that was agreed on; give in oauth_dh_param the dhparam.pem that was uploaded, in "
        "oauth_access_token_secret the secret of oauth_access_token, and oauth_consumer_key as it stands on the self-service page");
  }
  return LiveToken{std::move(token), expiry(answer, now)};
}

OAuthResult<std::string> OAuth::authorization(const LiveToken& token, std::string_view method, std::string_view url, UtcTime now) {
  if (token.bytes.empty()) return passing("there is no live session token; ask for one");
  std::optional<std::string> nonce = state_->nonce();
  if (!nonce) return passing(kNoRandomness);
  OAuthParameters parameters = state_->parameters("HMAC-SHA256", std::move(*nonce), now);
  const std::optional<std::string> base = oauth_base_string(method, url, parameters, state_->names.query);
  if (!base) return lasting("a request's address is no http or https address; set rest_url");
  const std::string code = hmac_sha256(token.bytes.view(), *base);
  if (code.empty()) return passing("OpenSSL cannot sign on this machine; update OpenSSL");
  parameters.emplace_back("oauth_signature", to_base64(code));
  return oauth_header(state_->names.realm, std::move(parameters));
}

}  // namespace tidegate::ibkr
