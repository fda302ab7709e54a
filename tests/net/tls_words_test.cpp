// What is said of a certificate or a server that will not do: the same by WsClient and HttpClient.
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <openssl/x509_vfy.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "gateway/net/http_client.hpp"
#include "gateway/net/tls_problem.hpp"
#include "tests/net/authority.hpp"
#include "tests/net/support.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tools/sim/common/tls_relay.hpp"

using namespace std::chrono_literals;
using namespace tidegate::net;
using namespace tidegate::net::test;

namespace {

constexpr const char* kOpen = "";  // instead of a reason

/// A plain server, behind TLS as a test has it, and both clients.
struct Both {
  /// `set_up` gives the relay its certificate.
  explicit Both(const std::function<std::string(tidegate::sim::TlsRelay&)>& set_up) {
    const std::string problem = set_up(relay);
    REQUIRE_MESSAGE(problem.empty(), problem);
    REQUIRE(relay.listen("127.0.0.1", 0, echo.server.port()).empty());
  }
  Both() : Both([](tidegate::sim::TlsRelay& to) { return to.make_certificate("DNS:localhost,IP:127.0.0.1"); }) {}

  /// By name: 127.0.0.1 for "localhost", too.
  std::string ws(const TlsOptions& tls, const std::string& address, const std::string& scheme = "wss") {
    WsClientOptions options;
    options.url = scheme + "://" + address + "/?oauth_token=verysecret";
    options.tls = tls;
    Recorder recorder;
    WsClient client{loop, recorder};
    client.connect(options);
    REQUIRE(run_until(loop, [&] { return recorder.opened || recorder.closed_count > 0; }));
    return recorder.opened ? kOpen : recorder.closed.reason;
  }
  std::string http(const TlsOptions& tls, const std::string& address, const std::string& scheme = "https") {
    HttpCall call;
    call.url = scheme + "://" + address + "/?oauth_token=verysecret";
    call.tls = tls;
    HttpAnswer answer;
    bool came = false;
    client.send(call, loop, [&](HttpAnswer&& given) {
      answer = std::move(given);
      came = true;
    });
    REQUIRE(run_until(loop, [&] { return came; }));
    return answer.error;
  }
  /// What both say; the test fails when they differ, or tell the URL.
  std::string say(const TlsOptions& tls, const std::string& host = "localhost") {
    const std::string address = host + ":" + std::to_string(relay.port());
    const std::string words = ws(tls, address);
    CHECK(http(tls, address) == words);
    CHECK(words.find("verysecret") == std::string::npos);
    return words;
  }

  EventLoop loop;
  EchoServer echo{loop};
  tidegate::sim::TlsRelay relay;
  HttpClient client;
};

/// Accepts, takes the first bytes, answers with the same each time and closes.
class OneAnswer {
 public:
  explicit OneAnswer(std::string answer) : answer_(std::move(answer)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(at);
    REQUIRE(::bind(listener_, reinterpret_cast<const sockaddr*>(&at), size) == 0);
    REQUIRE(::listen(listener_, 8) == 0);
    REQUIRE(::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size) == 0);
    port_ = ntohs(at.sin_port);
    thread_ = std::thread([this] {
      for (int peer = 0; (peer = ::accept(listener_, nullptr, nullptr)) >= 0; ::close(peer)) {
        char bytes[4096];
        static_cast<void>(::recv(peer, bytes, sizeof(bytes), 0));
        static_cast<void>(::send(peer, answer_.data(), answer_.size(), MSG_NOSIGNAL));
      }
    });
  }
  ~OneAnswer() {
    ::shutdown(listener_, SHUT_RDWR);  // ends accept()
    thread_.join();
    ::close(listener_);
  }
  OneAnswer(const OneAnswer&) = delete;
  OneAnswer& operator=(const OneAnswer&) = delete;
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  const std::string answer_;
  int listener_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

TlsOptions trusting(const std::string& ca_file) {
  TlsOptions out;
  out.ca_file = ca_file;
  return out;
}

TlsOptions careless() {
  TlsOptions out;
  out.verify = false;
  return out;
}

/// A relay with a certificate of an authority.
std::function<std::string(tidegate::sim::TlsRelay&)> with(const Authority::Files& files) {
  return [files](tidegate::sim::TlsRelay& relay) { return relay.load_certificate(files.certificate, files.key); };
}

}  // namespace

