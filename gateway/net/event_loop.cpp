#include "gateway/net/event_loop.hpp"

#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <csignal>
#include <utility>

#include "gateway/net/event_loop_impl.hpp"

namespace tidegate::net {
namespace {

// Bounds a turn, so that hooks (and with them every flush) come round under any load.
constexpr std::size_t kHandlersPerTurnMax = 256;

// The loop whose run() or poll() is on this thread's stack.
thread_local const EventLoop::Impl* running_here = nullptr;

class RunningHere {
 public:
  explicit RunningHere(const EventLoop::Impl* loop) : before_(std::exchange(running_here, loop)) {}
  ~RunningHere() { running_here = before_; }
  RunningHere(const RunningHere&) = delete;
  RunningHere& operator=(const RunningHere&) = delete;

 private:
  const EventLoop::Impl* before_;
};

}  // namespace

// One thread runs the loop; the hint spares Asio the wake-ups of other threads.
EventLoop::Impl::Impl() : io(1), work_guard(io.get_executor()) {}

std::size_t EventLoop::Impl::run_ready(std::size_t already_run) {
  std::size_t count = already_run;
  while (count < kHandlersPerTurnMax && io.poll_one() != 0) ++count;
  return count;
}

void EventLoop::Impl::end_turn() {
  // Cleared before the hooks run: a wake() that comes while they run leads to another turn.
  wake_posted.exchange(false, std::memory_order_acq_rel);
  turn_asked = false;
  in_hooks = true;
  // By index: a hook may add another, which then also runs in this turn.
  for (std::size_t i = 0; i < hooks.size(); ++i) hooks[i]();
  for (auto flusher = flushers.begin(); flusher != flushers.end();) (*flusher++)();
  in_hooks = false;
}

void EventLoop::Impl::wake() {
  if (running_here == this) {
    if (in_hooks) turn_asked = true;
    return;  // otherwise the end of this turn is still to come
  }
  if (!wake_posted.exchange(true, std::memory_order_acq_rel)) asio::post(io, [] {});
}

void EventLoop::Impl::arm(asio::signal_set& set, const std::shared_ptr<std::function<void(int)>>& work) {
  set.async_wait([this, &set, work](const asio::error_code& error, int signal) {
    if (error) return;
    (*work)(signal);
    arm(set, work);
  });
}

EventLoop::EventLoop() : impl_(std::make_unique<Impl>()) {}
EventLoop::~EventLoop() = default;

void EventLoop::run() {
  const RunningHere here(impl_.get());
  while (!impl_->stop_asked.load(std::memory_order_acquire)) {
    std::size_t count = 0;
    if (!impl_->turn_asked) {
      if (impl_->spin.load(std::memory_order_relaxed)) {
        while (count == 0 && !impl_->stop_asked.load(std::memory_order_acquire)) count = impl_->io.poll_one();
      } else {
        count = impl_->io.run_one();
      }
    }
    impl_->run_ready(count);
    impl_->end_turn();
  }
  impl_->stop_asked.store(false, std::memory_order_release);
}

std::size_t EventLoop::poll() {
  const RunningHere here(impl_.get());
  const std::size_t count = impl_->run_ready(0);
  impl_->end_turn();
  return count;
}

std::size_t EventLoop::run_for(std::chrono::nanoseconds limit) {
  const RunningHere here(impl_.get());
  const std::size_t first = impl_->turn_asked ? 0 : impl_->io.run_one_for(limit);
  const std::size_t count = impl_->run_ready(first);
  impl_->end_turn();
  return count;
}

void EventLoop::stop() {
  impl_->stop_asked.store(true, std::memory_order_release);
  // A posted handler rather than io_context::stop(): what waits stays in place for a later run() or poll().
  asio::post(impl_->io, [] {});
}

void EventLoop::post(std::function<void()> work) { asio::post(impl_->io, std::move(work)); }
void EventLoop::wake() { impl_->wake(); }
void EventLoop::at_turn_end(std::function<void()> hook) { impl_->hooks.push_back(std::move(hook)); }
void EventLoop::set_spin(bool spin) {
  impl_->spin.store(spin, std::memory_order_relaxed);
  wake();
}
bool EventLoop::on_this_thread() const { return running_here == impl_.get(); }

void EventLoop::on_signals(std::initializer_list<int> signals, std::function<void(int)> work) {
  asio::signal_set& set = impl_->signal_sets.emplace_back(impl_->io);
  for (const int signal : signals) set.add(signal);
  impl_->arm(set, std::make_shared<std::function<void(int)>>(std::move(work)));
}

struct Timer::Impl : std::enable_shared_from_this<Timer::Impl> {
  explicit Impl(EventLoop& loop) : timer(loop.impl().io) {}

  asio::steady_timer timer;
  std::uint64_t generation = 0;  // a wait that is already queued belongs to an older one after a cancel
  std::function<void()> work;    // empty: nothing is pending
};

Timer::Timer(EventLoop& loop) : impl_(std::make_shared<Impl>(loop)) {}
Timer::~Timer() { cancel(); }

void Timer::start(std::chrono::nanoseconds delay, std::function<void()> work) {
  impl_->work = std::move(work);
  const std::uint64_t generation = ++impl_->generation;
  impl_->timer.expires_after(delay);
  impl_->timer.async_wait([impl = impl_, generation](const asio::error_code& error) {
    if (error || impl->generation != generation || !impl->work) return;
    const auto due = std::exchange(impl->work, nullptr);  // the work may restart or destroy its timer
    due();
  });
}

void Timer::cancel() {
  ++impl_->generation;
  // Destroyed last: what the work holds may call back here.
  const auto dropped = std::exchange(impl_->work, nullptr);
  impl_->timer.cancel();
}

bool Timer::pending() const { return static_cast<bool>(impl_->work); }

}  // namespace tidegate::net
