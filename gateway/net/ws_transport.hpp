// The transport under each server connection: websocketpp reads through it as ever, but its writes enter our outbox, next to shared frames,
// and leave with them. Internal to gateway/net.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <asio/post.hpp>
#include <cerrno>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/net/outbox.hpp"
#include "gateway/net/socket_write.hpp"
#include "gateway/net/tls_stream.hpp"
#include "gateway/net/ws_config.hpp"
#include "gateway/net/ws_server.hpp"
#include "gateway/net/ws_socket.hpp"

namespace tidegate::net::ws {

/// What a transport tells the connection it belongs to.
class TransportOwner {
 public:
  virtual void wants_flush() = 0;
  virtual void write_failed(const std::error_code& error) = 0;
  virtual void tls_failed() = 0;
  /// The socket is closed; nothing uses the connection any more but handlers that are already queued.
  virtual void transport_finished() = 0;

 protected:
  ~TransportOwner() = default;
};

/// The socket with the ways through which bytes come and go.
class OutboxTransport : public SocketTransport {
 public:
  using ptr = std::shared_ptr<OutboxTransport>;
  using websocketpp_read_handler = websocketpp::transport::read_handler;

  using SocketTransport::SocketTransport;

  ptr get_shared() { return std::static_pointer_cast<OutboxTransport>(shared_from_this()); }

  /// Once it has its socket.
  void set_owner(TransportOwner* owner, long linger_ms) {
    owner_ = owner;
    linger_ms_ = linger_ms;
    descriptor_ = socket().native_handle();
  }

  /// Every byte from now on passes through TLS. Before anything is read.
  void use_tls(const TlsContext& context) { tls_ = std::make_unique<TlsStream>(context, socket().native_handle()); }

  // --- what websocketpp calls ---

  /// At least one byte, which is all that websocketpp ever asks for. It passes its frame reader as an lvalue that lives as long as the connection:
  /// kept by address, not copied for every read.
  void async_read_at_least(std::size_t, char* to, std::size_t room, const websocketpp_read_handler& handler) {
    frame_reader_ = &handler;
    read(to, room);
  }
  void async_read_at_least(std::size_t, char* to, std::size_t room, websocketpp_read_handler&& handler) {
    handshake_reader_ = std::move(handler);
    frame_reader_ = nullptr;
    read(to, room);
  }

  /// The answer to an upgrade counts as written once it stands in the outbox: what the owner says first leaves together with it.
  void async_write(const char* bytes, std::size_t size, websocketpp::transport::write_handler handler) {
    const std::string_view answer(bytes, size);
    if (shut_ || on_hold_ || answer.substr(0, kUpgraded.size()) != kUpgraded) return enqueue(answer, std::move(handler));
    const auto kept = std::make_shared<const std::string>(answer);  // websocketpp forgets it
    enqueue(*kept, [kept](const std::error_code&) {});
    handler({});  // from inside the call: this is the last thing that websocketpp does with a request
  }
  void async_write(const std::vector<websocketpp::transport::buffer>& buffers, websocketpp::transport::write_handler handler) {
    for (const auto& buffer : buffers) {
      if (buffer.len != 0 && !shut_) outbox_.push(std::string_view(buffer.buf, buffer.len), nullptr);
    }
    enqueue({}, std::move(handler));  // an empty piece: done once everything before it has left
  }

  /// Ends the connection: after everything was written, by FIN and a wait for the peer's, so that it can read our close frame; otherwise,
  /// or when asked to cut, by RST. The callback is posted.
  void async_shutdown(websocketpp::transport::shutdown_handler callback) {
    asio::post(executor(), [self = get_shared(), callback = std::move(callback)] { callback({}); });
    if (std::exchange(shut_, true)) return;
    if (cut_ || !outbox_.empty()) {
      asio::error_code ignored;
      socket().set_option(asio::socket_base::linger(true, 0), ignored);
      finish();
      return;
    }
    if (tls_) tls_->end();
    asio::error_code ignored;
    socket().shutdown(asio::socket_base::shutdown_send, ignored);
    linger_timer_ = set_timer(linger_ms_, [this](const websocketpp::lib::error_code& error) {
      if (!error) finish();
    });
    if (std::exchange(held_, false) || !reading_) drain();
  }

  // --- what the connection calls ---

  void send(const FrameRef& frame) {
    if (shut_) return;
    outbox_.push(frame);
    mark_dirty();
  }

  /// A plain socket has begun with nothing but what the outbox knows of, TLS with what is in a record.
  void take_back(const Outbox::Dropped& dropped) { outbox_.drop_unsent(in_record_, dropped); }

