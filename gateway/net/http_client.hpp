// REST requests off the data path: libcurl on a thread of its own, answers on the caller's loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/net/event_loop.hpp"
#include "gateway/net/ws_client.hpp"

namespace tidegate::net {

struct HttpCall {
  std::string method = "GET";
  std::string url{};
  std::string body{};
  std::vector<std::pair<std::string, std::string>> headers{};
  TlsOptions tls{};
  std::chrono::milliseconds timeout{10'000};
  std::size_t body_bytes_max = 256U << 20U;
};

struct HttpAnswer {
  int status = 0;  // 0: none came; `error` says why
  std::string body{};
  std::string error{};                                         // empty when an answer came, whatever its status
  std::vector<std::pair<std::string, std::string>> headers{};  // names in lower case

  [[nodiscard]] std::string_view header(std::string_view lower_case_name) const;
};

class HttpClient {
 public:
  HttpClient();
  ~HttpClient();  // cancels what is under way
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  using Token = std::uint64_t;
  /// Starts a call from any thread; `done` runs on `loop` unless cancelled first.
  Token send(HttpCall call, EventLoop& loop, std::function<void(HttpAnswer&&)> done);
  /// Starts a call whose answer nobody waits for. The client's end is held up until it is over, at most for its timeout.
  void send_last(HttpCall call);
  /// After this, on the loop's thread, `done` of that call will not run.
  void cancel(Token token);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace tidegate::net
