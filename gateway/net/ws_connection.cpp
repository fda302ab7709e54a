#include "gateway/net/ws_connection.hpp"

#include <algorithm>
#include <utility>

namespace tidegate::net {
namespace {

constexpr std::uint8_t kPing = 9;
constexpr std::uint8_t kPong = 10;
// A peer that pings and never reads may have so many pongs in its outbox; later pings go unanswered until the socket takes bytes again.
constexpr unsigned kPongsWaitingMax = 16;

std::error_code cancelled() { return std::make_error_code(std::errc::operation_canceled); }

std::string address_text(const ws::ServerSocket& socket) {
  asio::error_code error;
  const auto peer = socket.remote_endpoint(error);
  const int family = peer.data()->sa_family;
  if (error || (family != AF_INET && family != AF_INET6)) return {};  // an adopted socket may be of another kind
  const asio::ip::address address = peer.address();
  // An IPv4 peer of a socket that listens for both.
  if (address.is_v6() && address.to_v6().is_v4_mapped()) return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
  return address.to_string();
}

}  // namespace

/// One HTTP request that waits for its answer. Dropped unanswered, its client sees the connection end.
struct PendingReply {
  explicit PendingReply(const std::shared_ptr<ServerLink>& waiting) : link(waiting) {}
  PendingReply(const PendingReply&) = delete;
  PendingReply& operator=(const PendingReply&) = delete;
  ~PendingReply() {
    if (const auto waiting = link.lock()) waiting->terminate(cancelled());
  }

  void answer(HttpResponse&& response) {
    const auto waiting = link.lock();
    link.reset();  // a second answer finds nothing
    if (waiting) waiting->answer(std::move(response));
  }

