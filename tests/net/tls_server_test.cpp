// TLS at WsServer's own port: what it speaks, whom it refuses, and how its certificate is renewed.
#include <doctest/doctest.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/net/authority.hpp"
#include "tests/net/support.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace std::chrono_literals;
using namespace tidegate::net;
using namespace tidegate::net::test;

namespace {

WsServerOptions with_tls(WsServerOptions options = {}) {
  options.tls = server_certificate();
  return options;
}

/// A TLS client with settings of its own, its bytes carried to a RawPeer's socket by hand.
class Client {
 public:
  explicit Client(EchoServer& echo, const std::function<void(SSL_CTX*)>& set_up = {}) : echo_(echo), peer_(echo.server.port()) {
    if (set_up) set_up(context_.get());
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(ssl_.get());
  }

  /// Does `step` until it succeeds (true), fails or the server hangs up.
  bool run(const std::function<int()>& step) {
    bool done = false;
    const bool settled = run_until(echo_.loop, [&] {
      ERR_clear_error();
      const int result = step();
      const int error = result == 1 ? SSL_ERROR_NONE : SSL_get_error(ssl_.get(), result);
      done = result == 1;
      carry();
      return done || error == SSL_ERROR_SSL || (peer_.ended && BIO_ctrl_pending(SSL_get_rbio(ssl_.get())) == 0);
    });
    REQUIRE(settled);
    return done;
  }
  bool handshake() {
    return run([&] { return SSL_connect(ssl_.get()); });
  }
  /// An upgrade and an echo over it.
  bool talks() {
    const std::string request =
        "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n" +
        client_frame(kText, "hello");
    if (SSL_write(ssl_.get(), request.data(), static_cast<int>(request.size())) <= 0) return false;
    std::string got;
    return run([&] {
      char bytes[512];
      const int count = SSL_read(ssl_.get(), bytes, sizeof(bytes));
      if (count <= 0) return count;
      got.append(bytes, static_cast<std::size_t>(count));
      return got.find("hello") == std::string::npos ? -1 : 1;
    });
  }
  [[nodiscard]] SSL* ssl() const { return ssl_.get(); }

 private:
  void carry() {
    char bytes[4096];
    for (int count; (count = BIO_read(SSL_get_wbio(ssl_.get()), bytes, sizeof(bytes))) > 0;) {
      if (!peer_.ended) peer_.send({bytes, static_cast<std::size_t>(count)});
    }
    peer_.read();
    if (!peer_.received.empty()) BIO_write(SSL_get_rbio(ssl_.get()), peer_.received.data(), static_cast<int>(peer_.received.size()));
    peer_.received.clear();
  }

  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  EchoServer& echo_;
  RawPeer peer_;
  std::unique_ptr<SSL_CTX, Free> context_{SSL_CTX_new(TLS_client_method())};
  std::unique_ptr<SSL, Free> ssl_;
};

/// The public key in the certificate that a new client is shown.
std::string key_shown(EchoServer& echo) {
  Client client(echo);
  REQUIRE(client.handshake());
  unsigned char* bytes = nullptr;
  const int size = i2d_PUBKEY(X509_get0_pubkey(SSL_get0_peer_certificate(client.ssl())), &bytes);
  std::string key(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return key;
}

void only(SSL_CTX* context, int version) {
  SSL_CTX_set_security_level(context, 0);
  SSL_CTX_set_min_proto_version(context, version);
  SSL_CTX_set_max_proto_version(context, version);
}

std::string first_flight() {
  SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
  SSL* const ssl = SSL_new(context);
  BIO* const out = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl, BIO_new(BIO_s_mem()), out);
  SSL_set_connect_state(ssl);
  SSL_do_handshake(ssl);
  char bytes[2048];
  const int count = BIO_read(out, bytes, sizeof(bytes));
  SSL_free(ssl);
  SSL_CTX_free(context);
  return {bytes, static_cast<std::size_t>(count)};
}

}  // namespace

