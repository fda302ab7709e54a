#include "gateway/secret_sources.hpp"

#include <pthread.h>

#include <atomic>
#include <utility>

namespace tidegate {

struct SecretSources::Round {
  std::atomic<bool> cancelled{false};
  SecretSources* owner = nullptr;  // the loop's thread; null once nobody waits any more
};

SecretSources::SecretSources(net::EventLoop& loop, std::vector<SecretSource> sources, Duration limit)
    : loop_(loop), sources_(std::move(sources)), limit_(limit) {}

SecretSources::~SecretSources() {
  if (round_ != nullptr) {
    round_->cancelled = true;
    round_->owner = nullptr;
  }
  if (thread_.joinable()) thread_.join();
}

void SecretSources::ask(std::function<void()> done) {
  if (sources_.empty()) return done();
  waiting_.push_back(std::move(done));
  if (round_ != nullptr) return;
  if (thread_.joinable()) thread_.join();  // of the last round, which has ended
  round_ = std::make_shared<Round>();
  round_->owner = this;
  thread_ = std::thread{[round = round_, &loop = loop_, sources = sources_, limit = limit_] {
    pthread_setname_np(pthread_self(), "tg-secrets");
    SecretAnswers answers;
    for (const SecretSource& source : sources) {
      if (!round->cancelled) answers.emplace(source, tidegate::ask(source, limit, round->cancelled));
    }
    loop.post([round, answers = std::move(answers)]() mutable {
      if (round->owner != nullptr) round->owner->finish(std::move(answers));
    });
  }};
}

void SecretSources::finish(SecretAnswers&& answers) {
  answers_ = std::move(answers);
  round_.reset();
  for (const std::function<void()>& done : std::exchange(waiting_, {})) done();
}

}  // namespace tidegate
