// `tidegate watch` as a whole: against a server in this process, its standard output a pipe or a pseudo-terminal.
#include "tools/watch/watch.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <pty.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <string>
#include <thread>

#include "gateway/net/event_loop.hpp"
#include "gateway/net/ws_server.hpp"
#include "tests/net/authority.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/watch/messages.hpp"

namespace tidegate::watch::test {
namespace {

using OnRequest = std::function<void(net::WsConnection&, std::string_view request, int connection)>;

/// A gateway that says welcome and leaves the rest to the test. Runs on a thread of its own.
class FakeGateway final : public net::WsServerHandler {
 public:
  explicit FakeGateway(OnRequest on_request, const net::WsServerOptions& options = {})
      : on_request_(std::move(on_request)), server_(loop_, *this, options) {
    REQUIRE(server_.listen("127.0.0.1", 0).empty());
    loop_.at_turn_end([this] { server_.flush(); });
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~FakeGateway() {
    loop_.stop();
    thread_.join();
  }
  FakeGateway(const FakeGateway&) = delete;
  FakeGateway& operator=(const FakeGateway&) = delete;

  [[nodiscard]] std::string url() const { return "127.0.0.1:" + std::to_string(server_.port()); }
  int refuse_with = 0;  // HTTP status for upgrades; 0: accept

  void on_http(const net::HttpRequest&, net::HttpReply reply) override { reply({}); }
  int on_upgrade(const net::HttpRequest& request) override {
    authorization_ = request.header("Authorization");
    return refuse_with != 0 ? refuse_with : 101;
  }
  void on_open(net::WsConnection& connection) override {
    ++connections_;
    connection.send_text(kWelcome);
  }
  void on_message(net::WsConnection& connection, std::string_view payload, bool) override { on_request_(connection, payload, connections_); }
  void on_closed(net::WsConnection&, int, std::string_view) override {}
  [[nodiscard]] const std::string& authorization() const { return authorization_; }  // once the watcher has ended

 private:
  OnRequest on_request_;
  net::EventLoop loop_;
  net::WsServer server_;
  std::thread thread_;
  int connections_ = 0;
  std::string authorization_;
};

/// Standard output goes to `descriptor` while this lives.
class Redirected {
 public:
  explicit Redirected(int descriptor) : saved_(::dup(STDOUT_FILENO)) {
    std::cout.flush();  // what the test's own report has written so far
    ::dup2(descriptor, STDOUT_FILENO);
  }
  ~Redirected() {
    ::dup2(saved_, STDOUT_FILENO);
    ::close(saved_);
  }
  Redirected(const Redirected&) = delete;
  Redirected& operator=(const Redirected&) = delete;

