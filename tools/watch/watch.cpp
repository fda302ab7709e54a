#include "tools/watch/watch.hpp"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <iostream>
#include <memory>
#include <optional>
#include <random>

#include "gateway/core/time.hpp"
#include "gateway/net/event_loop.hpp"
#include "gateway/net/ws_client.hpp"
#include "tools/watch/model.hpp"
#include "tools/watch/subscriptions.hpp"
#include "tools/watch/table.hpp"
#include "tools/watch/terminal.hpp"
#include "tools/watch/text.hpp"

namespace tidegate {
namespace watch {
namespace {

constexpr Duration kFrame{100'000'000};
constexpr Duration kFirstWait{250'000'000};
constexpr Duration kLongestWait{5'000'000'000};
constexpr Duration kFirstRetry{500'000'000};
constexpr Duration kLivenessCheck{1'000'000'000};
constexpr Duration kLongestRetry{30'000'000'000};

/// Whether another attempt would meet the same answer.
bool is_final(const net::WsClosed& closed) {
  if (closed.code == 4001 || closed.code == 4002) return true;  // login
  return closed.http_status >= 400 && closed.http_status < 500 && closed.http_status != 408 && closed.http_status != 429;
}

/// gateway/net speaks of TLS with the keys of a broker's configuration; here an option does what they do.
std::string with_options(const std::string& reason) {
  const std::string matter = reason.substr(0, reason.find("; "));
  if (reason.find("tls.ca_file") != std::string::npos) return matter + "; name it or its authority with --ca-file";
  if (reason.find("ws_url") != std::string::npos) return matter + "; look at --url";
  return reason;
}

std::string reason_of(const net::WsClosed& closed) {
  if (closed.http_status == 400) return "the answer was HTTP 400; a gateway that speaks TLS wants wss:// in --url";
  if (closed.http_status != 0 && closed.http_status != 101) return "the answer was HTTP " + std::to_string(closed.http_status);
  std::string reason = closed.reason.empty() ? "the connection was cut" : with_options(closed.reason);
  if (closed.code >= 4000) reason += " (" + std::to_string(closed.code) + ")";
  return reason;
}

class Watcher final : public net::WsClientHandler {
 public:
  Watcher(const WatchOptions& options, bool on_screen)
      : model_(completed_url(options.url), options.symbols, options.channels, clock_.mono()),
        allow_delayed_(options.allow_delayed),
        client_(loop_, *this),
        reconnect_(loop_),
        retry_(loop_),
        liveness_(loop_),
        paint_(loop_) {
    connection_.url = model_.url();
    connection_.tls.ca_file = options.ca_file;
    if (!options.token.empty()) connection_.headers.emplace_back("Authorization", "Bearer " + options.token);
    if (on_screen) screen_.emplace();
  }

  int run() {
    loop_.on_signals({SIGINT, SIGTERM, SIGHUP}, [this](int) { stop(0); });
    if (screen_) {
      loop_.on_signals({SIGCONT}, [this](int) { screen_->enter(); });
      paint();
    } else {
      loop_.at_turn_end([this] { flush(); });
    }
    client_.connect(connection_);
    loop_.run();
    if (screen_) leave_screen();
    flush();
    return status_;
  }

  void on_open() override {
    wait_ = kFirstWait;
    retry_wait_ = kFirstRetry;
    model_.on_open();
    for (const std::string& request : subscribe_requests(model_.rows(), allow_delayed_)) client_.send_text(request);
    plan_retry();
    heard_ = clock_.mono();
    watch_liveness();
  }

  void on_message(std::string&& payload, bool binary) override {
    heard_ = clock_.mono();
    if (binary) return;
    model_.on_message(payload, {clock_.mono(), clock_.utc()});
    if (screen_) return;
    std::replace(payload.begin(), payload.end(), '\n', ' ');  // one message, one line
    lines_ += payload;
    lines_ += '\n';
  }

  void on_closed(const net::WsClosed& closed) override {
    retry_.cancel();
    liveness_.cancel();
    if (is_final(closed)) {
      model_.on_closed(reason_of(closed), Duration{-1});
      return stop(1);
    }
    const Duration wait{std::uniform_int_distribution<std::int64_t>(wait_.count() / 2, wait_.count())(random_)};
    wait_ = std::min(wait_ * 2, kLongestWait);
    model_.on_closed(reason_of(closed), wait);
    reconnect_.start(wait, [this] { client_.connect(connection_); });
  }

 private:
  void stop(int status) {
    status_ = status;
    client_.abort();
    loop_.stop();
  }

  /// A gateway that has just started may not know its brokers' instruments yet: what failed is asked for again, ever more rarely.
  void plan_retry() {
    retry_.start(retry_wait_, [this] {
      const std::vector<std::string> requests = retry_requests(model_.rows(), allow_delayed_);
      for (const std::string& request : requests) client_.send_text(request);
      retry_wait_ = std::min(retry_wait_ * 2, kLongestRetry);
      plan_retry();
    });
  }

  /// A connection on which not even heartbeats come is dead, whatever TCP thinks.
  void watch_liveness() {
    liveness_.start(kLivenessCheck, [this] {
      const Duration silence = clock_.mono() - heard_;
      if (model_.heartbeat().count() == 0 || silence < model_.heartbeat() * 2 + kLivenessCheck) return watch_liveness();
      client_.abort();
      net::WsClosed closed;
      closed.code = 1006;
      closed.reason = "nothing came for " + age_text(silence);
      on_closed(closed);
    });
  }

  void paint() {
    if (!screen_->paint(render(model_, screen_->view(), clock_.mono()))) return stop(0);
    paint_.start(kFrame, [this] { paint(); });
  }

  /// The last table stays on the ordinary screen.
  void leave_screen() {
    const View view = screen_->view();
    screen_->leave();
    std::string text;
    for (const std::string& line : render(model_, {view.width, view.height, false}, clock_.mono())) text += line + "\n";
    static_cast<void>(write_all(STDOUT_FILENO, text));
    if (status_ == 0) return;
    for (const std::string& event : model_.take_new_events()) std::cerr << event << '\n';
  }

  void flush() {
    if (screen_) return;
    for (const std::string& event : model_.take_new_events()) std::cerr << "tidegate watch: " << event << '\n';
    if (lines_.empty()) return;
    if (!write_all(STDOUT_FILENO, lines_)) stop(0);  // the reader has seen enough
    lines_.clear();
  }

  SystemClock clock_;
  net::EventLoop loop_;
  Model model_;
  const bool allow_delayed_;
  net::WsClientOptions connection_;
  net::WsClient client_;
  net::Timer reconnect_, retry_, liveness_, paint_;
  std::optional<Terminal> screen_;
  std::string lines_;
  MonoTime heard_;
  Duration wait_ = kFirstWait;
  Duration retry_wait_ = kFirstRetry;
  std::minstd_rand random_{std::random_device{}()};
  int status_ = 0;
};

}  // namespace
}  // namespace watch

int run_watch(const WatchOptions& options) {
  if (options.symbols.empty()) {
    std::cerr
        << "tidegate watch: name at least one symbol, such as BINANCE:BTCUSDT; the gateway lists them at http://HOST:PORT/v1/instruments?query=BTC\n";
    return 2;
  }
  if (!options.ca_file.empty() && ::access(options.ca_file.c_str(), R_OK) != 0) {
    std::cerr << "tidegate watch: --ca-file " << options.ca_file << " cannot be read; correct the path or its permissions\n";
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  return watch::Watcher(options, isatty(STDOUT_FILENO) != 0).run();
}

}  // namespace tidegate
