#include "gateway/secret_programs.hpp"

#include <pthread.h>

#include <atomic>
#include <utility>

namespace tidegate {

struct SecretPrograms::Run {
  std::atomic<bool> cancelled{false};
  SecretPrograms* owner = nullptr;  // the loop's thread; null once nobody waits any more
};

SecretPrograms::SecretPrograms(net::EventLoop& loop, std::vector<ProgramCall> calls, Duration limit)
    : loop_(loop), calls_(std::move(calls)), limit_(limit) {}

SecretPrograms::~SecretPrograms() {
  if (run_ != nullptr) {
    run_->cancelled = true;
    run_->owner = nullptr;
  }
  if (thread_.joinable()) thread_.join();
}

void SecretPrograms::run(std::function<void()> done) {
  if (calls_.empty()) return done();
  waiting_.push_back(std::move(done));
  if (run_ != nullptr) return;
  if (thread_.joinable()) thread_.join();  // of the last run, which has ended
  run_ = std::make_shared<Run>();
  run_->owner = this;
  thread_ = std::thread{[run = run_, &loop = loop_, calls = calls_, limit = limit_] {
    pthread_setname_np(pthread_self(), "tg-secrets");
    ProgramOutputs outputs;
    for (const ProgramCall& call : calls) {
      if (!run->cancelled) outputs.emplace(call, run_program(call, limit, run->cancelled));
    }
    loop.post([run, outputs = std::move(outputs)]() mutable {
      if (run->owner != nullptr) run->owner->finish(std::move(outputs));
    });
  }};
}

void SecretPrograms::finish(ProgramOutputs&& outputs) {
  outputs_ = std::move(outputs);
  run_.reset();
  for (const std::function<void()>& done : std::exchange(waiting_, {})) done();
}

}  // namespace tidegate
