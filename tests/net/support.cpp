#include "tests/net/support.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "tests/net/authority.hpp"
#include "tests/support/temporary_folder.hpp"

namespace tidegate::net::test {

using namespace std::chrono_literals;

bool run_until(EventLoop& loop, const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    loop.run_for(5ms);
  }
  return true;
}

void settle(EventLoop& loop) {
  for (int quiet = 0; quiet < 5;) {
    if (loop.run_for(5ms) == 0) ++quiet;
  }
}

namespace {

struct ServerCertificate {
  tidegate::test::TemporaryFolder folder;
  Authority authority{folder.path()};
  Authority::Files issued = authority.issue("DNS:localhost,IP:127.0.0.1");
  TlsFiles files{issued.certificate, issued.key};
  std::string authority_file = authority.certificate_file();
};

const ServerCertificate& made_once() {
  static const ServerCertificate made;
  return made;
}

}  // namespace

const TlsFiles& server_certificate() { return made_once().files; }
const std::string& server_authority() { return made_once().authority_file; }

WsServerOptions either_way(WsServerOptions options) {
  SUBCASE("plain") {}
  SUBCASE("over TLS") { options.tls = server_certificate(); }
  return options;
}

struct RawPeer::Tls {
  explicit Tls(int socket) {
    SSL_set_fd(ssl, socket);
    SSL_set_connect_state(ssl);
  }
  ~Tls() {
    SSL_free(ssl);
    SSL_CTX_free(context);
  }
  Tls(const Tls&) = delete;
  Tls& operator=(const Tls&) = delete;

  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL* ssl = SSL_new(context);
};

RawPeer::RawPeer(EchoServer& echo, int receive_buffer_bytes) : RawPeer(echo.server.port(), receive_buffer_bytes) {
  if (!echo.tls) return;
  tls_ = std::make_unique<Tls>(fd_);
  REQUIRE(run_until(echo.loop, [&] { return SSL_connect(tls_->ssl) == 1; }));
}

RawPeer::RawPeer(std::uint16_t port, int receive_buffer_bytes) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
  if (receive_buffer_bytes > 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof(receive_buffer_bytes));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) == 0);
  ::fcntl(fd_, F_SETFL, O_NONBLOCK);
}

RawPeer::~RawPeer() { close(); }

void RawPeer::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void RawPeer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent =
        tls_ ? SSL_write(tls_->ssl, bytes.data(), static_cast<int>(bytes.size())) : ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    REQUIRE(sent > 0);
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

/// As recv().
std::ptrdiff_t RawPeer::take(char* to, std::size_t room) {
  if (!tls_) return ::recv(fd_, to, room, 0);
  ERR_clear_error();
  errno = 0;
  const int count = SSL_read(tls_->ssl, to, static_cast<int>(room));
  if (count > 0) return count;
  const int error = SSL_get_error(tls_->ssl, count);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) errno = EAGAIN;
  return error == SSL_ERROR_ZERO_RETURN ? 0 : -1;
}

bool RawPeer::read() {
  std::array<char, 65536> buffer;
  while (!ended) {
    const std::ptrdiff_t count = take(buffer.data(), buffer.size());
    if (count > 0) {
      received.append(buffer.data(), static_cast<std::size_t>(count));
    } else if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      return true;
    } else {
      reset = count < 0;
      ended = true;
    }
  }
  return false;
}

void RawPeer::handshake(EventLoop& loop, std::string_view target) {
  send("GET " + std::string(target) +
       " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
       "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n");
  std::size_t end = std::string::npos;
  REQUIRE(run_until(loop, [&] {
    read();
    end = received.find("\r\n\r\n");
    return end != std::string::npos;
  }));
  REQUIRE(received.substr(0, 12) == "HTTP/1.1 101");
  received.erase(0, end + 4);
}

std::string client_frame(std::uint8_t first, std::string_view payload) {
  constexpr std::array<std::uint8_t, 4> kMask{0x12, 0x34, 0x56, 0x78};
  std::string frame(1, static_cast<char>(first));
  if (payload.size() < 126) {
    frame.push_back(static_cast<char>(0x80U | payload.size()));
  } else if (payload.size() <= 0xFFFF) {
    frame.push_back(static_cast<char>(0x80U | 126U));
    for (int shift = 8; shift >= 0; shift -= 8) frame.push_back(static_cast<char>(payload.size() >> shift));
  } else {
    frame.push_back(static_cast<char>(0x80U | 127U));
    for (int shift = 56; shift >= 0; shift -= 8) frame.push_back(static_cast<char>(payload.size() >> shift));
  }
  for (const std::uint8_t byte : kMask) frame.push_back(static_cast<char>(byte));
  for (std::size_t i = 0; i < payload.size(); ++i) frame.push_back(static_cast<char>(static_cast<std::uint8_t>(payload[i]) ^ kMask[i % 4]));
  return frame;
}

std::vector<ParsedFrame> take_frames(std::string& bytes) {
  std::vector<ParsedFrame> frames;
  std::size_t at = 0;
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
  while (bytes.size() - at >= 2) {
    std::size_t header = 2;
    std::size_t size = byte(at + 1);
    if (size >= 126) {
      const std::size_t length_bytes = size == 126 ? 2 : 8;
      header += length_bytes;
      if (bytes.size() - at < header) break;
      size = 0;
      for (std::size_t i = 0; i < length_bytes; ++i) size = size << 8U | byte(at + 2 + i);
    }
    if (bytes.size() - at - header < size || bytes.size() - at < header) break;
    frames.push_back({byte(at), bytes.substr(at + header, size)});
    at += header + size;
  }
  bytes.erase(0, at);
  return frames;
}

std::vector<ParsedFrame> read_frames(EventLoop& loop, RawPeer& peer, std::size_t count) {
  std::vector<ParsedFrame> frames;
  const bool came = run_until(loop, [&] {
    peer.read();
    for (ParsedFrame& frame : take_frames(peer.received)) frames.push_back(std::move(frame));
    return frames.size() >= count || peer.ended;
  });
  REQUIRE(came);
  return frames;
}

int close_code(EventLoop& loop, RawPeer& peer) {
  const auto frames = read_frames(loop, peer, 1);
  REQUIRE(frames.size() == 1);
  REQUIRE(frames[0].first == kClose);
  REQUIRE(frames[0].payload.size() >= 2);
  return static_cast<std::uint8_t>(frames[0].payload[0]) << 8 | static_cast<std::uint8_t>(frames[0].payload[1]);
}

std::string read_all(EventLoop& loop, RawPeer& peer) {
  REQUIRE(run_until(loop, [&] { return !peer.read(); }));
  return peer.received;
}

}  // namespace tidegate::net::test
