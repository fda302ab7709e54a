#include "gateway/net/http_client.hpp"

#include <curl/curl.h>
#include <pthread.h>

#include <algorithm>
#include <csignal>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "gateway/net/http_transfer.hpp"

namespace tidegate::net {
namespace {

constexpr long kIdleConnectionsMax = 16;
constexpr int kPollLimitMs = 60'000;  // wake-ups and curl's own timers come earlier

/// libcurl asks for this once in a process, before its first thread.
void initialise_curl() {
  static const CURLcode done = curl_global_init(CURL_GLOBAL_DEFAULT);
  static_cast<void>(done);
}

/// Who still wants which answer. Shared with the answers that are on their way through a loop.
struct Waiting {
  struct Entry {
    EventLoop* loop;
    std::function<void(HttpAnswer&&)> done;
  };
  std::mutex mutex;
  std::map<HttpClient::Token, Entry> entries;
};

}  // namespace

struct HttpClient::Impl {
  Impl() {
    initialise_curl();
    multi = curl_multi_init();
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, kIdleConnectionsMax);
    // Signals are for the threads that run a loop.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread = std::thread([this] { run(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  ~Impl() {
    std::map<Token, Waiting::Entry> dropped;  // destroyed without the lock: what a `done` holds may call back
    {
      const std::lock_guard lock(waiting->mutex);
      stopping = true;
      dropped.swap(waiting->entries);
    }
    curl_multi_wakeup(multi);
    thread.join();
    curl_multi_cleanup(multi);
  }

  void run() {
    pthread_setname_np(pthread_self(), "tg-http");
    while (take_orders()) {
      perform();
      curl_multi_poll(multi, nullptr, 0, kPollLimitMs, nullptr);
    }
    finish_last();
  }

  /// What was to be sent before the client ends; everything else is dropped.
  void finish_last() {
    begin(std::exchange(submitted, {}));  // nobody submits to a client that ends
    for (auto it = transfers.begin(); it != transfers.end();) {
      const auto current = it++;
      if (current->second->last) continue;
      curl_multi_remove_handle(multi, current->first);
      transfers.erase(current);
    }
    while (!transfers.empty()) {
      perform();
      if (!transfers.empty()) curl_multi_poll(multi, nullptr, 0, kPollLimitMs, nullptr);
    }
  }

  void perform() {
    int running = 0;
    curl_multi_perform(multi, &running);
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
      if (message->msg == CURLMSG_DONE) end(message->easy_handle, message->data.result);
    }
  }

  /// Takes over new calls and drops cancelled ones; false once the client is to end.
  bool take_orders() {
    std::vector<std::unique_ptr<Transfer>> taken;
    std::vector<Token> drop;
    {
      const std::lock_guard lock(waiting->mutex);
      if (stopping) return false;
      taken.swap(submitted);
      drop.swap(cancelled);
    }
    begin(std::move(taken));
    for (const Token token : drop) {
      const auto found = std::find_if(transfers.begin(), transfers.end(), [&](const auto& entry) { return entry.second->token == token; });
      if (found == transfers.end()) continue;
      curl_multi_remove_handle(multi, found->first);
      transfers.erase(found);
    }
    return true;
  }

  void begin(std::vector<std::unique_ptr<Transfer>> calls) {
    for (auto& transfer : calls) {
      CURL* const handle = transfer->prepare();
      if (handle == nullptr || curl_multi_add_handle(multi, handle) != CURLM_OK) {
        deliver(transfer->token, transfer->finish(CURLE_FAILED_INIT));
      } else {
        transfers.emplace(handle, std::move(transfer));
      }
    }
  }

  void end(CURL* handle, CURLcode result) {
    const auto found = transfers.find(handle);
    if (found == transfers.end()) return;
    curl_multi_remove_handle(multi, handle);
    const std::unique_ptr<Transfer> transfer = std::move(found->second);
    transfers.erase(found);
    deliver(transfer->token, transfer->finish(result));
  }

  void deliver(Token token, HttpAnswer&& answer) {
    // Under the lock: a call that was cancelled may have lost its loop.
    const std::lock_guard lock(waiting->mutex);
    const auto found = waiting->entries.find(token);
    if (found == waiting->entries.end()) return;
    const auto shared_answer = std::make_shared<HttpAnswer>(std::move(answer));
    found->second.loop->post([waiting = waiting, token, shared_answer] {
      std::function<void(HttpAnswer &&)> done;
      {
        const std::lock_guard again(waiting->mutex);
        const auto still = waiting->entries.find(token);
        if (still == waiting->entries.end()) return;
        done = std::move(still->second.done);
        waiting->entries.erase(still);
      }
      done(std::move(*shared_answer));
    });
  }

  const std::shared_ptr<Waiting> waiting = std::make_shared<Waiting>();
  CURLM* multi = nullptr;
  // Under waiting->mutex:
  std::vector<std::unique_ptr<Transfer>> submitted;
  std::vector<Token> cancelled;
  Token last_token = 0;
  bool stopping = false;
  // The thread's own:
  std::map<CURL*, std::unique_ptr<Transfer>> transfers;
  std::thread thread;
};

HttpClient::HttpClient() : impl_(std::make_shared<Impl>()) {}
HttpClient::~HttpClient() = default;

HttpClient::Token HttpClient::send(HttpCall call, EventLoop& loop, std::function<void(HttpAnswer&&)> done) {
  Token token = 0;
  {
    const std::lock_guard lock(impl_->waiting->mutex);
    token = ++impl_->last_token;
    impl_->waiting->entries.emplace(token, Waiting::Entry{&loop, std::move(done)});
    impl_->submitted.push_back(std::make_unique<Transfer>(token, std::move(call), false));
  }
  curl_multi_wakeup(impl_->multi);
  return token;
}

void HttpClient::send_last(HttpCall call) {
  {
    const std::lock_guard lock(impl_->waiting->mutex);
    impl_->submitted.push_back(std::make_unique<Transfer>(++impl_->last_token, std::move(call), true));
  }
  curl_multi_wakeup(impl_->multi);
}

void HttpClient::cancel(Token token) {
  decltype(impl_->waiting->entries)::node_type dropped;  // destroyed without the lock
  {
    const std::lock_guard lock(impl_->waiting->mutex);
    dropped = impl_->waiting->entries.extract(token);
    if (dropped.empty()) return;
    impl_->cancelled.push_back(token);
  }
  curl_multi_wakeup(impl_->multi);
}

}  // namespace tidegate::net
