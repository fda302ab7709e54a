#include "tools/bench/fanout_servers.hpp"

#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "tools/bench/cpu_time.hpp"

namespace tidegate::bench {
namespace {

constexpr std::size_t kHeaderBytes = 4;  // of a server's frame with a payload of 126 to 65535 bytes

std::chrono::nanoseconds until(std::int64_t begin_ns, std::size_t turn, std::chrono::nanoseconds interval) {
  const std::int64_t due = begin_ns + static_cast<std::int64_t>(turn) * interval.count();
  return std::chrono::nanoseconds{std::max<std::int64_t>(due - now_ns(), 1)};
}

}  // namespace

GatewayServer::GatewayServer(const net::TlsFiles& tls) : payload_(kFrameBytes - kHeaderBytes, 'x') {
  net::WsServerOptions options;
  options.tls = tls;
  port_ = thread_.run([&, this] {
    timer_ = std::make_unique<net::Timer>(thread_.loop());
    server_ = std::make_unique<net::WsServer>(thread_.loop(), static_cast<net::WsServerHandler&>(*this), options);
    return server_->listen("127.0.0.1", 0).empty() ? server_->port() : std::uint16_t{0};
  });
}

GatewayServer::~GatewayServer() {
  thread_.run([this] {
    timer_.reset();
    server_.reset();
  });
}

std::size_t GatewayServer::connections() {
  return thread_.run([this] { return connections_.size(); });
}

std::int64_t GatewayServer::run(const FanoutRun& run) {
  run_ = run;
  turns_done_ = 0;
  done_ = {};
  auto cpu = done_.get_future();
  thread_.loop().post([this] {
    begin_ns_ = now_ns();
    cpu_begin_ns_ = thread_cpu_ns();
    turn();
  });
  return cpu.get();
}

void GatewayServer::turn() {
  for (std::size_t i = 0; i < run_.burst; ++i) {
    const net::FrameRef frame = pool_.make(payload_);
    for (net::WsConnection* connection : connections_) connection->send(frame);
  }
  server_->flush();  // as the end of the turn would do; here, so that the last turn's is measured too
  if (++turns_done_ == run_.turns) return done_.set_value(thread_cpu_ns() - cpu_begin_ns_);
  timer_->start(until(begin_ns_, turns_done_, run_.interval), [this] { turn(); });
}

void GatewayServer::on_http(const net::HttpRequest&, net::HttpReply reply) { reply({.status = 404}); }
void GatewayServer::on_open(net::WsConnection& connection) { connections_.push_back(&connection); }
void GatewayServer::on_message(net::WsConnection&, std::string_view, bool) {}
void GatewayServer::on_closed(net::WsConnection& connection, int, std::string_view) { std::erase(connections_, &connection); }

RawServer::RawServer() : listener_(listen_local(port_)), frame_(kFrameBytes, 'x') {}

bool RawServer::accept() {
  Socket socket = accept_from(listener_);
  if (!socket.ok()) return false;
  connections_.push_back(std::move(socket));
  return true;
}

std::int64_t RawServer::run(const FanoutRun& run, Writes writes) {
  std::int64_t cpu = 0;
  std::thread thread{[&] {
    const int timer = ::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    const std::vector<iovec> pieces(run.burst, iovec{frame_.data(), frame_.size()});
    const std::int64_t begin_ns = now_ns();
    const std::int64_t cpu_begin_ns = thread_cpu_ns();
    for (std::size_t turn = 1;; ++turn) {
      if (writes == Writes::EachRecord) {
        for (std::size_t i = 0; i < run.burst; ++i) {
          for (const Socket& connection : connections_) write_all(connection, frame_);
        }
      } else {
        for (const Socket& connection : connections_) static_cast<void>(!::writev(connection.fd(), pieces.data(), static_cast<int>(pieces.size())));
      }
      if (turn == run.turns) break;
      const std::int64_t wait = until(begin_ns, turn, run.interval).count();
      itimerspec due{};
      due.it_value = {wait / 1'000'000'000, wait % 1'000'000'000};
      ::timerfd_settime(timer, 0, &due, nullptr);
      std::uint64_t expirations = 0;
      static_cast<void>(!::read(timer, &expirations, sizeof(expirations)));
    }
    cpu = thread_cpu_ns() - cpu_begin_ns;
    ::close(timer);
  }};
  thread.join();
  return cpu;
}

}  // namespace tidegate::bench
