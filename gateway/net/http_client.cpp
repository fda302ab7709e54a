#include "gateway/net/http_client.hpp"

#include <curl/curl.h>
#include <pthread.h>

#include <algorithm>
#include <cctype>
#include <csignal>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

namespace tidegate::net {
namespace {

constexpr std::size_t kHeadersBytesMax = 1U << 20U;
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

/// One call while libcurl has it. On the client's own thread, once submitted.
class Transfer {
 public:
  Transfer(HttpClient::Token call_token, HttpCall&& wanted, bool is_last) : token(call_token), last(is_last), call_(std::move(wanted)) {}
  ~Transfer() {
    curl_easy_cleanup(easy_);
    curl_slist_free_all(header_list_);
  }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  /// The handle to give to libcurl; null when the call cannot be made, with the reason in the answer.
  CURL* prepare() {
    for (const auto& [name, value] : call_.headers) {
      if ((name + value).find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
        return refuse("a header cannot be sent as given: " + name);
    }
    easy_ = curl_easy_init();
    if (easy_ == nullptr) return refuse("out of memory");
    set(CURLOPT_PRIVATE, static_cast<void*>(this));
    set(CURLOPT_ERRORBUFFER, static_cast<void*>(problem_));
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_URL, call_.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_PROXY, "");  // as for WebSockets: none, whatever the environment says
    set(CURLOPT_USERAGENT, "tidegate");
    set(CURLOPT_ACCEPT_ENCODING, "");  // all that libcurl can undo
    const auto timeout_ms = static_cast<long>(std::max<std::int64_t>(1, call_.timeout.count()));
    set(CURLOPT_TIMEOUT_MS, timeout_ms);
    set(CURLOPT_CONNECTTIMEOUT_MS, timeout_ms);
    set(CURLOPT_SSL_VERIFYPEER, call_.tls.verify ? 1L : 0L);
    set(CURLOPT_SSL_VERIFYHOST, call_.tls.verify ? 2L : 0L);
    if (!call_.tls.ca_file.empty()) set(CURLOPT_CAINFO, call_.tls.ca_file.c_str());
    set(CURLOPT_WRITEFUNCTION, &Transfer::on_body);
    set(CURLOPT_WRITEDATA, static_cast<void*>(this));
    set(CURLOPT_HEADERFUNCTION, &Transfer::on_header);
    set(CURLOPT_HEADERDATA, static_cast<void*>(this));
    prepare_request();
    return easy_;
  }

  HttpAnswer finish(CURLcode result) {
    if (result == CURLE_OK) {
      long status = 0;
      curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
      answer_.status = static_cast<int>(status);
    } else if (answer_.error.empty()) {
      answer_.error = problem_[0] != '\0' ? problem_ : curl_easy_strerror(result);
    }
    if (!answer_.error.empty()) {
      answer_.status = 0;
      answer_.body.clear();
      answer_.headers.clear();
    }
    return std::move(answer_);
  }

  [[nodiscard]] CURL* handle() const { return easy_; }

  const HttpClient::Token token;
  const bool last;  // ends by itself, also when the client does

 private:
  CURL* refuse(std::string why) {
    answer_.error = std::move(why);
    return nullptr;
  }

  template <typename Value>
  void set(CURLoption option, Value value) {
    curl_easy_setopt(easy_, option, value);
  }

  void prepare_request() {
    if (call_.method == "HEAD") {
      set(CURLOPT_NOBODY, 1L);
    } else if (call_.method == "POST" || !call_.body.empty()) {
      set(CURLOPT_POST, 1L);
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call_.body.size()));
      set(CURLOPT_POSTFIELDS, call_.body.c_str());
    }
    if (call_.method != "GET" && call_.method != "HEAD") set(CURLOPT_CUSTOMREQUEST, call_.method.c_str());
    if (call_.method == "GET" && !call_.body.empty()) set(CURLOPT_CUSTOMREQUEST, "GET");
    header_list_ = curl_slist_append(header_list_, "Expect:");  // no round trip before a body
    for (const auto& [name, value] : call_.headers) {
      // libcurl's spelling of a header without a value.
      header_list_ = curl_slist_append(header_list_, (value.empty() ? name + ";" : name + ": " + value).c_str());
    }
    set(CURLOPT_HTTPHEADER, header_list_);
  }

  static std::size_t on_body(const char* bytes, std::size_t size, std::size_t count, void* self) {
    return static_cast<Transfer*>(self)->take_body({bytes, size * count});
  }
  static std::size_t on_header(const char* bytes, std::size_t size, std::size_t count, void* self) {
    return static_cast<Transfer*>(self)->take_header({bytes, size * count});
  }

  /// Taking less than was offered makes libcurl give up.
  std::size_t take_body(std::string_view bytes) {
    if (bytes.size() > call_.body_bytes_max - answer_.body.size()) {
      answer_.error = "the answer is larger than " + std::to_string(call_.body_bytes_max) + " bytes";
      return bytes.empty() ? 1 : 0;
    }
    answer_.body.append(bytes);
    return bytes.size();
  }

  std::size_t take_header(std::string_view line) {
    const std::size_t size = line.size();
    header_bytes_ += size;
    if (header_bytes_ > kHeadersBytesMax) {
      answer_.error = "the headers of the answer are larger than " + std::to_string(kHeadersBytesMax) + " bytes";
      return 0;
    }
    if (line.substr(0, 5) == "HTTP/") {
      answer_.headers.clear();  // those before it belonged to an interim answer
      return size;
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return size;
    std::string name(line.substr(0, colon));
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    line.remove_prefix(colon + 1);
    const auto space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
    while (!line.empty() && space(line.front())) line.remove_prefix(1);
    while (!line.empty() && space(line.back())) line.remove_suffix(1);
    answer_.headers.emplace_back(std::move(name), line);
    return size;
  }

  const HttpCall call_;  // libcurl reads its texts in place
  HttpAnswer answer_;
  CURL* easy_ = nullptr;
  curl_slist* header_list_ = nullptr;
  std::size_t header_bytes_ = 0;
  char problem_[CURL_ERROR_SIZE] = {};
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
