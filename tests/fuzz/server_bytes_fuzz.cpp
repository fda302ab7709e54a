// Any bytes, in any segments, at the gateway's port: every connection ends, every opening has its closing, what the server sends is HTTP and frames
// as the standards write them, and a client that keeps the rules is served all the while.
//
// The first byte of an input chooses where it begins: 0 at a connection, 1 behind an upgrade, 2 behind an upgrade with every frame masked and its
// length set right, 3 at a port that speaks TLS, 4 as 2 behind an upgrade with compression agreed. The second is the size of the segments, of which
// there are a few at most; 0: one segment.
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/net/event_loop.hpp"
#include "gateway/net/ws_server.hpp"
#include "tools/common/throwaway_certificate.hpp"

namespace {

using namespace tidegate;

void require(bool truth, const char* what) {
  if (truth) return;
  std::fprintf(stderr, "server_bytes_fuzz: %s\n", what);
  std::abort();
}

constexpr std::string_view kUpgrade =
    "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n";
constexpr std::string_view kUpgradeWithCompression =
    "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
constexpr std::size_t kMessageMax = 4096;
constexpr std::size_t kInputMax = 16'384;
constexpr std::size_t kSegmentsMax = 16;
constexpr int kTurnsMax = 2000;
constexpr unsigned kBystanderEvery = 64;  // inputs

class Echo final : public net::WsServerHandler {
 public:
  void on_http(const net::HttpRequest& request, net::HttpReply reply) override {
    require(!request.target.empty() && (request.target.front() == '/' || request.target == "*"), "a target that is no path");
    require(request.header("Host").find(',') == std::string_view::npos, "two hosts");
    static_cast<void>(request.query("token"));
    net::HttpResponse response;
    response.body = request.method + ' ' + std::to_string(request.body.size());
    reply(std::move(response));
  }
  int on_upgrade(const net::HttpRequest& request) override { return request.path() == "/refused" ? 403 : 101; }
  void on_open(net::WsConnection&) override { ++open; }
  void on_message(net::WsConnection& connection, std::string_view payload, bool binary) override {
    require(payload.size() <= kMessageMax, "a message over the limit");
    if (payload == "close") return connection.close(4000, "as you wish");
    if (payload == "cut") return connection.cut();
    if (payload == "pause") {
      paused_ = &connection;
      return connection.pause_reading(true);
    }
    if (binary) {
      connection.send_binary(payload);
    } else {
      connection.send_text(payload);
    }
  }
  void on_closed(net::WsConnection& connection, int, std::string_view) override {
    --open;
    if (paused_ == &connection) paused_ = nullptr;
  }
  /// While reading is paused, nobody sees that the peer is gone.
  void go_on() {
    if (paused_ != nullptr) paused_->pause_reading(false);
    paused_ = nullptr;
  }

  int open = 0;

 private:
  net::WsConnection* paused_ = nullptr;
};

/// One end of a socket pair whose other end a server has adopted. Never blocks.
class Client {
 public:
  explicit Client(net::WsServer& server) {
    int ends[2];
    require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0, "no socket pair");
    fd_ = ends[1];
    server.adopt(ends[0]);
  }
  ~Client() { close(); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  void no_more() const { ::shutdown(fd_, SHUT_WR); }
  void send(std::string_view bytes) const { static_cast<void>(!::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT)); }
  /// False once the server has closed.
  bool read() {
    char bytes[8192];
    for (;;) {
      const ssize_t count = ::recv(fd_, bytes, sizeof(bytes), MSG_DONTWAIT);
      if (count < 0) return errno == EAGAIN;
      if (count == 0) return false;
      received.append(bytes, static_cast<std::size_t>(count));
    }
  }

  std::string received;

 private:
  int fd_ = -1;
};

/// Whole frames of a server: unmasked, no reserved bits but that of a compressed message where there may be such, known opcodes, control frames short
/// and whole; then nothing, or the begin of one.
void check_frames(std::string_view bytes, bool compressed) {
  while (bytes.size() >= 2) {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    const unsigned opcode = at(0) & 0x0FU;
    const bool marked = compressed && opcode < 8 && (at(0) & 0xF0U) == 0xC0U;
    require(marked || (at(0) & 0xF0U) == 0x80U, "a frame in pieces or with reserved bits");
    require(opcode == 1 || opcode == 2 || (opcode >= 8 && opcode <= 10), "an unknown opcode");
    require((at(1) & 0x80U) == 0, "a masked frame");
    std::size_t size = at(1), header = 2;
    if (size >= 126) {
      const std::size_t length_bytes = size == 126 ? 2 : 8;
      require(opcode < 8, "a long control frame");
      if (bytes.size() < header + length_bytes) return;
      size = 0;
      for (std::size_t i = 0; i < length_bytes; ++i) size = size << 8U | at(header + i);
      header += length_bytes;
    }
    require(size <= kMessageMax, "an echo over the limit");
    if (bytes.size() < header + size) return;
    bytes.remove_prefix(header + size);
  }
}

