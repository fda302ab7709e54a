#include "gateway/net/ws_client.hpp"

#include <asio/connect.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <charconv>
#include <utility>

#include "gateway/net/event_loop_impl.hpp"
#include "gateway/net/ws_client_config.hpp"

namespace tidegate::net {
namespace {

constexpr int kAbnormalClose = 1006;

using Opcode = websocketpp::frame::opcode::value;

/// One connect() and what comes of it.
class Attempt {
 public:
  virtual ~Attempt() = default;
  virtual void start() = 0;
  [[nodiscard]] virtual bool is_open() const = 0;
  virtual void send(std::string_view payload, Opcode opcode) = 0;
  virtual void ping(std::string_view payload) = 0;
  virtual void pong(std::string_view payload) = 0;
  virtual void close(std::uint16_t code, std::string_view reason) = 0;
  /// Cuts everything; no callback comes after it.
  virtual void abandon() = 0;
};

}  // namespace

struct WsClient::Impl {
  Impl(EventLoop& event_loop, WsClientHandler& client_handler) : loop(event_loop), handler(client_handler) {}

  void drop_attempt() {
    const auto old = std::exchange(attempt, nullptr);
    if (old) old->abandon();
  }

  EventLoop& loop;
  WsClientHandler& handler;
  std::shared_ptr<Attempt> attempt;
};

namespace {

template <typename Config>
class AttemptOf final : public Attempt, public std::enable_shared_from_this<AttemptOf<Config>> {
 public:
  AttemptOf(WsClient::Impl& client, const WsClientOptions& options, websocketpp::uri_ptr uri)
      : client_(&client), options_(options), uri_(std::move(uri)), resolver_(client.loop.impl().io), timer_(client.loop.impl().io) {}

  void start() override {
    timer_.expires_after(options_.handshake_timeout);
    timer_.async_wait([weak = this->weak_from_this()](const asio::error_code& error) {
      const auto self = weak.lock();
      if (!error && self) self->fail("handshake timeout");
    });
    const std::string problem = prepare();
    if (!problem.empty()) {
      asio::post(client_->loop.impl().io, [self = this->shared_from_this(), problem] { self->fail(problem); });
      return;
    }
    asio::error_code not_numeric;
    const asio::ip::address address = asio::ip::make_address(host(), not_numeric);
    if (!not_numeric) return connect_to(asio::ip::tcp::resolver::results_type::create({address, uri_->get_port()}, host(), uri_->get_port_str()));
    resolver_.async_resolve(host(), uri_->get_port_str(),
                            [self = this->shared_from_this()](const asio::error_code& error, const asio::ip::tcp::resolver::results_type& found) {
                              if (self->client_ == nullptr) return;
                              if (error) return self->fail("cannot resolve " + self->host() + ": " + error.message());
                              self->connect_to(found);
                            });
  }

  [[nodiscard]] bool is_open() const override { return connection_ && connection_->get_state() == websocketpp::session::state::open; }

  void send(std::string_view payload, Opcode opcode) override {
    if (is_open()) connection_->send(payload.data(), payload.size(), opcode);
  }

  void ping(std::string_view payload) override {
    std::error_code ignored;
    if (is_open()) connection_->ping(std::string(payload.substr(0, ws::kControlPayloadMax)), ignored);
  }

  void pong(std::string_view payload) override {
    std::error_code ignored;
    if (is_open()) connection_->pong(std::string(payload.substr(0, ws::kControlPayloadMax)), ignored);
  }

  void close(std::uint16_t code, std::string_view reason) override {
    if (connection_ && connection_->get_state() > websocketpp::session::state::open) return;  // on its way already
    std::error_code error = websocketpp::error::make_error_code(websocketpp::error::invalid_state);
    if (is_open()) connection_->close(code, std::string(ws::cut_text(reason, ws::kCloseReasonMax)), error);
    if (!error) return;
    asio::post(client_->loop.impl().io, [self = this->shared_from_this()] { self->fail("closed before the handshake ended"); });
  }

