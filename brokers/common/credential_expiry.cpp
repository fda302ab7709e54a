#include "brokers/common/credential_expiry.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace tidegate::common {
namespace {

constexpr Duration kLookInterval = std::chrono::seconds{30};

}  // namespace

CredentialExpiry::CredentialExpiry(SessionHost& host, StatusBoard& board, Words words, Duration notice, std::function<bool()> renewed)
    : host_(host), board_(board), words_(std::move(words)), notice_(notice), renewed_(std::move(renewed)), timer_(host.loop()) {}

void CredentialExpiry::begin(UtcTime end) {
  end_ = end;
  board_.touch();
  look();
}

void CredentialExpiry::look() {
  const Duration left{end_.ns - host_.clock().utc().ns};
  if (left > notice_) {
    tell({});
    return timer_.start(std::min(left - notice_, kLookInterval), [this] { look(); });
  }
  if (renewed_()) {
    tell({});
  } else if (left > Duration::zero()) {
    tell("the " + words_.what + " ends at " + to_rfc3339(end_) + ": " + words_.remedy);
  } else {
    tell("the " + words_.what + " ended at " + to_rfc3339(end_) + ", the next login needs a new one: " + words_.remedy);
  }
  timer_.start(left > Duration::zero() ? std::min(left, kLookInterval) : kLookInterval, [this] { look(); });
}

void CredentialExpiry::tell(std::string note) {
  if (note == told_) return;
  told_ = std::move(note);
  if (!told_.empty()) spdlog::warn("{}: {}", words_.broker, told_);
  board_.set_note(told_);
}

}  // namespace tidegate::common
