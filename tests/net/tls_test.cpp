// WsClient and HttpClient over TLS, against a server with a certificate made here.
#include <doctest/doctest.h>

#include <fstream>
#include <memory>
#include <string>

#include "gateway/net/http_client.hpp"
#include "tests/net/support.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tools/sim/common/tls_relay.hpp"

using namespace std::chrono_literals;
using namespace tidegate::net;
using namespace tidegate::net::test;

namespace {

/// A plain server behind TLS, with a certificate for "localhost" that is its own authority.
class Relay {
 public:
  explicit Relay(std::uint16_t to_port) : certificate_file_((folder_.path() / "certificate.pem").string()) {
    REQUIRE(relay_.make_certificate("DNS:localhost").empty());
    REQUIRE(relay_.listen("127.0.0.1", 0, to_port).empty());
    std::ofstream{certificate_file_} << relay_.certificate();
  }
  [[nodiscard]] std::uint16_t port() const { return relay_.port(); }
  [[nodiscard]] const std::string& certificate_file() const { return certificate_file_; }
  [[nodiscard]] std::string server_name() { return relay_.server_name(); }

 private:
  tidegate::test::TemporaryFolder folder_;
  std::string certificate_file_;
  tidegate::sim::TlsRelay relay_;
};

struct Fixture {
  [[nodiscard]] WsClosed connect(const TlsOptions& tls, const std::string& host) {
    WsClientOptions options;
    options.url = "wss://" + host + ":" + std::to_string(relay.port()) + "/ws";
    options.tls = tls;
    recorder = Recorder();
    client.connect(options);
    REQUIRE(run_until(loop, [&] { return recorder.opened || recorder.closed_count > 0; }));
    return recorder.closed;
  }

  EventLoop loop;
  EchoServer echo{loop};
  Relay relay{echo.server.port()};
  Recorder recorder;
  WsClient client{loop, recorder};
};

}  // namespace

TEST_CASE("tls: a certificate of an unknown authority is refused, with words") {
  Fixture tls;
  const WsClosed closed = tls.connect({}, "localhost");
  CHECK_FALSE(tls.recorder.opened);
  CHECK(closed.reason.find("certificate") != std::string::npos);
  CHECK(closed.http_status == 0);
}

TEST_CASE("tls: with ca_file the connection opens, and messages pass") {
  Fixture tls;
  TlsOptions options;
  options.ca_file = tls.relay.certificate_file();
  const WsClosed closed = tls.connect(options, "localhost");
  REQUIRE_MESSAGE(tls.recorder.opened, closed.reason);
  const std::string big(1000, 'x');
  for (int i = 0; i < 50; ++i) tls.client.send_text(big);
  REQUIRE(run_until(tls.loop, [&] { return tls.recorder.messages.size() == 50; }));
  CHECK(tls.recorder.messages[49] == big);
  CHECK(tls.relay.server_name() == "localhost");
  tls.echo.connections.at(0)->close(4000, "over tls");
  REQUIRE(run_until(tls.loop, [&] { return tls.recorder.closed_count == 1; }));
  CHECK(tls.recorder.closed.code == 4000);
}

TEST_CASE("tls: a certificate for another name is refused") {
  Fixture tls;
  TlsOptions options;
  options.ca_file = tls.relay.certificate_file();
  static_cast<void>(tls.connect(options, "127.0.0.1"));
  CHECK_FALSE(tls.recorder.opened);
}

TEST_CASE("tls: with verify off any certificate does") {
  Fixture tls;
  TlsOptions options;
  options.verify = false;
  const WsClosed closed = tls.connect(options, "127.0.0.1");
  CHECK_MESSAGE(tls.recorder.opened, closed.reason);
}

TEST_CASE("tls: a ca_file that cannot be read is said so") {
  Fixture tls;
  TlsOptions options;
  options.ca_file = "no such file.pem";
  const WsClosed closed = tls.connect(options, "localhost");
  CHECK(closed.reason.find("no such file.pem") != std::string::npos);
}

TEST_CASE("tls: a server that does not speak TLS fails the attempt") {
  Fixture tls;
  WsClientOptions options;
  options.url = "wss://localhost:" + std::to_string(tls.echo.server.port()) + "/";
  options.handshake_timeout = 500ms;
  tls.client.connect(options);
  REQUIRE(run_until(tls.loop, [&] { return tls.recorder.closed_count == 1; }));
  CHECK_FALSE(tls.recorder.closed.opened);
}

TEST_CASE("tls: abort in the middle of the handshake brings no callback") {
  for (int turns = 0; turns < 10; ++turns) {
    Fixture tls;
    WsClientOptions options;
    options.url = "wss://localhost:" + std::to_string(tls.relay.port()) + "/";
    options.tls.verify = false;
    tls.client.connect(options);
    for (int i = 0; i < turns && !tls.recorder.opened; ++i) tls.loop.run_for(1ms);
    tls.client.abort();
    settle(tls.loop);
    CHECK(tls.recorder.closed_count == 0);
  }
}

TEST_CASE("tls: an HTTPS call obeys the same options") {
  Fixture tls;
  HttpClient client;
  const auto call = [&](const TlsOptions& options) {
    HttpCall wanted;
    wanted.url = "https://localhost:" + std::to_string(tls.relay.port()) + "/";
    wanted.tls = options;
    HttpAnswer answer;
    bool came = false;
    client.send(wanted, tls.loop, [&](HttpAnswer&& given) {
      answer = std::move(given);
      came = true;
    });
    REQUIRE(run_until(tls.loop, [&] { return came; }));
    return answer;
  };
  CHECK_FALSE(call({}).error.empty());
  TlsOptions trusting;
  trusting.verify = false;
  CHECK(call(trusting).status == 200);
  TlsOptions knowing;
  knowing.ca_file = tls.relay.certificate_file();
  CHECK(call(knowing).status == 200);
}