  void abandon() override {
    client_ = nullptr;
    timer_.cancel();
    resolver_.cancel();
    if (!connection_) return;
    // Ends what websocketpp has under way; its handlers find no client.
    connection_->terminate(std::make_error_code(std::errc::operation_canceled));
    asio::error_code ignored;
    connection_->get_raw_socket().close(ignored);
  }

 private:
  using Client = websocketpp::client<Config>;
  using Handle = websocketpp::connection_hdl;

  /// The host without the brackets of an IPv6 address.
  [[nodiscard]] std::string host() const {
    const std::string& text = uri_->get_host();
    return text.size() > 2 && text.front() == '[' ? text.substr(1, text.size() - 2) : text;
  }

  /// Makes the connection object; returns what is wrong, if anything.
  std::string prepare() {
    const auto endpoint = std::make_shared<Client>();
    endpoint->init_asio(&client_->loop.impl().io);
    endpoint->set_user_agent("tidegate");
    std::string problem = ws::set_up_tls(*endpoint, options_.tls);
    if (!problem.empty()) return problem;
    std::error_code error;
    connection_ = endpoint->get_connection(uri_, error);
    if (!connection_) return "cannot create a connection: " + error.message();
    connection_->endpoint = endpoint;
    static_cast<typename Client::transport_con_type&>(*connection_).set_uri(uri_);  // for SNI
    connection_->set_open_handshake_timeout(0);                                     // our timer covers it
    connection_->set_close_handshake_timeout(static_cast<long>(options_.close_timeout.count()));
    connection_->set_max_message_size(options_.message_bytes_max);
    for (const auto& [name, value] : options_.headers) {
      if (!ws::header_is_sound(name, value)) return "a header cannot be sent as configured: " + name;
      connection_->replace_header(name, value);
    }
    problem = ws::set_up_verification(*connection_, options_.tls, host());
    install_handlers();
    return problem;
  }

  // The handlers hold this weakly: websocketpp's own pending handlers may outlive it by a turn.
  void install_handlers() {
    const auto weak = this->weak_from_this();
    const auto handler = [weak](auto&& call) {
      const auto self = weak.lock();
      if (self && self->client_ != nullptr) call(*self, self->client_->handler);
    };
    connection_->set_open_handler([handler](const Handle&) {
      handler([](AttemptOf& self, WsClientHandler& to) {
        self.timer_.cancel();
        self.opened_ = true;
        to.on_open();
      });
    });
    connection_->set_message_handler([handler](const Handle&, const typename Client::message_ptr& message) {
      handler([&](AttemptOf&, WsClientHandler& to) {
        to.on_message(std::move(message->get_raw_payload()), message->get_opcode() == websocketpp::frame::opcode::binary);
      });
    });
    connection_->set_ping_handler([handler, answer = options_.answer_pings](const Handle&, const std::string& payload) {
      handler([&](AttemptOf&, WsClientHandler& to) { to.on_ping(payload); });
      return answer;
    });
    connection_->set_pong_handler(
        [handler](const Handle&, const std::string& payload) { handler([&](AttemptOf&, WsClientHandler& to) { to.on_pong(payload); }); });
    connection_->set_fail_handler([weak](const Handle&) {
      if (const auto self = weak.lock()) self->on_refused();
    });
    connection_->set_close_handler([weak](const Handle&) {
      if (const auto self = weak.lock()) self->on_closed();
    });
  }

  void connect_to(const asio::ip::tcp::resolver::results_type& addresses) {
    asio::async_connect(connection_->get_raw_socket(), addresses,
                        [self = this->shared_from_this()](const asio::error_code& error, const asio::ip::tcp::endpoint&) {
                          if (self->client_ == nullptr) return;
                          if (error) return self->fail("cannot connect: " + error.message());
                          asio::error_code ignored;
                          self->connection_->get_raw_socket().set_option(asio::ip::tcp::no_delay(true), ignored);
                          self->connection_->start();
                        });
  }

  void on_refused() {
    WsClosed closed;
    closed.code = kAbnormalClose;
    closed.opened = opened_;
    const int status = connection_->get_response_code();
    if (status != websocketpp::http::status_code::uninitialized && status != websocketpp::http::status_code::switching_protocols) {
      closed.http_status = status;
      closed.reason = "HTTP " + std::to_string(status) + " " + connection_->get_response_msg();
      const std::string& wait = connection_->get_response_header("Retry-After");
      std::from_chars(wait.data(), wait.data() + wait.size(), closed.retry_after_seconds);
    } else {
      closed.reason = ws::refusal_of(*connection_, options_.tls, host());
    }
    finish(closed);
  }

