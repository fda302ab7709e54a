// The simulated Zerodha on real sockets, in the test's own loop, and plain clients that remember what reached them.
#pragma once

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/net/http_client.hpp"
#include "gateway/net/ws_client.hpp"
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

struct KiteFixture {
  explicit KiteFixture(const sim::ZerodhaOptions& options = still_options()) : server(loop, options) {
    const std::string problem = server.listen("127.0.0.1", 0);
    REQUIRE_MESSAGE(problem.empty(), problem);
  }
  [[nodiscard]] std::string url(const std::string& target = "/?api_key=key&access_token=token") const {
    return "ws://127.0.0.1:" + std::to_string(server.port()) + target;
  }
  /// Runs the loop until `done`; a generous deadline fails the test.
  void until(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (!done()) {
      REQUIRE(std::chrono::steady_clock::now() < end);
      loop.run_for(std::chrono::milliseconds{20});
    }
  }
  void until_open(const KiteClient& client) {
    until([&] { return client.opened && !client.texts.empty(); });
  }
  /// All that was on its way to the client before this call has arrived after it, when the simulator still answers.
  void settle(KiteClient& client) {
    const std::size_t before = client.pongs.size();
    client.socket.ping("settle");
    until([&] { return client.pongs.size() > before; });
  }
  void inject(std::string_view fault) {
    const std::string problem = server.inject(fault);
    REQUIRE_MESSAGE(problem.empty(), problem);
  }
  net::HttpAnswer call(net::HttpCall request, const std::string& target) {
    std::optional<net::HttpAnswer> answer;
    request.url = "http://127.0.0.1:" + std::to_string(server.port()) + target;
    http.send(std::move(request), loop, [&](net::HttpAnswer&& given) { answer = std::move(given); });
    until([&] { return answer.has_value(); });
    return *answer;
  }
  net::HttpAnswer get(const std::string& target) { return call({}, target); }

  net::EventLoop loop;
  net::HttpClient http;
  sim::ZerodhaServer server;
};

inline std::string from_hex(std::string_view hex) {
  std::string out;
  int digits = 0;
  unsigned value = 0;
  for (const char c : hex) {
    if (c == ' ') continue;
    value = value * 16 + static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
    if (++digits % 2 == 0) out += static_cast<char>(std::exchange(value, 0));
  }
  return out;
}

inline std::string to_hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    out += kDigits[static_cast<unsigned char>(c) >> 4U];
    out += kDigits[static_cast<unsigned char>(c) & 0xFU];
  }
  return out;
}

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

/// A file that is gone with its test.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view content) {
    static int number = 0;
    path_ = std::filesystem::temp_directory_path() / ("tidegate-kite-" + std::to_string(::getpid()) + "-" + std::to_string(number++));
    write(content);
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  void write(std::string_view content) const { std::ofstream{path_, std::ios::binary | std::ios::trunc} << content; }
  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace tidegate::test