void check_answer(std::string_view bytes, bool compressed) {
  if (bytes.empty()) return;
  require(bytes.substr(0, 9) == "HTTP/1.1 ", "an answer that is not HTTP");
  const std::size_t end = bytes.find("\r\n\r\n");
  require(end != std::string_view::npos, "half an answer");
  if (bytes.substr(9, 3) == "101") check_frames(bytes.substr(end + 4), compressed);
}

class Stage {
 public:
  Stage() {
    net::WsServerOptions secure = options();
    secure.tls = tools::throwaway_certificate();
    tls_ = std::make_unique<net::WsServer>(loop_, handler_, secure);
    require(tls_->listen("127.0.0.1", 0).empty() && plain_.listen("127.0.0.1", 0).empty(), "no port");
    open_bystander();
  }

  void run(std::uint8_t begin, std::size_t segment, std::string_view bytes) {
    {
      Client client(begin == 3 ? *tls_ : plain_);
      const bool whole_frames = begin == 2 || begin == 4;
      if (begin == 1 || begin == 2) client.send(kUpgrade);
      if (begin == 4) client.send(kUpgradeWithCompression);
      const std::string masked = whole_frames ? mask_frames(bytes) : std::string{};
      if (whole_frames) {
        bytes = masked;
        segment = std::max(segment, bytes.size() / kSegmentsMax + 1);
      }
      while (!bytes.empty()) {
        client.send(bytes.substr(0, segment));
        bytes.remove_prefix(std::min(segment, bytes.size()));
        loop_.poll();
        if (!client.read()) break;
      }
      client.no_more();
      for (int turn = 0; client.read() && turn < kTurnsMax; ++turn) {
        if (loop_.poll() == 0 && turn > 2) break;
      }
      if (begin != 3) check_answer(client.received, begin == 4);
    }
    for (int turn = 0; handler_.open > 1; ++turn) {
      require(turn < kTurnsMax, "a connection that does not end");
      handler_.go_on();
      loop_.run_for(std::chrono::milliseconds{1});
    }
    if (++inputs_ % kBystanderEvery == 0) check_bystander();
  }

 private:
  static net::WsServerOptions options() {
    net::WsServerOptions options;
    options.message_bytes_max = kMessageMax;
    options.http_body_bytes_max = kMessageMax;
    options.close_timeout = std::chrono::milliseconds{5};
    options.handshake_timeout = std::chrono::milliseconds{200};
    options.pending_connections_max = 64;
    options.compression.on = true;
    return options;
  }

  /// Frames whose first bytes are those of the input, whole and masked: [first byte, size, payload] again and again.
  static std::string mask_frames(std::string_view bytes) {
    std::string frames;
    while (bytes.size() >= 2) {
      const std::size_t size = std::min<std::size_t>(static_cast<unsigned char>(bytes[1]), bytes.size() - 2);
      frames += bytes[0];
      if (size < 126) {
        frames += static_cast<char>(0x80U | size);
      } else {
        frames.append("\xFE", 1).append(1, '\0').append(1, static_cast<char>(size));
      }
      frames.append(4, '\0').append(bytes.substr(2, size));  // a mask of zeros
      bytes.remove_prefix(2 + size);
    }
    return frames;
  }

  void open_bystander() {
    bystander_ = std::make_unique<Client>(plain_);
    bystander_->send(kUpgrade);
    for (int turn = 0; handler_.open == 0; ++turn) {
      require(turn < kTurnsMax, "the bystander is not let in");
      loop_.poll();
    }
  }

  void check_bystander() {
    bystander_->received.clear();
    bystander_->send(std::string_view("\x81\x82\0\0\0\0hi", 8));
    for (int turn = 0; bystander_->received.find("hi") == std::string::npos; ++turn) {
      require(bystander_->read() && turn < kTurnsMax, "the bystander is disturbed");
      loop_.poll();
    }
  }

  Echo handler_;
  net::EventLoop loop_;
  net::WsServer plain_{loop_, handler_, options()};
  std::unique_ptr<net::WsServer> tls_;
  std::unique_ptr<Client> bystander_;
  unsigned inputs_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static auto* const stage = new Stage;  // one for the process
  if (size < 2 || size > kInputMax) return 0;
  const std::size_t segment = data[1] == 0 ? size : std::max<std::size_t>(data[1], size / kSegmentsMax + 1);
  stage->run(data[0] % 5, segment, {reinterpret_cast<const char*>(data) + 2, size - 2});
  return 0;
}
