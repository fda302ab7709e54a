// A WebSocket server and one client on one loop.
#pragma once

#include <memory>

#include "tests/net/support.hpp"

namespace tidegate::net::test {

struct Pair {
  explicit Pair(WsServerOptions server_options = {}) : echo(loop, server_options) {}

  void begin(std::string_view target = "/") {
    options.url = echo.url(target);
    if (echo.tls) options.tls.ca_file = server_authority();
    client->connect(options);
  }
  void open() {
    begin();
    REQUIRE(run_until(loop, [&] { return recorder.opened && !echo.connections.empty(); }));
  }
  bool closed_on_both_sides() {
    return run_until(loop, [&] { return recorder.closed_count == 1 && echo.closed_count == 1; });
  }

  EventLoop loop;
  EchoServer echo;
  Recorder recorder;
  WsClientOptions options;
  std::unique_ptr<WsClient> client = std::make_unique<WsClient>(loop, recorder);
};

}  // namespace tidegate::net::test
