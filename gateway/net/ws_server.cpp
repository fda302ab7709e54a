#include "gateway/net/ws_server.hpp"

#include <unistd.h>

#include <asio/basic_socket_acceptor.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>
#include <utility>

#include "gateway/net/event_loop_impl.hpp"
#include "gateway/net/uring_writer.hpp"
#include "gateway/net/ws_connection.hpp"

namespace tidegate::net {
namespace {

// How long to leave the listen queue alone after the process or the machine ran out of descriptors or memory.
constexpr std::chrono::milliseconds kAcceptRetry{50};
// A crowd is let in by so many at a time; those who are in already get their turn in between.
constexpr int kAcceptedAtOnce = 64;

/// Accepts for one server. Its pending handlers hold it, so that it outlives the server by as long as they are queued.
class Acceptor : public std::enable_shared_from_this<Acceptor> {
 public:
  Acceptor(std::shared_ptr<ServerCore> core, std::shared_ptr<ws::Server> endpoint)
      : core_(std::move(core)), endpoint_(std::move(endpoint)), acceptor_(core_->loop.impl().io), retry_(core_->loop.impl().io) {}

  asio::error_code listen(const asio::ip::tcp::endpoint& at) {
    asio::error_code error;
    acceptor_.open(at.protocol(), error);
    if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    if (!error && at.address().is_v6()) acceptor_.set_option(asio::ip::v6_only(false), error);
    if (!error) acceptor_.bind(at, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (!error) acceptor_.non_blocking(true, error);
    if (error) {
      stop();
    } else {
      accept();
    }
    return error;
  }

  [[nodiscard]] std::uint16_t port() const {
    asio::error_code error;
    const auto local = acceptor_.local_endpoint(error);
    return error ? std::uint16_t{0} : local.port();
  }

  void stop() {
    asio::error_code ignored;
    acceptor_.close(ignored);
    retry_.cancel();
  }

 private:
  void accept() {
    acceptor_.async_wait(asio::socket_base::wait_read, [self = shared_from_this(), this](const asio::error_code& error) {
      if (!acceptor_.is_open()) return;
      if (error || !accept_some()) return accept_later();
      if (acceptor_.is_open()) accept();
    });
  }

  /// Those who wait. False: there are no descriptors or no memory for more.
  bool accept_some() {
    for (int i = 0; i < kAcceptedAtOnce && acceptor_.is_open(); ++i) {
      asio::error_code error;
      ws::ServerSocket socket = acceptor_.accept(error);
      if (error == asio::error::would_block) return true;
      if (!error) {
        ServerLink::start(core_, endpoint_, std::move(socket));
      } else if (error != asio::error::connection_aborted) {
        return false;
      }
    }
    return true;
  }

  void accept_later() {
    retry_.expires_after(kAcceptRetry);
    retry_.async_wait([self = shared_from_this(), this](const asio::error_code& error) {
      if (!error && acceptor_.is_open()) accept();
    });
  }

  std::shared_ptr<ServerCore> core_;
  std::shared_ptr<ws::Server> endpoint_;
  asio::basic_socket_acceptor<asio::ip::tcp, asio::io_context::executor_type> acceptor_;
  asio::steady_timer retry_;
};

/// An address as text ("127.0.0.1", "::1", "[::1]") or a name; of several addresses an IPv4 one is taken, as "localhost" is understood.
asio::error_code resolve(asio::io_context& io, std::string host, std::uint16_t port, asio::ip::tcp::endpoint& at) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  asio::error_code error;
  const asio::ip::address address = asio::ip::make_address(host, error);
  if (!error) {
    at = {address, port};
    return error;
  }
  asio::ip::tcp::resolver resolver(io);
  const auto found = resolver.resolve(host, std::to_string(port), asio::ip::resolver_base::passive, error);
  if (error) return error;
  at = found.begin()->endpoint();
  for (const auto& entry : found) {
    if (entry.endpoint().address().is_v4()) {
      at = entry.endpoint();
      break;
    }
  }
  return error;
}

}  // namespace

struct WsServer::Impl {
  Impl(EventLoop& loop, WsServerHandler& handler, const WsServerOptions& options)
      : core(std::make_shared<ServerCore>(loop, handler, options)), endpoint(std::make_shared<ws::Server>()) {
    endpoint->set_user_agent("tidegate");
    auto& flushers = loop.impl().flushers;
    flusher = flushers.insert(flushers.end(), [this] { core->flusher.flush(); });
    core->flusher.configure(options.threads, options.io_uring);
  }

  ~Impl() {
    if (acceptor) acceptor->stop();
    core->loop.impl().flushers.erase(flusher);
    core->flusher.clear();
    for (auto* list : {&core->pending, &core->links, &core->ending}) {
      for (ServerLink* link : std::exchange(*list, {})) link->abandon();
    }
  }

  std::shared_ptr<ServerCore> core;
  std::shared_ptr<ws::Server> endpoint;
  std::shared_ptr<Acceptor> acceptor;
  EventLoop::Impl::Flushers::iterator flusher;
};

WsServer::WsServer(EventLoop& loop, WsServerHandler& handler, const WsServerOptions& options)
    : impl_(std::make_unique<Impl>(loop, handler, options)) {}
WsServer::~WsServer() = default;

std::string WsServer::listen(const std::string& host, std::uint16_t port) {
  stop_listening();
  if (std::string problem = reload_tls(); !problem.empty()) return problem;
  asio::ip::tcp::endpoint at;
  asio::error_code error = resolve(impl_->core->loop.impl().io, host, port, at);
  if (!error) {
    impl_->acceptor = std::make_shared<Acceptor>(impl_->core, impl_->endpoint);
    error = impl_->acceptor->listen(at);
  }
  if (!error) return {};
  impl_->acceptor.reset();
  return "cannot listen on " + host + ":" + std::to_string(port) + ": " + error.message();
}

std::uint16_t WsServer::port() const { return impl_->acceptor ? impl_->acceptor->port() : std::uint16_t{0}; }

void WsServer::stop_listening() {
  if (impl_->acceptor) impl_->acceptor->stop();
  impl_->acceptor.reset();
}

void WsServer::adopt(int socket) {
  ws::ServerSocket adopted(impl_->core->loop.impl().io);
  asio::error_code error;
  adopted.assign(asio::ip::tcp::v4(), socket, error);  // of what family it is matters to nobody
  if (error) {
    ::close(socket);
  } else {
    ServerLink::start(impl_->core, impl_->endpoint, std::move(adopted));
  }
}

void WsServer::set_limits(const WsServerOptions& options) {
  WsServerOptions& own = impl_->core->options;
  own.message_bytes_max = options.message_bytes_max;
  own.http_body_bytes_max = options.http_body_bytes_max;
  own.handshake_timeout = options.handshake_timeout;
  own.pending_connections_max = options.pending_connections_max;
  own.compression = options.compression;
  impl_->core->flusher.configure(options.threads, options.io_uring);
}

std::string WsServer::reload_tls() {
  const TlsFiles& files = impl_->core->options.tls;
  if (files.certificate.empty()) return {};
  std::string problem;
  if (auto context = TlsContext::load(files, problem)) impl_->core->tls = std::move(context);
  return problem;
}

std::int64_t WsServer::tls_expires_unix_s() const { return impl_->core->tls ? impl_->core->tls->expires_unix_s() : 0; }

void WsServer::flush() { impl_->core->flusher.flush(); }

WsServerTotals WsServer::totals() const { return impl_->core->totals; }

std::string WsServer::io_uring_problem() {
  std::string problem;
  static_cast<void>(UringWriter::make(problem));
  return problem;
}

}  // namespace tidegate::net
