// What the tests of simulators on real sockets share: the simulator in the test's own loop, REST calls, files, bytes as text.
#pragma once

#include <doctest/doctest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "gateway/core/time.hpp"
#include "gateway/net/http_client.hpp"

namespace tidegate::test {

/// `Server` is a simulator's server class.
template <class Server>
struct SimFixture {
  template <class Options>
  explicit SimFixture(const Options& options, const Clock* clock = nullptr) : server(loop, options, clock) {
    const std::string problem = server.listen("127.0.0.1", 0);
    REQUIRE_MESSAGE(problem.empty(), problem);
  }
  [[nodiscard]] std::string ws_url(const std::string& target) const { return "ws://127.0.0.1:" + std::to_string(server.port()) + target; }
  /// Runs the loop until `done`; a generous deadline fails the test.
  void until(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (!done()) {
      REQUIRE(std::chrono::steady_clock::now() < end);
      loop.run_for(std::chrono::milliseconds{20});
    }
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
  Server server;
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

/// A file that is gone with its test.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view content) {
    static int number = 0;
    path_ = std::filesystem::temp_directory_path() / ("tidegate-sim-" + std::to_string(::getpid()) + "-" + std::to_string(number++));
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