TEST_CASE("tls server: speaks TLS 1.3 with who can, and HTTP/1.1 is what it agrees on") {
  EventLoop loop;
  EchoServer echo(loop, with_tls());
  Client client(echo, [](SSL_CTX* context) {
    const unsigned char protocols[] = {2, 'h', '2', 8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    SSL_CTX_set_alpn_protos(context, protocols, sizeof(protocols));
  });
  REQUIRE(client.handshake());
  CHECK(SSL_version(client.ssl()) == TLS1_3_VERSION);
  const unsigned char* chosen = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(client.ssl(), &chosen, &size);
  CHECK(std::string(reinterpret_cast<const char*>(chosen), size) == "http/1.1");
  CHECK(client.talks());
  REQUIRE(echo.upgrades.size() == 1);
  CHECK(echo.upgrades[0].secure);
  CHECK(echo.server.totals().tls_failures == 0);
}

TEST_CASE("tls server: of TLS 1.2 only ECDHE with AEAD, no compression, no second handshake") {
  EventLoop loop;
  EchoServer echo(loop, with_tls());
  Client client(echo, [](SSL_CTX* context) { only(context, TLS1_2_VERSION); });
  REQUIRE(client.handshake());
  const SSL_CIPHER* const cipher = SSL_get_current_cipher(client.ssl());
  CHECK(SSL_CIPHER_get_kx_nid(cipher) == NID_kx_ecdhe);
  CHECK(SSL_CIPHER_is_aead(cipher) == 1);
  CHECK(SSL_get_current_compression(client.ssl()) == nullptr);
  CHECK(client.talks());
  SSL_renegotiate(client.ssl());
  CHECK_FALSE(client.run([&] { return SSL_do_handshake(client.ssl()); }));
}

TEST_CASE("tls server: what is too old or too weak is refused and counted") {
  EventLoop loop;
  EchoServer echo(loop, with_tls());
  const struct {
    const char* what;
    std::function<void(SSL_CTX*)> set_up;
  } cases[] = {
      {"TLS 1.1", [](SSL_CTX* context) { only(context, TLS1_1_VERSION); }},
      {"CBC",
       [](SSL_CTX* context) {
         only(context, TLS1_2_VERSION);
         SSL_CTX_set_cipher_list(context, "ECDHE-ECDSA-AES128-SHA256");
       }},
      {"another protocol than HTTP/1.1",
       [](SSL_CTX* context) {
         const unsigned char protocols[] = {2, 'h', '2'};
         SSL_CTX_set_alpn_protos(context, protocols, sizeof(protocols));
       }},
  };
  std::uint64_t failures = 0;
  for (const auto& one : cases) {
    CAPTURE(std::string(one.what));
    Client client(echo, one.set_up);
    CHECK_FALSE(client.handshake());
    CHECK(echo.server.totals().tls_failures == ++failures);
  }
}

TEST_CASE("tls server: a client that comes back resumes by its ticket") {
  EventLoop loop;
  EchoServer echo(loop, with_tls());
  Client first(echo);
  REQUIRE(first.handshake());
  REQUIRE(first.talks());  // tickets come behind the handshake
  SSL_SESSION* const session = SSL_get1_session(first.ssl());
  Client second(echo);
  SSL_set_session(second.ssl(), session);
  SSL_SESSION_free(session);
  REQUIRE(second.handshake());
  CHECK(SSL_session_reused(second.ssl()) == 1);
  CHECK(second.talks());
}

TEST_CASE("tls server: HTTP without TLS is told to use TLS, other bytes are cut; both are counted") {
  EventLoop loop;
  EchoServer echo(loop, with_tls());
  RawPeer bystander(echo);
  bystander.handshake(loop);
  RawPeer plain(echo.server.port());
  plain.send("GET /ws HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const std::string answer = read_all(loop, plain);
  CHECK(answer.find("HTTP/1.1 400 ") == 0);
  CHECK(answer.find("use https and wss") != std::string::npos);
  CHECK_FALSE(plain.reset);
  RawPeer garbage(echo.server.port());
  garbage.send(std::string(5000, 'g'));
  CHECK(read_all(loop, garbage).find("HTTP") == std::string::npos);
  CHECK(echo.server.totals().tls_failures == 2);
  bystander.send(client_frame(kText, "still here"));
  CHECK(read_frames(loop, bystander, 1).at(0).payload == "still here");
}

TEST_CASE("tls server: a handshake that breaks off, or brings no request, dies at the deadline") {
  WsServerOptions options;
  options.handshake_timeout = 50ms;
  EventLoop loop;
  EchoServer echo(loop, with_tls(options));
  const std::string hello = first_flight();
  REQUIRE(hello.size() > 100);
  std::uint64_t expired = 0;
  for (const std::size_t size : {std::size_t{0}, std::size_t{3}, std::size_t{60}, hello.size()}) {
    CAPTURE(size);
    RawPeer peer(echo.server.port());
    peer.send(hello.substr(0, size));
    read_all(loop, peer);
    CHECK(echo.server.totals().handshakes_expired == ++expired);
  }
  RawPeer silent(echo);
  CHECK(read_all(loop, silent).empty());
  CHECK(echo.server.totals().handshakes_expired == ++expired);
}

TEST_CASE("tls server: a damaged record ends its connection alone") {
  EventLoop loop;
  EchoServer echo(loop, with_tls());
  RawPeer bystander(echo);
  bystander.handshake(loop);
  Client client(echo);
  REQUIRE(client.handshake());
  REQUIRE(client.talks());
  const std::string record = std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'd');
  BIO_write(SSL_get_wbio(client.ssl()), record.data(), static_cast<int>(record.size()));
  CHECK_FALSE(client.run([&] {
    char byte = 0;
    return SSL_read(client.ssl(), &byte, 1);
  }));
  REQUIRE(run_until(loop, [&] { return echo.closed_count == 1; }));
  CHECK(echo.closed_code == 1006);
  CHECK(echo.server.totals().tls_failures == 1);
  bystander.send(client_frame(kText, "still here"));
  CHECK(read_frames(loop, bystander, 1).at(0).payload == "still here");
}

TEST_CASE("tls server: keys that change again and again do no harm") {
  EventLoop loop;
  EchoServer echo(loop, with_tls());
  Client client(echo, [](SSL_CTX* context) { only(context, TLS1_3_VERSION); });
  REQUIRE(client.handshake());
  for (int i = 0; i < 40; ++i) {
    REQUIRE(SSL_key_update(client.ssl(), SSL_KEY_UPDATE_REQUESTED) == 1);
    REQUIRE(client.run([&] { return SSL_do_handshake(client.ssl()); }));
  }
  CHECK(client.talks());
}

TEST_CASE("tls server: files that cannot be used are told, and nothing is served without them") {
  tidegate::test::TemporaryFolder folder;
  Authority authority(folder.path());
  const Authority::Files one = authority.issue("DNS:localhost");
  const Authority::Files other = authority.issue("DNS:localhost");
  const std::string locked = (folder.path() / "locked.pem").string();
  std::FILE* const to = std::fopen(locked.c_str(), "w");
  EVP_PKEY* const key = EVP_EC_gen("P-256");
  PEM_write_PKCS8PrivateKey(to, key, EVP_aes_256_cbc(), "word", 4, nullptr, nullptr);
  EVP_PKEY_free(key);
  std::fclose(to);
  const struct {
    TlsFiles files;
    std::string words;
  } cases[] = {
      {{one.certificate, other.key}, "the private key " + other.key + " cannot be used: key values mismatch"},
      {{"none.pem", one.key}, "the certificate none.pem cannot be used: "},
      {{one.key, one.key}, "the certificate " + one.key + " cannot be used: "},
      {{one.certificate, locked}, "the private key " + locked + " cannot be used: "},
      {{one.certificate, one.certificate}, "the private key " + one.certificate + " cannot be used: "},
  };
  EventLoop loop;
  EchoServer handler(loop);
  for (const auto& bad : cases) {
    WsServerOptions options;
    options.tls = bad.files;
    WsServer server(loop, handler, options);
    const std::string problem = server.listen("127.0.0.1", 0);
    CHECK_MESSAGE(problem.find(bad.words) == 0, problem);
    CHECK(server.port() == 0);
    CHECK(server.tls_expires_unix_s() == 0);
  }
}

TEST_CASE("tls server: a renewed certificate is shown to new clients, those that are connected stay, a bad one changes nothing") {
  tidegate::test::TemporaryFolder folder;
  Authority authority(folder.path());
  const Authority::Files first = authority.issue("DNS:localhost", -60, 3600);
  const Authority::Files second = authority.issue("DNS:localhost", -60, 7200);
  WsServerOptions options;
  options.tls = {(folder.path() / "live.pem").string(), (folder.path() / "live.key").string()};
  const auto put = [&](const Authority::Files& files) {
    constexpr auto kOver = std::filesystem::copy_options::overwrite_existing;
    std::filesystem::copy_file(files.certificate, options.tls.certificate, kOver);
    std::filesystem::copy_file(files.key, options.tls.private_key, kOver);
  };
  put(first);
  EventLoop loop;
  EchoServer echo(loop, options);
  const std::string before = key_shown(echo);
  const std::int64_t ends = echo.server.tls_expires_unix_s();
  CHECK(ends > 0);
  RawPeer connected(echo);
  connected.handshake(loop);

  put(second);
  CHECK(echo.server.reload_tls().empty());
  const std::string after = key_shown(echo);
  CHECK(before != after);
  CHECK(echo.server.tls_expires_unix_s() - ends >= 3590);
  CHECK(echo.server.tls_expires_unix_s() - ends <= 3660);

  std::ofstream{options.tls.private_key} << "nothing";
  CHECK(echo.server.reload_tls().find("the private key " + options.tls.private_key) == 0);
  CHECK(key_shown(echo) == after);
  connected.send(client_frame(kText, "still here"));
  CHECK(read_frames(loop, connected, 1).at(0).payload == "still here");
}
