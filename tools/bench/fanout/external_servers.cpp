// nginx with nchan, nats-server, and Node with ws, each as its own documentation would have it for a broadcast.
#include <fmt/core.h>
#include <sys/socket.h>

#include <array>
#include <filesystem>
#include <utility>

#include "tools/bench/fanout/external_server.hpp"

namespace tidegate::bench {
namespace {

constexpr std::string_view kNchanModule = "/usr/lib/nginx/modules/ngx_nchan_module.so";
constexpr const char* kNodeModules = "build/bench-servers/node_modules";  // where tools/bench/run puts them; from the repository's root
constexpr std::string_view kNodeModulesOfDebian = "/usr/share/nodejs";

/// One channel; a record is an HTTP POST.
class NchanServer final : public ExternalServer {
 public:
  explicit NchanServer(const std::string& nginx) : ExternalServer(1) {
    const std::uint16_t port = free_port();
    program_.write_file("nginx.conf", fmt::format(R"(load_module {0};
daemon off;
pid {1}/nginx.pid;
error_log {1}/error.log;
worker_processes 1;
worker_rlimit_nofile 20000;
events {{ worker_connections 19000; }}
http {{
  access_log off;
  client_body_temp_path {1}/body; proxy_temp_path {1}/proxy; fastcgi_temp_path {1}/fastcgi; uwsgi_temp_path {1}/uwsgi; scgi_temp_path {1}/scgi;
  nchan_message_buffer_length 0;
  nchan_shared_memory_size 128M;
  keepalive_requests 1000000000;
  keepalive_timeout 1h;
  server {{
    listen 127.0.0.1:{2} backlog=4096;
    location = /sub {{ nchan_subscriber websocket; nchan_channel_id bench; nchan_subscriber_first_message newest; }}
    location = /pub {{ nchan_publisher http; nchan_channel_id bench; }}
  }}
}}
)",
                                                  kNchanModule, program_.path("."), port));
    program_.start({nginx, "-p", program_.path("."), "-c", program_.path("nginx.conf"), "-e", program_.path("error.log")});
    if (connect_publisher(port)) port_ = port;
  }

  [[nodiscard]] Greeting greeting(std::size_t) const override { return {.path = "/sub"}; }

 private:
  void add(std::string& out, std::size_t, std::string_view record) override {
    out += fmt::format("POST /pub HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{}", record.size(), record);
  }
  void take_answers(std::size_t records) override {
    std::array<char, 65'536> buffer;
    for (std::size_t seen = 0; seen < records;) {
      const ssize_t got = ::recv(publisher_.fd(), buffer.data(), buffer.size(), 0);
      if (got <= 0) return;
      const std::string_view text(buffer.data(), static_cast<std::size_t>(got));
      for (std::size_t at = text.find(kAnswer); at != std::string_view::npos; at = text.find(kAnswer, at + 1)) ++seen;
    }
  }
  static constexpr std::string_view kAnswer = "HTTP/1.1 20";  // an answer cut in the middle of this would be missed; they are sent whole
};

/// Subject bench.SYMBOL; subscribers speak the NATS protocol in WebSocket frames, as its clients for browsers do.
class NatsServer final : public ExternalServer {
 public:
  NatsServer(const std::string& nats, std::size_t symbols) : ExternalServer(symbols) {
    const std::uint16_t port = free_port();
    const std::uint16_t websocket = free_port();
    program_.write_file("nats.conf", fmt::format(R"(listen: "127.0.0.1:{}"
websocket {{ listen: "127.0.0.1:{}", no_tls: true, compression: false }}
ping_interval: "1h"
max_connections: 30000
)",
                                                 port, websocket));
    program_.start({nats, "-c", program_.path("nats.conf")});
    if (connect_publisher(port) && write_all(publisher_, "CONNECT {\"verbose\":false,\"pedantic\":false}\r\n")) port_ = websocket;
  }

  [[nodiscard]] Greeting greeting(std::size_t) const override {
    return {.path = "/", .message = "CONNECT {\"verbose\":false,\"pedantic\":false}\r\nSUB bench.* 1\r\n", .binary = true};
  }

 private:
  void add(std::string& out, std::size_t symbol, std::string_view record) override {
    out += fmt::format("PUB bench.S{} {}\r\n{}\r\n", symbol, record.size(), record);
  }
};

/// The few lines that ws's own documentation gives for a broadcast.
class NodeServer final : public ExternalServer {
 public:
  NodeServer(const std::string& node, const std::string& modules) : ExternalServer(1) {
    const std::uint16_t port = free_port();
    const std::uint16_t records = free_port();
    program_.write_file("server.js", fmt::format(R"(const WebSocket = require('{}/ws');
const server = new WebSocket.Server({{host: '127.0.0.1', port: {}, backlog: 4096, perMessageDeflate: false}});
require('net').createServer((publisher) => {{
  let rest = '';
  publisher.setEncoding('latin1');
  publisher.on('data', (text) => {{
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    for (const line of lines) server.clients.forEach((client) => client.readyState === WebSocket.OPEN && client.send(line));
  }});
}}).listen({}, '127.0.0.1');
)",
                                                 modules, port, records));
    program_.start({node, program_.path("server.js")});
    if (connect_publisher(records)) port_ = port;
  }

  [[nodiscard]] Greeting greeting(std::size_t) const override { return {.path = "/"}; }

 private:
  void add(std::string& out, std::size_t, std::string_view record) override { out.append(record) += '\n'; }
};

void left_out(std::string_view name, std::string_view why) { fmt::print(stderr, "fanout: {} is left out: {}\n", name, why); }

}  // namespace

std::vector<NamedServer> start_external_servers(std::size_t symbols) {
  constexpr std::string_view kInstall = "not installed; tools/bench/run --install-servers does that";
  std::vector<NamedServer> servers;
  const auto add = [&](std::string_view name, std::unique_ptr<FanoutServer> server) {
    if (server->port() == 0) return left_out(name, "it did not start");
    servers.push_back({std::string(name), std::move(server)});
  };
  if (const std::string nats = find_program("nats-server"); nats.empty()) {
    left_out("nats-server", kInstall);
  } else {
    add("nats-server", std::make_unique<NatsServer>(nats, symbols));
  }
  if (symbols > 1) return servers;
  const std::string nginx = find_program("nginx");
  if (nginx.empty() || !std::filesystem::exists(kNchanModule)) {
    left_out("nginx + nchan", kInstall);
  } else {
    add("nginx + nchan", std::make_unique<NchanServer>(nginx));
  }
  const std::string node = find_program("node");
  std::string modules;
  for (const std::filesystem::path& folder : {std::filesystem::absolute(kNodeModules), std::filesystem::path(kNodeModulesOfDebian)}) {
    if (modules.empty() && std::filesystem::exists(folder / "ws")) modules = folder.string();
  }
  if (node.empty() || modules.empty()) {
    left_out("Node ws", kInstall);
  } else {
    add("Node ws", std::make_unique<NodeServer>(node, modules));
  }
  return servers;
}

}  // namespace tidegate::bench
