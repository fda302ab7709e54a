#include "brokers/zerodha/credential_gate.hpp"

#include <utility>

namespace tidegate::zerodha {
namespace {

std::string text_of(const BrokerConfig& config, std::string_view key) {
  const auto it = config.options.find(key);
  const std::string* text = it == config.options.end() ? nullptr : std::get_if<std::string>(&it->second);
  return text == nullptr ? std::string{} : *text;
}

}  // namespace

CredentialGate::CredentialGate(SessionHost& host, const Settings& settings, std::function<void()> on_changed)
    : host_(host), settings_(settings), on_changed_(std::move(on_changed)), timer_(host.loop()) {}

CredentialGate::Found CredentialGate::look() {
  const FreshConfig fresh = host_.read_config();
  if (!fresh.problem.empty()) return {std::nullopt, fresh.problem};
  Credentials credentials{text_of(fresh.config, "api_key"), text_of(fresh.config, "access_token")};
  for (const auto& [key, value] : {std::pair{"api_key", &credentials.api_key}, std::pair{"access_token", &credentials.access_token}}) {
    if (value->empty()) return {std::nullopt, std::string{key} + " is empty: renew " + std::string{fresh.config.secret_source(key)}};
  }
  if (credentials == refused_) {
    return {std::nullopt, "access token refused (403): log in again and renew " + std::string{fresh.config.secret_source("access_token")}};
  }
  return {std::move(credentials), {}};
}

std::optional<Credentials> CredentialGate::take() {
  Found found = look();
  if (found.usable) {
    open();
  } else {
    close(std::move(found.reason));
  }
  return std::move(found.usable);
}

// The source may hold another token by now than the one that was refused: then the gate stays open, and the next attempt takes that.
void CredentialGate::refuse(const Credentials& credentials) {
  refused_ = credentials;
  Found found = look();
  if (!found.usable) close(std::move(found.reason));
}

void CredentialGate::close(std::string reason) {
  const bool news = reason != reason_;
  reason_ = std::move(reason);
  if (!timer_.pending()) timer_.start(settings_.credential_check, [this] { look_again(); });
  if (news) on_changed_();
}

void CredentialGate::open() {
  if (!closed()) return;
  reason_.clear();
  timer_.cancel();
  on_changed_();
}

void CredentialGate::look_again() { static_cast<void>(take()); }

}  // namespace tidegate::zerodha