TEST_CASE("tls words: a self-signed certificate is refused until it is named, or nothing is verified") {
  const tidegate::test::TemporaryFolder folder;
  Both both;
  CHECK(both.say({}) == "self-signed certificate; name it in tls.ca_file, or set tls.verify: false");
  std::ofstream{folder.path() / "own.pem"} << both.relay.certificate();
  CHECK(both.say(trusting((folder.path() / "own.pem").string())) == kOpen);
  CHECK(both.say(careless()) == kOpen);
  Authority other{folder.path()};
  CHECK(both.say(trusting(other.certificate_file())) == "self-signed certificate; name it in tls.ca_file, or set tls.verify: false");
}

TEST_CASE("tls words: a certificate of an authority passes with that authority and no other") {
  const tidegate::test::TemporaryFolder folder, other_folder;
  Authority authority{folder.path()}, other{other_folder.path()};
  Both both{with(authority.issue("DNS:localhost"))};
  CHECK(both.say({}) == "unknown authority; name its certificate in tls.ca_file, or set tls.verify: false");
  CHECK(both.say(trusting(authority.certificate_file())) == kOpen);
  CHECK(both.say(careless()) == kOpen);
  // Another one of the same name, whose signature it is not.
  CHECK(both.say(trusting(other.certificate_file())) == "unknown authority; name its certificate in tls.ca_file, or set tls.verify: false");
}

TEST_CASE("tls words: a certificate of another name or address is refused by what it lacks") {
  const tidegate::test::TemporaryFolder folder;
  Authority authority{folder.path()};
  const TlsOptions trust = trusting(authority.certificate_file());
  constexpr const char* kWords = "certificate of another name; use it in ws_url/rest_url, or set tls.verify: false";
  Both named{with(authority.issue("DNS:broker.example"))};
  CHECK(named.say(trust) == kWords);
  CHECK(named.say(trust, "127.0.0.1") == kWords);
  CHECK(named.say(careless()) == kOpen);
  Both addressed{with(authority.issue("IP:127.0.0.1"))};
  CHECK(addressed.say(trust) == kWords);
  CHECK(addressed.say(trust, "127.0.0.1") == kOpen);
}

TEST_CASE("tls words: an expired certificate is refused, and one that is not valid yet") {
  const tidegate::test::TemporaryFolder folder;
  Authority authority{folder.path()};
  const TlsOptions trust = trusting(authority.certificate_file());
  Both expired{with(authority.issue("DNS:localhost", -7200, -60))};
  CHECK(expired.say(trust) == "expired certificate; have the server renew it, or set tls.verify: false");
  CHECK(expired.say(careless()) == kOpen);
  Both early{with(authority.issue("DNS:localhost", 3600, 7200))};
  CHECK(early.say(trust) == "certificate that is not valid yet; set this machine's clock, or have the server renew it");
}

TEST_CASE("tls words: a connection that verifies nothing changes none that does, to the same server") {
  Both both;
  const std::string address = "localhost:" + std::to_string(both.relay.port());
  for (int i = 0; i < 3; ++i) {
    CHECK(both.http(careless(), address) == kOpen);
    CHECK(both.http({}, address) == "self-signed certificate; name it in tls.ca_file, or set tls.verify: false");
    CHECK(both.ws(careless(), address) == kOpen);
    CHECK(both.ws({}, address) == "self-signed certificate; name it in tls.ca_file, or set tls.verify: false");
  }
}