  [[nodiscard]] std::size_t outbox_bytes() const { return outbox_.bytes(); }
  [[nodiscard]] std::uint64_t outbox_taken() const { return outbox_.taken(); }
  [[nodiscard]] bool blocked() const { return blocked_; }
  void cut_when_shut() { cut_ = true; }

  /// Writes nothing any more. Before anything was written only.
  void mute() { blocked_ = on_hold_ = true; }

  /// Writes nothing for so long. Before anything was written only.
  void hold(long delay_ms) {
    blocked_ = true;
    on_hold_ = true;
    // The timer's handler keeps the connection alive.
    set_timer(delay_ms, [this](const websocketpp::lib::error_code& error) {
      if (error || shut_) return;
      blocked_ = false;
      on_hold_ = false;
      mark_dirty();
    });
  }

  /// Frames already read are still delivered; a read that completes meanwhile is held until reading goes on.
  void pause(bool pause) {
    paused_ = pause;
    if (paused_ || !held_) return;
    asio::post(executor(), [self = get_shared(), this] {
      if (!paused_ && std::exchange(held_, false)) deliver(held_error_, held_bytes_);
    });
  }

  /// Where what a turn touches begins.
  [[nodiscard]] const void* touched_ahead() const { return &owner_; }
  /// Has the processor fetch what begin_write() reads, and then what that leads to.
  void fetch_ahead() const {
    __builtin_prefetch(&owner_);
    __builtin_prefetch(&finished_);
  }
  void fetch_queue_ahead() const { outbox_.prefetch(); }

  /// A flush has three steps, of which the second, the job itself, may be done on another thread while this one waits for it. False: there is nothing
  /// to do now.
  [[nodiscard]] bool begin_write(WriteJob& job) {
    dirty_ = false;
    if (blocked_ || shut_ || outbox_.empty()) return false;
    job = job_at_hand();
    return true;
  }
  /// Goes on by itself when a full socket takes more.
  void end_write(const SocketWrite& written, WsServerTotals& totals) {
    std::vector<Outbox::Done> due;
    totals.writes += written.calls;
    totals.bytes += written.bytes;
    outbox_.consume(written.bytes, due);
    // A record that the socket did not take stays as it was made: what it holds has begun to leave.
    if (written.bytes > 0 || in_record_ == 0) in_record_ = static_cast<std::uint16_t>(written.in_record);
    if (written.error) owner_->write_failed(written.error);
    if (written.full) wait_until_writable();
    complete(due, {});
  }

  /// Writes what the socket takes at this moment, in the middle of a turn too: a socket that was full may have room again.
  void write(WsServerTotals& totals) {
    if (on_hold_ || shut_ || outbox_.empty()) return;
    WriteJob job = job_at_hand();
    write_waiting(job);
    end_write(job.written, totals);
  }

  /// Closes the socket now. Safe to call again.
  void finish() {
    if (std::exchange(finished_, true)) return;
    shut_ = true;
    asio::error_code ignored;
    socket().close(ignored);
    descriptor_ = -1;
    if (linger_timer_) linger_timer_->cancel();
    linger_timer_.reset();
    handshake_reader_ = nullptr;  // it holds this connection
    std::vector<Outbox::Done> due;
    outbox_.clear(due);
    complete(due, websocketpp::transport::error::make_error_code(websocketpp::transport::error::operation_aborted));
    if (owner_ != nullptr) owner_->transport_finished();
  }

 private:
  [[nodiscard]] WriteJob job_at_hand() const { return {descriptor_, &outbox_, tls_.get(), {}}; }

  static_assert(TlsStream::kRecordBytes <= std::numeric_limits<std::uint16_t>::max());
  static constexpr std::string_view kUpgraded = "HTTP/1.1 101";
  static constexpr std::string_view kUseTls =
      "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 41\r\nConnection: close\r\n\r\n"
      "this port speaks TLS: use https and wss\r\n";

  void read(char* to, std::size_t room) {
    if (shut_) return drain();
    reading_ = true;
    if (tls_) return read_records(to, room);
    socket().async_read_some(asio::buffer(to, room), [self = get_shared(), this](const asio::error_code& error, std::size_t count) {
      using websocketpp::transport::error::make_error_code;
      read_ended(error == asio::error::eof ? make_error_code(websocketpp::transport::error::eof) : error, count);
    });
  }

  void read_ended(const websocketpp::lib::error_code& error, std::size_t count) {
    reading_ = false;
    if (shut_) return drain();
    if (paused_) {
      held_ = true;
      held_error_ = error;
      held_bytes_ = count;
      return;
    }
    deliver(error, count);
  }

  // --- the same through TLS ---

