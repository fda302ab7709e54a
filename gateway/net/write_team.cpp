#include "gateway/net/write_team.hpp"

#include <pthread.h>

#include <algorithm>
#include <csignal>
#include <string>

namespace tidegate::net {
namespace {

/// A write takes 5 to 10 microseconds, waking a thread 20 and 5 of the waker's own: with fewer than so many for each it would come too late.
constexpr std::size_t kWorthWaking = 8;
/// Small enough that the last one is not waited for long, large enough for a list of writes to be worth its call.
constexpr std::size_t kShareMin = 16, kShareMax = 64;
constexpr std::size_t kSharesEach = 4;

}  // namespace

WriteTeam::WriteTeam(std::size_t helpers) {
  // Signals are for the threads that were there before.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  for (std::size_t i = 0; i < helpers; ++i) {
    helpers_.emplace_back([this, i] {
      pthread_setname_np(pthread_self(), ("tg-write-" + std::to_string(i + 1)).c_str());
      help();
    });
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

WriteTeam::~WriteTeam() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  for (std::thread& helper : helpers_) helper.join();
}

void WriteTeam::run(std::size_t count, const Work& work) {
  const std::size_t wanted = std::min(helpers_.size(), count / kWorthWaking);
  if (wanted == 0) {
    if (count > 0) work(0, count);
    return;
  }
  count_ = count;
  share_ = std::clamp(count / (kSharesEach * (wanted + 1)), kShareMin, kShareMax);
  next_.store(0, std::memory_order_relaxed);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    work_ = &work;
    invited_ = wanted;
  }
  for (std::size_t i = 0; i < wanted; ++i) wake_.notify_one();
  take_shares(work);
  std::unique_lock<std::mutex> lock(mutex_);
  work_ = nullptr;  // whoever wakes only now is too late
  invited_ = 0;
  left_.wait(lock, [this] { return busy_ == 0; });
}

void WriteTeam::take_shares(const Work& work) {
  for (;;) {
    const std::size_t first = next_.fetch_add(share_, std::memory_order_relaxed);
    if (first >= count_) return;
    work(first, std::min(first + share_, count_));
  }
}

void WriteTeam::help() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return ending_ || invited_ > 0; });
    if (ending_) return;
    --invited_;
    ++busy_;
    const Work& work = *work_;
    lock.unlock();
    take_shares(work);
    lock.lock();
    if (--busy_ == 0) left_.notify_one();
  }
}

}  // namespace tidegate::net