TEST_CASE("tls words: a file of authorities that is gone or damaged is said so") {
  const tidegate::test::TemporaryFolder folder;
  Both both;
  const std::string file = (folder.path() / "ca.pem").string();
  CHECK(both.say(trusting(file)) == "tls.ca_file " + file + " cannot be read (No such file or directory); correct the path or its permissions");
  std::ofstream{file} << "nothing of the kind\n";
  CHECK(both.say(trusting(file)).find("tls.ca_file " + file + " holds no certificate; give certificates in PEM") == 0);
  const std::string whole = both.relay.certificate();
  std::ofstream{file} << whole << whole.substr(0, whole.size() / 2) << "\n";
  CHECK(both.say(trusting(file)).find("tls.ca_file " + file + " holds a damaged certificate") == 0);
  std::ofstream{file} << "a comment\n" << whole << "\nanother\n" << whole;
  CHECK(both.say(trusting(file)) == kOpen);
}

TEST_CASE("tls words: a server without TLS, and one that speaks old versions only") {
  Both both;
  const OneAnswer plain{"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"};
  const std::string address = "localhost:" + std::to_string(plain.port());
  constexpr const char* kWords = "the server speaks no TLS here; correct the port, or write ws:// and http:// in ws_url and rest_url";
  CHECK(both.ws({}, address) == kWords);
  CHECK(both.http({}, address) == kWords);
  CHECK(both.ws(careless(), address) == kWords);
  CHECK(both.http(careless(), address) == kWords);
  Both old{[](tidegate::sim::TlsRelay& relay) {
    relay.speak_old_versions_only();
    return relay.make_certificate("DNS:localhost");
  }};
  CHECK(old.say(careless()) == "the server speaks no TLS 1.2 or newer; have it updated");
}

TEST_CASE("tls words: a server that hangs up in the handshake, or after a plain request") {
  Both both;
  const OneAnswer listener{""};
  const std::string address = "127.0.0.1:" + std::to_string(listener.port());
  constexpr const char* kWords = "the server hung up in the TLS handshake; does it speak TLS at the port in ws_url/rest_url?";
  CHECK(both.ws({}, address) == kWords);
  CHECK(both.http({}, address) == kWords);
  CHECK(both.ws({}, address, "ws") == plain_problem());
  CHECK(both.http({}, address, "http") == plain_problem());
  const OneAnswer alert{std::string("\x15\x03\x01\x00\x02\x02\x46", 7)};
  const std::string alerting = "127.0.0.1:" + std::to_string(alert.port());
  CHECK(both.ws({}, alerting, "ws") == plain_problem());
  CHECK(both.http({}, alerting, "http") == plain_problem());
}

TEST_CASE("tls words: plain HTTP asked of a port that speaks TLS") {
  Both both;
  const std::string address = "localhost:" + std::to_string(both.relay.port());
  constexpr const char* kWords = "no HTTP answer; where the server speaks TLS, write wss:// and https:// in ws_url and rest_url";
  CHECK(both.ws({}, address, "ws") == kWords);
  CHECK(both.http({}, address, "http") == kWords);
}

TEST_CASE("tls words: only for this machine the words propose to verify nothing") {
  for (const char* host : {"localhost", "127.0.0.1", "::1"}) CHECK(name_problem(host).find(", or set tls.verify: false") != std::string::npos);
  for (const char* host : {"api.ibkr.com", "10.0.0.1", "localhost.example", ""}) {
    CAPTURE(host);
    CHECK(name_problem(host).find("; tls.verify: false is only for a broker's gateway program on this machine") != std::string::npos);
  }
  CHECK(certificate_problem(X509_V_OK, "a").empty());
  CHECK(certificate_problem(X509_V_ERR_CERT_REVOKED, "a").find("certificate refused (certificate revoked); name a sound one in tls.ca_file") == 0);
}