 private:
  int saved_;
};

struct Outcome {
  int status = -1;
  std::string output;
};

/// Runs the watcher with standard output on `writer` and collects what comes out of `reader`.
Outcome run_on(int reader, int writer, const WatchOptions& options) {
  Outcome outcome;
  std::thread collector([&] {
    char block[4096];
    for (ssize_t count = 0; (count = ::read(reader, block, sizeof block)) > 0;) outcome.output.append(block, static_cast<std::size_t>(count));
  });
  {
    const Redirected redirected(writer);
    ::close(writer);
    outcome.status = run_watch(options);
  }
  collector.join();
  ::close(reader);
  return outcome;
}

Outcome run_piped(const WatchOptions& options) {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  return run_on(ends[0], ends[1], options);
}

TEST_CASE("watch: piped, every message comes out as received, one a line") {
  const std::string first = trade("BINANCE:BTCUSDT", 1, "84551.01");
  FakeGateway gateway([&](net::WsConnection& connection, std::string_view request, int) {
    CHECK(request == R"({"op":"subscribe","channels":["ticker","quote","trade"],"symbols":["BINANCE:BTCUSDT"]})");
    connection.send_text(result("BINANCE:BTCUSDT", "trade", R"("state":"live")"));
    connection.send_text(first);
    connection.close(4050, "shutting down");
    ::kill(::getpid(), SIGINT);
  });
  const Outcome outcome = run_piped({gateway.url(), "secret", {}, {"BINANCE:BTCUSDT"}});
  CHECK(outcome.status == 0);
  const std::string expected = std::string(kWelcome) + "\n" + result("BINANCE:BTCUSDT", "trade", R"("state":"live")") + "\n" + first + "\n";
  // The signal may overtake the socket, but what comes out is whole lines, in order.
  CHECK(expected.starts_with(outcome.output));
  CHECK(gateway.authorization() == "Bearer secret");
}

TEST_CASE("watch: with --allow-delayed, delayed data is asked for") {
  FakeGateway gateway([&](net::WsConnection&, std::string_view request, int) {
    CHECK(request == R"({"op":"subscribe","channels":["quote"],"symbols":["A:B"],"options":{"allow_delayed":true}})");
    ::kill(::getpid(), SIGINT);
  });
  CHECK(run_piped({gateway.url(), "", {"quote"}, {"A:B"}, true}).status == 0);
}

TEST_CASE("watch: a lost connection is made again, and everything is asked for again") {
  std::atomic<int> requests = 0;  // the gateway's thread counts
  FakeGateway gateway([&](net::WsConnection& connection, std::string_view request, int number) {
    CHECK(request == R"({"op":"subscribe","channels":["trade"],"symbols":["A:B"]})");
    ++requests;
    if (number == 1) return connection.cut();
    ::kill(::getpid(), SIGTERM);
  });
  CHECK(run_piped({gateway.url(), "", {"trade"}, {"A:B"}}).status == 0);
  CHECK(requests.load() == 2);
}

TEST_CASE("watch: a symbol that the gateway does not know yet is asked for again") {
  std::atomic<int> requests = 0;  // the gateway's thread counts
  FakeGateway gateway([&](net::WsConnection& connection, std::string_view, int) {
    if (++requests == 1) return connection.send_text(result("A:B", "trade", R"("state":"failed","code":4011,"message":"unknown","hint":"wait")"));
    ::kill(::getpid(), SIGINT);
  });
  CHECK(run_piped({gateway.url(), "", {"trade"}, {"A:B"}}).status == 0);
  CHECK(requests.load() == 2);
}

TEST_CASE("watch: a refusal for good ends it with an error") {
  FakeGateway gateway([](net::WsConnection&, std::string_view, int) {});
  gateway.refuse_with = 403;
  CHECK(run_piped({gateway.url(), "", {"trade"}, {"A:B"}}).status == 1);
  FakeGateway strict([](net::WsConnection& connection, std::string_view, int) { connection.close(4001, "login missing"); });
  CHECK(run_piped({strict.url(), "", {"trade"}, {"A:B"}}).status == 1);
}

TEST_CASE("watch: over TLS, an authority in a file is trusted, and one that cannot be read is refused") {
  const tidegate::test::TemporaryFolder folder;
  net::test::Authority authority(folder.path());
  const auto files = authority.issue("DNS:localhost,IP:127.0.0.1");
  net::WsServerOptions server;
  server.tls = {files.certificate, files.key};
  FakeGateway gateway([](net::WsConnection&, std::string_view, int) { ::kill(::getpid(), SIGINT); }, server);
  WatchOptions options{"wss://" + gateway.url(), "secret", {"quote"}, {"A:B"}};
  options.ca_file = authority.certificate_file();
  CHECK(run_piped(options).status == 0);
  CHECK(gateway.authorization() == "Bearer secret");
  options.ca_file = "none.pem";
  CHECK(run_piped(options).status == 2);
}

TEST_CASE("watch: without symbols it says how it is used") { CHECK(run_watch({}) == 2); }

TEST_CASE("watch: a reader that goes away ends it quietly") {
  FakeGateway gateway([](net::WsConnection& connection, std::string_view, int) { connection.send_text(trade("A:B", 1, "1")); });
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  ::close(ends[0]);
  const Redirected redirected(ends[1]);
  ::close(ends[1]);
  CHECK(run_watch({gateway.url(), "", {"trade"}, {"A:B"}}) == 0);
}

TEST_CASE("watch: on a terminal it paints a table in place, and gives the terminal back") {
  ::setenv("TERM", "xterm", 1);
  ::unsetenv("NO_COLOR");
  int master = -1;
  int slave = -1;
  winsize size{24, 100, 0, 0};
  REQUIRE(::openpty(&master, &slave, nullptr, nullptr, &size) == 0);
  std::string seen;
  FakeGateway gateway([](net::WsConnection& connection, std::string_view, int) {
    connection.send_text(trade("A:B", 1, "84551.01"));
    connection.send_text(trade("A:B", 2, "84551.02"));
  });
  Outcome outcome;
  std::thread collector([&] {
    char block[4096];
    bool told = false;
    for (ssize_t count = 0; (count = ::read(master, block, sizeof block)) > 0;) {
      outcome.output.append(block, static_cast<std::size_t>(count));
      if (!told && outcome.output.find("84551.02") != std::string::npos) {
        told = true;
        ::kill(::getpid(), SIGINT);
      }
    }
  });
  {
    const Redirected redirected(slave);
    ::close(slave);
    outcome.status = run_watch({gateway.url(), "", {"trade"}, {"A:B"}});
  }
  collector.join();
  ::close(master);
  CHECK(outcome.status == 0);
  const std::string& output = outcome.output;
  CHECK(output.starts_with("\x1b[?1049h"));
  const std::size_t left = output.find("\x1b[?25h\x1b[?1049l");
  REQUIRE(left != std::string::npos);
  const std::string after = output.substr(left + 14);
  CHECK(after.find("84551.02") != std::string::npos);  // the last table stays
  CHECK(after.find('\x1b') == std::string::npos);
}

}  // namespace
}  // namespace tidegate::watch::test
