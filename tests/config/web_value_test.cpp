// ${https://HOST/PATH}: the first line of what a web server answers, within its time, and never in a complaint.
#include "gateway/config/web_value.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <thread>

#include "tests/config/fixture.hpp"

namespace tidegate::test {
namespace {

using namespace std::chrono_literals;

const std::atomic<bool> kNotCancelled{false};

/// Gives each connection the same bytes; nothing: it says nothing until the end.
class CannedServer {
 public:
  explicit CannedServer(std::string answer) : answer_(std::move(answer)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(listener_, 16) == 0);
    REQUIRE(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread{[this] { serve(); }};
  }
  ~CannedServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    for (const int held : held_) ::close(held);
    ::close(listener_);
  }
  CannedServer(const CannedServer&) = delete;
  CannedServer& operator=(const CannedServer&) = delete;

  [[nodiscard]] std::string address(const std::string& path = "/token", const std::string& user = {}) const {
    return "http://" + user + "127.0.0.1:" + std::to_string(port_) + path;
  }

 private:
  void serve() {
    for (int client = ::accept(listener_, nullptr, nullptr); client >= 0; client = ::accept(listener_, nullptr, nullptr)) {
      if (answer_.empty()) {
        held_.push_back(client);
        continue;
      }
      std::array<char, 4096> request{};
      [[maybe_unused]] const ssize_t asked = ::read(client, request.data(), request.size());
      for (std::size_t sent = 0; sent < answer_.size();) {
        const ssize_t size = ::send(client, answer_.data() + sent, answer_.size() - sent, MSG_NOSIGNAL);
        if (size <= 0) break;
        sent += static_cast<std::size_t>(size);
      }
      ::close(client);
    }
  }

  const std::string answer_;
  int listener_;
  std::uint16_t port_ = 0;
  std::vector<int> held_;
  std::thread thread_;
};

std::string answer(const std::string& body, const std::string& status = "200 OK") {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body;
}

std::string problem_of(const std::string& address, Duration limit = 20s, const std::atomic<bool>& cancelled = kNotCancelled) {
  const ResolvedText got = fetch_value(address, limit, cancelled);
  CHECK_FALSE(got.ok());
  CHECK(got.text.empty());
  CHECK_FALSE(got.remedy.empty());
  return got.problem;
}

}  // namespace

TEST_CASE("web value: a reference is the whole text, and https or http") {
  CHECK(web_address("${https://vault/a}") == "https://vault/a");
  CHECK(web_address("${http://127.0.0.1/a}") == "http://127.0.0.1/a");
  for (const char* other : {"x${https://a}", "${https://a}x", "${ftp://a}", "https://a", "${file:https://a}", "${https://a}${https://b}"})
    CHECK(web_address(other).empty());
}

TEST_CASE("web value: the first line of the answer is the value") {
  for (const char* body : {"hunter2", "hunter2\n", "hunter2\r\nmore\n"}) {
    const CannedServer server{answer(body)};
    const ResolvedText got = fetch_value(server.address(), 20s, kNotCancelled);
    CHECK(got.problem == "");
    CHECK(got.text == "hunter2");
  }
}

TEST_CASE("web value: any other answer is a problem that shows neither what was answered nor what is private in the address") {
  for (const auto& [bytes, expected] : std::map<std::string, std::string>{
           {answer("hunter2", "403 Forbidden"), "answered with HTTP status 403"},
           {"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/hunter2\r\nContent-Length: 0\r\n\r\n", "answered with HTTP status 302"},
           {answer("\nhunter2"), "gave nothing on its first line"},
           {answer(""), "gave nothing on its first line"},
           {answer(std::string(40'000, 'x')), "could not be asked"},
           {"hunter2", "could not be asked"},
           {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhunter2", "could not be asked"},
       }) {
    const CannedServer server{bytes};
    const std::string problem = problem_of(server.address("/token?key=private", "me:secret@"));
    CAPTURE(problem);
    CHECK(problem.find(expected) != std::string::npos);
    CHECK(problem.find(server.address()) != std::string::npos);
    for (const char* hidden : {"hunter2", "private", "secret@"}) CHECK(problem.find(hidden) == std::string::npos);
  }
}

TEST_CASE("web value: a server that says nothing is given up after the limit, or when nobody wants the value any more") {
  const CannedServer silent{""};
  CHECK(problem_of(silent.address(), 50ms).find("could not be asked") != std::string::npos);
  const std::atomic<bool> cancelled{true};
  CHECK(problem_of(silent.address(), 1000s, cancelled).find("nobody waits any more") != std::string::npos);
}

TEST_CASE("web value: nothing is asked over the network in the clear") {
  for (const char* address : {"http://vault.example/token", "http://10.0.0.1/token", "http://127.evil.example/", "http://[2001:db8::1]/"})
    CHECK(problem_of(address).find("unencrypted") != std::string::npos);
  CHECK(problem_of("https://").find("names no host") != std::string::npos);
}

TEST_CASE("web value: it gives a broker's secret, and is asked again when the broker is read again") {
  const CannedServer server{answer("hunter2\n")};
  const std::string text = "brokers:\n  b: {adapter: fake, api_key: \"${" + server.address() + "}\"}\n";
  const Config config = load(text);
  CHECK(config.brokers[0].text("api_key") == "hunter2");
  CHECK(config.brokers[0].secret_source("api_key") == "what " + server.address() + " gives");
  CHECK(secret_origin(config, BrokerId{0}, "api_key").kind == ValueOrigin::Kind::Web);
  const std::vector<SecretSource> sources = secret_sources_of(config, BrokerId{0});
  REQUIRE(sources.size() == 1);
  CHECK(ask(sources[0], 20s, kNotCancelled).text == "hunter2");
  CHECK(read_broker_again(config, BrokerId{0}, {{sources[0], {"hunter3", {}, {}}}}).text("api_key") == "hunter3");
  CHECK(complaint("brokers:\n  b: {adapter: fake, label: \"${https://vault/a}\"}\n").find("a web server can give a secret of a broker only") !=
        std::string::npos);
}

}  // namespace tidegate::test