  /// Never from inside the call: websocketpp sets its state after it.
  void read_records(char* to, std::size_t room) {
    if (tls_->has_pending()) {
      asio::post(executor(), [self = get_shared(), this, to, room] { read_record(to, room); });
    } else {
      read_record_after(asio::socket_base::wait_read, to, room);
    }
  }

  void read_record_after(asio::socket_base::wait_type what, char* to, std::size_t room) {
    socket().async_wait(what, [self = get_shared(), this, to, room](const asio::error_code&) { read_record(to, room); });
  }

  void read_record(char* to, std::size_t room) {
    using websocketpp::transport::error::make_error_code;
    if (shut_) return read_ended({}, 0);
    const TlsStream::Step step = tls_->read(to, room);
    switch (step.next) {
      case TlsStream::Next::Ready:
        return read_ended({}, step.bytes);
      case TlsStream::Next::WaitRead:
        return read_record_after(asio::socket_base::wait_read, to, room);
      case TlsStream::Next::WaitWrite:
        return read_record_after(asio::socket_base::wait_write, to, room);
      case TlsStream::Next::Closed:
        return read_ended(make_error_code(websocketpp::transport::error::eof), 0);
      case TlsStream::Next::PlainHttp:
        send_plain(kUseTls);
        [[fallthrough]];
      case TlsStream::Next::Failed:
        owner_->tls_failed();
        return read_ended(make_error_code(websocketpp::transport::error::tls_error), 0);
    }
  }

  /// Past TLS, to a client that does not speak it; what the socket does not take at once is lost.
  void send_plain(std::string_view answer) { static_cast<void>(!::send(descriptor_, answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT)); }

  // --- both ---

  void deliver(const websocketpp::lib::error_code& error, std::size_t count) {
    if (shut_) return;
    if (frame_reader_ != nullptr) {
      (*frame_reader_)(error, count);
    } else {
      const auto reader = std::exchange(handshake_reader_, nullptr);
      if (reader) reader(error, count);
    }
  }

  void enqueue(std::string_view bytes, websocketpp::transport::write_handler handler) {
    if (shut_) {
      std::vector<Outbox::Done> due;
      due.push_back(std::move(handler));
      complete(due, websocketpp::transport::error::make_error_code(websocketpp::transport::error::operation_aborted));
      return;
    }
    outbox_.push(bytes, std::move(handler));
    mark_dirty();
  }

  void mark_dirty() {
    if (blocked_ || std::exchange(dirty_, true)) return;
    owner_->wants_flush();
  }

  void wait_until_writable() {
    if (std::exchange(blocked_, true)) return;  // waits already
    socket().async_wait(asio::socket_base::wait_write, [self = get_shared(), this](const asio::error_code& error) {
      blocked_ = false;
      // Written at the end of this turn, together with what it still brings.
      if (!error && !shut_) mark_dirty();
    });
  }

  // Never from inside async_write: websocketpp sets its state after that call.
  void complete(std::vector<Outbox::Done>& due, const std::error_code& error) {
    for (auto& done : due) {
      asio::post(executor(), [self = get_shared(), done = std::move(done), error] { done(error); });
    }
    due.clear();
  }

  /// Reads and forgets until the peer closes: closing with unread bytes would send RST, and might cost the peer our last frame.
  void drain() {
    if (finished_) return;
    socket().async_wait(asio::socket_base::wait_read, [self = get_shared(), this](const asio::error_code& error) {
      if (finished_) return;
      std::array<char, 4096> scrap;
      const ssize_t count = error ? 0 : ::recv(descriptor_, scrap.data(), scrap.size(), MSG_DONTWAIT);
      if (count > 0 || (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))) return drain();
      finish();
    });
  }

  const websocketpp_read_handler* frame_reader_ = nullptr;
  websocketpp_read_handler handshake_reader_;
  timer_ptr linger_timer_;
  long linger_ms_ = 0;
  websocketpp::lib::error_code held_error_;
  std::size_t held_bytes_ = 0;
  bool reading_ = false;  // websocketpp waits for bytes
  bool paused_ = false;
  bool held_ = false;  // a read completed while paused
  // Together, what each turn touches in each connection: with thousands of them it comes from far away.
  TransportOwner* owner_ = nullptr;
  std::unique_ptr<TlsStream> tls_;  // empty: plain bytes
  Outbox outbox_;
  int descriptor_ = -1;          // the socket's
  std::uint16_t in_record_ = 0;  // bytes of the outbox that are encrypted, and wait for room in the socket
  bool dirty_ = false;           // the owner knows that there is something to flush
  bool blocked_ = false;         // the socket was full
  bool on_hold_ = false;         // blocked on purpose
  bool cut_ = false;
  bool shut_ = false;      // nothing is queued or delivered any more
  bool finished_ = false;  // the socket is closed
};

}  // namespace tidegate::net::ws