  void on_closed() {
    WsClosed closed;
    closed.opened = opened_;
    closed.code = connection_->get_remote_close_code();
    closed.reason = closed.code == kAbnormalClose ? connection_->get_local_close_reason() : connection_->get_remote_close_reason();
    finish(closed);
  }

  void fail(const std::string& reason) {
    WsClosed closed;
    closed.code = kAbnormalClose;
    closed.reason = reason;
    closed.opened = opened_;
    finish(closed);
  }

  void finish(const WsClosed& closed) {
    if (client_ == nullptr) return;
    const auto self = this->shared_from_this();  // the client's may be the last reference
    WsClientHandler& handler = client_->handler;
    client_->drop_attempt();
    handler.on_closed(closed);  // may destroy the client
  }

  WsClient::Impl* client_;  // null: over, nothing is reported any more
  const WsClientOptions options_;
  const websocketpp::uri_ptr uri_;
  asio::ip::tcp::resolver resolver_;
  asio::steady_timer timer_;  // over the whole handshake
  typename Client::connection_ptr connection_;
  bool opened_ = false;
};

/// A connect() that cannot even begin.
class BadUrl final : public Attempt, public std::enable_shared_from_this<BadUrl> {
 public:
  explicit BadUrl(WsClient::Impl& client) : client_(&client) {}
  void start() override {
    asio::post(client_->loop.impl().io, [self = shared_from_this()] {
      if (self->client_ == nullptr) return;
      WsClientHandler& handler = self->client_->handler;
      self->client_->drop_attempt();
      WsClosed closed;
      closed.code = kAbnormalClose;
      closed.reason = "not a ws:// or wss:// URL";
      handler.on_closed(closed);
    });
  }
  [[nodiscard]] bool is_open() const override { return false; }
  void send(std::string_view, Opcode) override {}
  void ping(std::string_view) override {}
  void pong(std::string_view) override {}
  void close(std::uint16_t, std::string_view) override {}
  void abandon() override { client_ = nullptr; }

 private:
  WsClient::Impl* client_;
};

std::shared_ptr<Attempt> make_attempt(WsClient::Impl& client, const WsClientOptions& options) {
  const auto uri = std::make_shared<websocketpp::uri>(options.url);
  if (!uri->get_valid() || (uri->get_scheme() != "ws" && uri->get_scheme() != "wss")) return std::make_shared<BadUrl>(client);
  if (uri->get_secure()) return std::make_shared<AttemptOf<ws::TlsClientConfig>>(client, options, uri);
  return std::make_shared<AttemptOf<ws::PlainClientConfig>>(client, options, uri);
}

}  // namespace

WsClient::WsClient(EventLoop& loop, WsClientHandler& handler) : impl_(std::make_shared<Impl>(loop, handler)) {}
WsClient::~WsClient() { impl_->drop_attempt(); }

void WsClient::connect(const WsClientOptions& options) {
  impl_->drop_attempt();
  impl_->attempt = make_attempt(*impl_, options);
  impl_->attempt->start();
}

bool WsClient::open() const { return impl_->attempt && impl_->attempt->is_open(); }

void WsClient::send_text(std::string_view payload) {
  if (impl_->attempt) impl_->attempt->send(payload, websocketpp::frame::opcode::text);
}
void WsClient::send_binary(std::string_view payload) {
  if (impl_->attempt) impl_->attempt->send(payload, websocketpp::frame::opcode::binary);
}
void WsClient::ping(std::string_view payload) {
  if (impl_->attempt) impl_->attempt->ping(payload);
}
void WsClient::pong(std::string_view payload) {
  if (impl_->attempt) impl_->attempt->pong(payload);
}
void WsClient::close(std::uint16_t code, std::string_view reason) {
  if (impl_->attempt) impl_->attempt->close(code, reason);
}
void WsClient::abort() { impl_->drop_attempt(); }

}  // namespace tidegate::net
