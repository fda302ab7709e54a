#include "brokers/ibkr/oauth_login.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

namespace tidegate::ibkr {
namespace {

constexpr std::uintmax_t kKeyBytesMax = 64U << 10U;
constexpr std::size_t kOAuthWordsMax = 118;  // of the 119 that a status has

/// Empty: there is no such file, or it is none that can be a key.
std::string read_key_file(const std::string& path) {
  std::error_code error;
  if (std::filesystem::file_size(path, error) > kKeyBytesMax || error) return {};
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

}  // namespace

FoundKeys read_keys(const FreshConfig& fresh) {
  if (!fresh.problem.empty()) return {{}, fresh.problem};
  const BrokerConfig& config = fresh.config;
  FoundKeys found;
  found.keys.realm = config.text("oauth_realm");
  found.keys.query = config.flag("oauth_sign_query") ? OAuthQuery::Signed : OAuthQuery::Unsigned;
  const std::pair<std::string_view, std::string*> secrets[] = {{"oauth_consumer_key", &found.keys.consumer_key},
                                                               {"oauth_access_token", &found.keys.access_token},
                                                               {"oauth_access_token_secret", &found.keys.access_token_secret}};
  for (const auto& [key, value] : secrets) {
    *value = config.text(key);
    if (value->empty()) found.problem = std::string{key} + " is empty: renew " + std::string{config.secret_source(key)};
  }
  const std::pair<std::string_view, std::string*> files[] = {{"oauth_signature_key", &found.keys.signature_key_pem},
                                                             {"oauth_encryption_key", &found.keys.encryption_key_pem},
                                                             {"oauth_dh_param", &found.keys.dh_param_pem}};
  for (const auto& [key, value] : files) {
    *value = read_key_file(config.text(key));
    if (value->empty()) found.problem = std::string{key} + ": cannot read the file " + config.text(key) + "; put the PEM file there";
  }
  return found;
}

OAuthLogin::OAuthLogin(SessionHost& host, const Settings& settings, RestClient& rest, std::function<void()> on_changed)
    : host_(host), settings_(settings), rest_(rest), on_changed_(std::move(on_changed)), timer_(host.loop()) {
  if (settings.oauth) rest.sign = [this](std::string_view method, const std::string& url) { return sign(method, url); };
}

void OAuthLogin::stop() {
  stopped_ = true;
  timer_.cancel();
  ++exchange_;
}

bool OAuthLogin::renewal_due() const { return live_ && live_->expires.ns - host_.clock().utc().ns < settings_.oauth_renew_before.count(); }

// ---- the keys ----

bool OAuthLogin::prepare() {
  FoundKeys found = read_keys(host_.read_config());
  if (!found.problem.empty()) {
    close(std::move(found.problem));
    return false;
  }
  const bool same = keys_ && *keys_ == found.keys;
  if (same && refused_) {
    close(refused_words_);
    return false;
  }
  if (same && oauth_) return true;
  keys_ = std::move(found.keys);
  refused_ = false;
  oauth_.reset();
  OAuthResult<OAuth> opened = OAuth::open(*keys_);
  if (!opened) {
    refused_ = true;
    refused_words_ = opened.problem().words;
    close(refused_words_);
    return false;
  }
  oauth_ = std::move(*opened);
  return true;
}

void OAuthLogin::close(std::string reason) {
  timer_.start(settings_.credential_check, [this] { look_again(); });
  if (std::exchange(reason_, std::move(reason)) != reason_) on_changed_();
}

void OAuthLogin::look_again() {
  host_.prepare_config([this] {
    if (stopped_ || !closed() || !prepare()) return;
    reason_.clear();
    on_changed_();
  });
}

// ---- the token ----

void OAuthLogin::sign_in(std::function<void(const Outcome&)> done) {
  const std::uint64_t number = ++exchange_;
  timer_.cancel();
  host_.prepare_config([this, number, done = std::move(done)]() mutable {
    if (number == exchange_) exchange(number, std::move(done));
  });
}

void OAuthLogin::exchange(std::uint64_t number, std::function<void(const Outcome&)> done) {
  if (!prepare()) return done({Outcome::Kind::Closed, {}});
  reason_.clear();
  const std::string url = settings_.rest_root + std::string{kLiveTokenPath};
  OAuthResult<std::string> header = oauth_->begin(url, host_.clock().utc());
  if (!header) return done({Outcome::Kind::Failed, header.problem().words});
  exchange_header_ = std::move(*header);
  rest_.send(RestClient::Urgency::Login, "POST", kLiveTokenPath, {}, [this, number, done = std::move(done)](RestAnswer&& answer) {
    if (number != exchange_) return;
    OAuthResult<LiveToken> token = oauth_->finish(answer.status, answer.body, host_.clock().utc());
    if (token) {
      live_ = std::move(*token);
      access_token_ = keys_->access_token;
      return done({Outcome::Kind::SignedIn, {}});
    }
    const std::string words = rest_.printable(token.problem().words, kOAuthWordsMax);
    if (!token.problem().lasting) return done({Outcome::Kind::Failed, answer.status == 0 ? answer.words : words});
    refused_ = true;
    refused_words_ = words;
    close(words);
    done({Outcome::Kind::Closed, {}});
  });
}

std::string OAuthLogin::sign(std::string_view method, const std::string& url) {
  if (url.ends_with(kLiveTokenPath)) return exchange_header_;
  if (!live_) return {};
  OAuthResult<std::string> header = oauth_->authorization(*live_, method, url, host_.clock().utc());
  return header ? std::move(*header) : std::string{};
}

}  // namespace tidegate::ibkr
