// The server's side of TLS over one socket that never blocks: plain bytes in and out, OpenSSL between. Internal to gateway/net.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "gateway/net/ws_server.hpp"

struct bio_st;
struct ssl_ctx_st;
struct ssl_st;

namespace tidegate::net {

/// Certificate, key and rules for connections to come. Those that are open keep what they began with.
class TlsContext {
 public:
  /// Null, and `problem` says why, when the files cannot be used.
  [[nodiscard]] static std::unique_ptr<TlsContext> load(const TlsFiles& files, std::string& problem);

  /// Seconds since 1970: when the certificate ends.
  [[nodiscard]] std::int64_t expires_unix_s() const;
  [[nodiscard]] ssl_ctx_st* get() const { return context_.get(); }

 private:
  struct Free {
    void operator()(ssl_ctx_st* context) const;
  };
  explicit TlsContext(ssl_ctx_st* context) : context_(context) {}

  std::unique_ptr<ssl_ctx_st, Free> context_;
};

class TlsStream {
 public:
  enum class Next : std::uint8_t {
    Ready,      // go on
    WaitRead,   // until the socket has bytes
    WaitWrite,  // until the socket takes bytes
    Closed,     // the peer has ended it
    Failed,     // what came is no sound TLS, or not one that we speak
    PlainHttp,  // what came is an HTTP request without TLS
  };
  struct Step {
    std::size_t bytes = 0;  // plain ones, of read and write
    Next next = Next::Ready;
  };

  /// `socket` stays its owner's, and open as long as this lives.
  TlsStream(const TlsContext& context, int socket);
  ~TlsStream();
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  /// The first reads are the handshake. After WaitRead or WaitWrite: again with whatever room.
  [[nodiscard]] Step read(char* to, std::size_t room);
  /// One record, of at most kRecordBytes. After WaitWrite: again with the same bytes, which may stand elsewhere and have more behind them.
  [[nodiscard]] Step write(const char* bytes, std::size_t size);
  /// Tells the peer that no more bytes come, when the socket has room for that.
  void end();
  /// Bytes that came wait inside: the socket would not say so.
  [[nodiscard]] bool has_pending() const;

  static constexpr std::size_t kRecordBytes = 16U << 10U;

 private:
  [[nodiscard]] Step outcome(int result, std::size_t bytes);

  ssl_st* ssl_;
  bool usable_ = true;
};

}  // namespace tidegate::net
