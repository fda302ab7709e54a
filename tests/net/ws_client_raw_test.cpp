// WsClient against a server whose every byte the test decides: a broker's, or whoever sits in between.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <openssl/evp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "tests/net/support.hpp"

using namespace std::chrono_literals;
using namespace tidegate::net;
using namespace tidegate::net::test;

namespace {

/// RFC 6455, section 4.2.2: what a server answers to a key.
std::string accept_for(std::string key) {
  key += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  EVP_Digest(key.data(), key.size(), digest, &length, EVP_sha1(), nullptr);
  std::string text(64, '\0');
  text.resize(static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), digest, static_cast<int>(length))));
  return text;
}

/// Accepts one client, answers its upgrade, sends `bytes`, and keeps what comes back.
class RawServer {
 public:
  explicit RawServer(std::string bytes) : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)), bytes_(std::move(bytes)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    REQUIRE(::bind(listener_, reinterpret_cast<const sockaddr*>(&at), size) == 0);
    REQUIRE(::listen(listener_, 1) == 0);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size);
    url = "ws://127.0.0.1:" + std::to_string(ntohs(at.sin_port)) + "/";
  }
  ~RawServer() {
    ::close(listener_);
    if (client_ >= 0) ::close(client_);
  }
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  void turn() {
    if (client_ < 0) client_ = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK);
    char buffer[4'096];
    for (ssize_t got = 1; client_ >= 0 && got > 0;) {
      got = ::recv(client_, buffer, sizeof buffer, 0);
      if (got > 0) received_.append(buffer, static_cast<std::size_t>(got));
    }
    const std::string name = "Sec-WebSocket-Key: ";
    const std::size_t at = received_.find(name);
    if (answered_ || received_.find("\r\n\r\n") == std::string::npos || at == std::string::npos) return;
    answered_ = true;
    const std::string key = received_.substr(at + name.size(), received_.find("\r\n", at) - at - name.size());
    const std::string answer =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + accept_for(key) + "\r\n\r\n" +
        bytes_;
    REQUIRE(::send(client_, answer.data(), answer.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(answer.size()));
  }

  std::string url;

 private:
  int listener_;
  int client_ = -1;
  bool answered_ = false;
  std::string bytes_;
  std::string received_;
};

}  // namespace

TEST_CASE("websocket client: frames that no server may send end the connection, and nothing of them is delivered") {
  const struct {
    const char* what;
    std::string bytes;
  } cases[] = {
      {"a length of 2^64-1, which must not get around the limit of a message", std::string("\x82\x7F") + std::string(8, '\xFF') + "x"},
      {"a length of 2^63", std::string("\x82\x7F\x80") + std::string(7, '\0') + "x"},
      {"two pieces whose lengths add up to almost nothing", std::string("\x02\x01x\x80\x7F") + std::string(8, '\xFF') + "x"},
      {"a length of 2^62, beyond the limit of a message", std::string("\x82\x7F\x40") + std::string(7, '\0') + "x"},
      {"a length of two bytes that fits into one", std::string("\x82\x7E\x00\x01x", 5)},
      {"a length of eight bytes that fits into two", std::string("\x82\x7F\0\0\0\0\0\0\0\x01x", 11)},
      {"a message over the limit", std::string("\x82\x7E\x04\x01", 4) + std::string(1'025, 'x')},
      {"a masked frame", std::string("\x81\x81\0\0\0\0x", 7)},
      {"a reserved bit", std::string("\xC1\x01x")},
      {"text that is not UTF-8", std::string("\x81\x02\xC0\xAF")},
  };
  for (const auto& one : cases) {
    CAPTURE(one.what);
    EventLoop loop;
    RawServer server(one.bytes);
    Recorder recorder;
    WsClient client(loop, recorder);
    WsClientOptions options;
    options.url = server.url;
    options.message_bytes_max = 1'024;
    options.close_timeout = 50ms;  // this server answers no close frame
    client.connect(options);
    REQUIRE(run_until(loop, [&] {
      server.turn();
      return recorder.closed_count == 1;
    }));
    CHECK(recorder.opened);
    CHECK(recorder.messages.empty());
  }
}
