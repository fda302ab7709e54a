#include "brokers/common/credential_gate.hpp"

#include <utility>

namespace tidegate::common {
namespace {

std::string text_of(const BrokerConfig& config, std::string_view key) {
  const auto it = config.options.find(key);
  const std::string* text = it == config.options.end() ? nullptr : std::get_if<std::string>(&it->second);
  return text == nullptr ? std::string{} : *text;
}

}  // namespace

CredentialGate::CredentialGate(SessionHost& host, std::vector<std::string_view> keys, Duration check_interval, std::function<void()> on_changed)
    : host_(host), keys_(std::move(keys)), check_interval_(check_interval), on_changed_(std::move(on_changed)), timer_(host.loop()) {}

CredentialGate::Found CredentialGate::look() {
  const FreshConfig fresh = host_.read_config();
  if (!fresh.problem.empty()) return {std::nullopt, fresh.problem};
  Credentials credentials;
  for (const std::string_view key : keys_) {
    credentials.push_back(text_of(fresh.config, key));
    if (credentials.back().empty()) return {std::nullopt, std::string{key} + " is empty: renew " + std::string{fresh.config.secret_source(key)}};
  }
  if (credentials == refused_) return {std::nullopt, refused_words_ + " renew " + std::string{fresh.config.secret_source(refused_key_)}};
  return {std::move(credentials), {}};
}

std::optional<CredentialGate::Credentials> CredentialGate::take() {
  Found found = look();
  if (found.usable) {
    open();
  } else {
    close(std::move(found.reason));
  }
  return std::move(found.usable);
}

void CredentialGate::fetch(std::function<void(std::optional<Credentials>)> done) {
  host_.prepare_config([this, done = std::move(done)] {
    if (!stopped_) done(take());
  });
}

void CredentialGate::stop() {
  stopped_ = true;
  timer_.cancel();
}

// The source may hold others by now than those that were refused: then the gate stays open, and the next attempt takes them.
void CredentialGate::refuse(const Credentials& credentials, std::string_view words, std::string_view key) {
  refused_ = credentials;
  refused_words_ = words;
  refused_key_ = key;
  Found found = look();
  if (!found.usable) close(std::move(found.reason));
}

void CredentialGate::forgive() {
  refused_.reset();
  if (closed()) look_again();
}

void CredentialGate::close(std::string reason) {
  const bool news = reason != reason_;
  reason_ = std::move(reason);
  if (!timer_.pending()) timer_.start(check_interval_, [this] { look_again(); });
  if (news) on_changed_();
}

void CredentialGate::open() {
  if (!closed()) return;
  reason_.clear();
  timer_.cancel();
  on_changed_();
}

void CredentialGate::look_again() {
  fetch([](const std::optional<Credentials>&) {});  // taking them opens the gate, or looks again later
}

}  // namespace tidegate::common