  std::weak_ptr<ServerLink> link;  // weak: a reply that is kept too long must not keep a socket of a loop that is gone
};

void ServerLink::start(const std::shared_ptr<ServerCore>& core, const std::shared_ptr<ws::Server>& endpoint, ws::ServerSocket&& socket) {
  const auto connection = endpoint->get_connection();
  if (!connection) return;
  ServerLink& link = *connection;
  link.core_ = core;
  link.endpoint_ = endpoint;
  link.self_ = connection;
  if (core->pending.size() >= core->options.pending_connections_max) core->pending.front()->displace();
  link.list_ = &core->pending;
  link.place_ = core->pending.insert(core->pending.end(), &link);
  link.request_->remote_address = address_text(socket);

  const WsServerOptions& options = core->options;
  asio::error_code ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  if (options.socket_send_buffer_bytes > 0) socket.set_option(asio::socket_base::send_buffer_size(options.socket_send_buffer_bytes), ignored);
  connection->take_socket(std::move(socket));
  if (core->tls) connection->use_tls(*core->tls);
  link.request_->secure = core->tls != nullptr;
  connection->set_owner(&link, static_cast<long>(options.close_timeout.count()));
  connection->set_open_handshake_timeout(static_cast<long>(options.handshake_timeout.count()));
  connection->set_close_handshake_timeout(static_cast<long>(options.close_timeout.count()));
  connection->set_max_message_size(options.message_bytes_max);
  connection->set_max_http_body_size(options.http_body_bytes_max);
  connection->get_request().deflate().allowed = options.compression.on;
  link.install_handlers();
  connection->start();
}

// The handlers hold a plain pointer: they are members of the same object.
void ServerLink::install_handlers() {
  ws::ServerConnection& con = connection();
  using Handle = websocketpp::connection_hdl;
  con.set_http_handler([this](const Handle&) { on_http(); });
  con.set_validate_handler([this](const Handle&) { return on_upgrade(); });
  con.set_open_handler([this](const Handle&) {
    if (!core_) return;
    opened_ = true;
    move_to(core_->links);
    core_->handler.on_open(*this);
    request_.reset();
  });
  con.set_message_handler([this](const Handle&, const ws::ServerConnection::message_ptr& message) {
    if (!core_) return;
    core_->handler.on_message(*this, message->get_payload(), message->get_opcode() == websocketpp::frame::opcode::binary);
  });
  con.set_ping_handler([this](const Handle&, const std::string& payload) { return on_ping(payload); });
  con.set_pong_handler([this](const Handle&, const std::string& payload) {
    if (core_) core_->handler.on_pong(*this, payload);
  });
  con.set_fail_handler([this](const Handle&) { on_failed(); });
  con.set_close_handler([this](const Handle&) { on_closed(); });
}

ws::ServerConnection& ServerLink::connection() { return static_cast<ws::ServerConnection&>(*this); }
const ws::ServerConnection& ServerLink::connection() const { return static_cast<const ws::ServerConnection&>(*this); }

bool ServerLink::is_open() const { return connection().get_state() == websocketpp::session::state::open; }

void ServerLink::read_request() {
  const auto& request = connection().get_request();
  request_->method = request.get_method();
  request_->target = request.get_uri();
  request_->version = request.get_version();
  request_->body = request.get_body();
  request_->headers.assign(request.get_headers().begin(), request.get_headers().end());
}

void ServerLink::on_http() {
  if (!core_) return;
  read_request();
  connection().defer_http_response();
  const auto pending = std::make_shared<PendingReply>(self_);
  const auto core = core_;  // the handler may destroy the server
  core->handler.on_http(*request_, [pending](HttpResponse response) { pending->answer(std::move(response)); });
}

void ServerLink::answer(HttpResponse&& response) {
  if (!core_) return;
  ws::ServerConnection& con = connection();
  if (con.get_state() == websocketpp::session::state::closed) return;
  con.set_status(static_cast<websocketpp::http::status_code::value>(response.status));
  for (const auto& header : response.headers) {
    if (ws::header_is_sound(header.first, header.second)) con.append_header(header.first, header.second);
  }
  if (ws::header_is_sound("Content-Type", response.content_type)) con.replace_header("Content-Type", response.content_type);
  con.replace_header("Connection", "close");  // websocketpp serves one request a connection
  const std::string length = std::to_string(response.body.size());
  if (request_->method != "HEAD") con.set_body(response.body);
  con.replace_header("Content-Length", length);
  std::error_code error;
  con.send_http_response(error);
  if (!error) watch_progress(0);
}

/// websocketpp has no timer over a deferred answer; a client that takes no byte of it for a handshake timeout is cut.
void ServerLink::watch_progress(std::size_t waiting_before) {
  const std::size_t waiting = queued_bytes();
  if (!core_ || (waiting_before != 0 && waiting == 0)) return;
  if (waiting == waiting_before) return cut();
  // The timer's handler keeps the connection alive.
  connection().set_timer(static_cast<long>(core_->options.handshake_timeout.count()), [this, waiting](const std::error_code& error) {
    if (!error) watch_progress(waiting);
  });
}

bool ServerLink::on_upgrade() {
  if (!core_) return false;
  read_request();
  // websocketpp also speaks drafts; the oldest frames differently.
  if (request_->header("Sec-WebSocket-Version") != "13") {
    connection().replace_header("Sec-WebSocket-Version", "13");
    refuse(426, {});
    return false;
  }
  const auto core = core_;
  const int status = core->handler.on_upgrade(*request_);
  if (status == 101 && core_) {
    window_bits_ = connection().get_request().deflate().window_bits;
    if (const auto delay = core->handler.upgrade_delay(); delay.count() > 0) connection().hold(static_cast<long>(delay.count()));
    return true;
  }
  if (status == 0 && core_) {
    connection().mute();
    // The timer's handler keeps the connection alive.
    connection().set_timer(static_cast<long>(core->handler.upgrade_delay().count()), [this](const std::error_code& error) {
      if (!error) cut();
    });
    return false;
  }
  refuse(status, core->handler.refusal_body());
  return false;
}

void ServerLink::refuse(int status, const std::string& body) {
  connection().remove_header("Sec-WebSocket-Extensions");  // written before anybody was asked
  connection().set_status(static_cast<websocketpp::http::status_code::value>(status == 101 ? 503 : status));
  connection().set_body(body);
  connection().replace_header("Content-Length", std::to_string(body.size()));
  connection().replace_header("Connection", "close");
}

bool ServerLink::on_ping(const std::string& payload) {
  if (!core_ || !core_->handler.on_ping(*this, payload) || !core_) return false;
  if (!connection().blocked()) pongs_waiting_ = 0;
  if (pongs_waiting_ < kPongsWaitingMax) {
    ++pongs_waiting_;
    pong(payload);
  }
  return false;  // answered here, in order with the data frames
}

void ServerLink::move_to(std::list<ServerLink*>& other) {
  other.splice(other.end(), *list_, place_);
  list_ = &other;
}

/// Why there was no answer to a request, or a refusal that websocketpp has written by itself.
void ServerLink::on_failed() {
  if (!core_) return;
  namespace error = websocketpp::error;
  const std::error_code why = connection().get_ec();
  if (why == error::make_error_code(error::open_handshake_timeout)) ++core_->totals.handshakes_expired;
  const bool malformed = why.category() == websocketpp::processor::error::get_processor_category() ||
                         why == error::make_error_code(error::http_parse_error) || why == error::make_error_code(error::invalid_uri) ||
                         why == error::make_error_code(error::invalid_version) || why == error::make_error_code(error::unsupported_version);
  if (malformed) ++core_->totals.protocol_violations;
}

/// websocketpp answers what breaks the protocol with a close frame of its own, and tells nobody.
bool ServerLink::broke_protocol() const {
  namespace status = websocketpp::close::status;
  const ws::ServerConnection& con = connection();
  const auto code = con.get_local_close_code();
  const bool ours = code == status::protocol_error || code == status::invalid_payload || code == status::message_too_big;
  const bool repeats_peer = code == con.get_remote_close_code() && con.get_local_close_reason() == con.get_remote_close_reason();
  return ours && !closing_ && !repeats_peer;
}

void ServerLink::on_closed() {
  if (!std::exchange(opened_, false) || !core_) return;
  if (list_ == &core_->links) move_to(core_->pending);
  if (broke_protocol()) ++core_->totals.protocol_violations;
  const ws::ServerConnection& con = connection();
  const int code = con.get_remote_close_code();
  const bool silent = code == websocketpp::close::status::abnormal_close;
  core_->handler.on_closed(*this, code, silent ? con.get_local_close_reason() : con.get_remote_close_reason());
}

void ServerLink::send(const FrameRef& frame) {
  if (!is_open()) return;
  // What is no longer than the peer's window refers back no further than that.
  if (window_bits_ != 0 && core_ && frame.payload().size() <= std::size_t{1} << window_bits_) {
    connection().ws::OutboxTransport::send(frame.compressed(core_->options.compression, core_->totals.compression));
  } else {
    connection().ws::OutboxTransport::send(frame);
  }
}

void ServerLink::send_all(const FrameList& frames, const FrameRef& joined) {
  if (joined && window_bits_ == 0) return send(joined);
  for (const FrameRef* frame : frames) send(*frame);
}

void ServerLink::send_frame(std::string_view payload, std::uint8_t opcode) {
  if (core_) send(core_->pool.make(payload, static_cast<WsOpcode>(opcode)));
}

void ServerLink::send_text(std::string_view payload) { send_frame(payload, static_cast<std::uint8_t>(WsOpcode::Text)); }
void ServerLink::send_binary(std::string_view payload) { send_frame(payload, static_cast<std::uint8_t>(WsOpcode::Binary)); }
// Control frames as well, past websocketpp, so that they keep their place among the data frames.
void ServerLink::ping(std::string_view payload) { send_frame(payload.substr(0, ws::kControlPayloadMax), kPing); }
void ServerLink::pong(std::string_view payload) { send_frame(payload.substr(0, ws::kControlPayloadMax), kPong); }

void ServerLink::close(std::uint16_t code, std::string_view reason) {
  if (!is_open()) return;
  closing_ = true;
  connection().pause(false);  // the peer's answer must be read
  std::error_code error;
  connection().close(code, std::string(ws::cut_text(reason, ws::kCloseReasonMax)), error);
  if (error) cut();
}

void ServerLink::cut() {
  connection().cut_when_shut();
  terminate(cancelled());
}

void ServerLink::terminate(const std::error_code& error) { connection().terminate(error); }

void ServerLink::pause_reading(bool pause) { connection().pause(pause); }

void ServerLink::drop_unsent(const std::function<void(const FrameRef&)>& dropped) { connection().take_back(dropped); }

void ServerLink::set_close_timeout(std::chrono::milliseconds timeout) {
  connection().set_close_handshake_timeout(static_cast<long>(timeout.count()));
}

const HttpRequest& ServerLink::request() const {
  static const HttpRequest forgotten{};
  return request_ ? *request_ : forgotten;
}

std::uint64_t ServerLink::taken_bytes() const { return connection().outbox_taken(); }

std::size_t ServerLink::queued_bytes() const { return connection().outbox_bytes(); }

bool ServerLink::begin_write(WriteJob& job) { return connection().ws::OutboxTransport::begin_write(job); }

void ServerLink::end_write(const SocketWrite& written) {
  if (core_) connection().ws::OutboxTransport::end_write(written, core_->totals);
}

const void* ServerLink::touched() const { return connection().touched_ahead(); }

void ServerLink::prefetch() const { connection().fetch_ahead(); }

void ServerLink::prefetch_queue() const { connection().fetch_queue_ahead(); }

void ServerLink::write_now() {
  if (core_) connection().write(core_->totals);
}

void ServerLink::displace() {
  ++core_->totals.pending_displaced;
  connection().cut_when_shut();
  terminate(cancelled());
  connection().finish();
}

void ServerLink::abandon() {
  core_.reset();
  connection().cut_when_shut();
  terminate(cancelled());
  connection().finish();
}

void ServerLink::wants_flush() {
  if (!core_) return;
  core_->flusher.add(*this);
  core_->loop.wake();
}

void ServerLink::write_failed(const std::error_code& error) { terminate(error); }

void ServerLink::tls_failed() {
  if (core_) ++core_->totals.tls_failures;
}

void ServerLink::transport_finished() {
  if (core_) {
    move_to(core_->ending);
    core_->flusher.remove(*this);
  }
  // Not from here: members of this object are on the stack. What the connection still has to tell its handler is queued before this, and must not be
  // told once the server is gone: until then the server knows of it.
  asio::post(connection().executor(), [self = std::move(self_), this] {
    if (core_) list_->erase(place_);
  });
}

}  // namespace tidegate::net
