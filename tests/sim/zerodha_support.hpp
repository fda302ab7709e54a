// The simulated Zerodha on real sockets, in the test's own loop, and plain clients that remember what reached them.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/net/ws_client.hpp"
#include "tests/sim/sim_support.hpp"
#include "tools/sim/zerodha/packets.hpp"
#include "tools/sim/zerodha/server.hpp"

namespace tidegate::test {

namespace kite = sim::zerodha;

inline constexpr std::uint32_t kNifty = 256265, kReliance = 738561, kInfy = 408065;

/// A client of one connection.
class KiteClient final : public net::WsClientHandler {
 public:
  KiteClient(net::EventLoop& loop, const std::string& url) : socket(loop, *this) {
    net::WsClientOptions options;
    options.url = url;
    socket.connect(options);
  }
  void on_open() override { opened = true; }
  void on_message(std::string&& payload, bool binary) override {
    if (!binary) {
      texts.push_back(std::move(payload));
    } else if (payload.size() == 1) {
      heartbeats.push_back(std::move(payload));
    } else {
      data.push_back(std::move(payload));
    }
  }
  void on_pong(std::string_view payload) override { pongs.emplace_back(payload); }
  void on_closed(const net::WsClosed& why) override { closed = why; }

  void send(std::string_view text) { socket.send_text(text); }
  /// Bodies of all data so far, in order.
  [[nodiscard]] std::vector<std::string> bodies() const {
    std::vector<std::string> out;
    for (const std::string& message : data) {
      std::vector<std::string_view> parts;
      CHECK(kite::split_message(message, parts));
      out.insert(out.end(), parts.begin(), parts.end());
    }
    return out;
  }
  [[nodiscard]] bool refused_with(int status) const { return closed && closed->http_status == status; }

  bool opened = false;
  std::vector<std::string> texts, heartbeats, data, pongs;
  std::optional<net::WsClosed> closed;
  net::WsClient socket;
};

/// Options under which nothing moves by itself and everything comes soon.
inline sim::ZerodhaOptions still_options() {
  sim::ZerodhaOptions options;
  options.updates_per_second = 0;
  options.heartbeat_interval = std::chrono::milliseconds{40};
  options.flush_interval = std::chrono::milliseconds{20};
  options.start_after = std::chrono::milliseconds{50};
  return options;
}

struct KiteFixture : SimFixture<sim::ZerodhaServer> {
  explicit KiteFixture(const sim::ZerodhaOptions& options = still_options()) : SimFixture(options) {}
  [[nodiscard]] std::string url(const std::string& target = "/?api_key=key&access_token=token") const { return ws_url(target); }
  void until_open(const KiteClient& client) {
    until([&] { return client.opened && !client.texts.empty(); });
  }
  /// All that was on its way to the client before this call has arrived after it, when the simulator still answers.
  void settle(KiteClient& client) {
    const std::size_t before = client.pongs.size();
    client.socket.ping("settle");
    until([&] { return client.pongs.size() > before; });
  }
};

/// A packet of so many bytes whose fields count up from `first`.
inline std::string body_of(std::uint32_t token, std::size_t bytes, std::uint32_t first = 1) {
  std::string out(bytes, '\0');
  for (std::size_t offset = 0; offset + 4 <= bytes; offset += 4) {
    kite::put_u32(out.data() + offset, offset == 0 ? token : first + static_cast<std::uint32_t>(offset));
  }
  return out;
}

inline std::string message_of(const std::vector<std::string>& bodies) {
  kite::Batch batch;
  batch.clear();
  for (const std::string& body : bodies) batch.add(body);
  return batch.bytes();
}

}  // namespace tidegate::test
