// HttpClient against WsServer, and WsServer's HTTP against a raw peer.
#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gateway/net/http_client.hpp"
#include "tests/net/support.hpp"

using namespace std::chrono_literals;
using namespace tidegate::net;
using namespace tidegate::net::test;

namespace {

struct Fixture {
  HttpAnswer call(HttpCall call) {
    HttpAnswer answer;
    bool came = false;
    client.send(std::move(call), loop, [&](HttpAnswer&& given) {
      CHECK(loop.on_this_thread());
      answer = std::move(given);
      came = true;
    });
    REQUIRE(run_until(loop, [&] { return came; }));
    return answer;
  }
  HttpAnswer get(const std::string& target) {
    HttpCall wanted;
    wanted.url = echo.http_url(target);
    return call(wanted);
  }

  EventLoop loop;
  EchoServer echo{loop};
  HttpClient client;
};

}  // namespace

TEST_CASE("http: a GET brings status, headers in lower case, and the body") {
  Fixture http;
  http.echo.http = [](const HttpRequest& request, const HttpReply& reply) {
    CHECK(request.method == "GET");
    CHECK(request.path() == "/v1/data");
    CHECK(request.query("symbols") == "A,B");
    CHECK(request.header("X-Api-Key") == "k");
    CHECK(request.header("user-agent") == "tidegate");
    CHECK(request.remote_address == "127.0.0.1");
    reply({.status = 200, .body = "{\"a\":1}", .headers = {{"X-MBX-Used-Weight", "17"}}});
  };
  HttpCall call;
  call.url = http.echo.http_url("/v1/data?symbols=A%2CB");
  call.headers = {{"X-Api-Key", "k"}};
  const HttpAnswer answer = http.call(call);
  CHECK(answer.error.empty());
  CHECK(answer.status == 200);
  CHECK(answer.body == "{\"a\":1}");
  CHECK(answer.header("x-mbx-used-weight") == "17");
  CHECK(answer.header("content-type") == "application/json");
  CHECK(answer.header("absent").empty());
}

TEST_CASE("http: POST, PUT and DELETE carry their body") {
  Fixture http;
  http.echo.http = [](const HttpRequest& request, const HttpReply& reply) { reply({.body = request.method + ":" + request.body}); };
  for (const char* method : {"POST", "PUT", "DELETE"}) {
    HttpCall call;
    call.method = method;
    call.url = http.echo.http_url("/");
    call.body = std::string(100'000, 'b');
    CHECK(http.call(call).body == std::string(method) + ":" + call.body);
    call.body.clear();
    CHECK(http.call(call).body == std::string(method) + ":");
  }
}

TEST_CASE("http: HEAD brings the length and no body") {
  Fixture http;
  http.echo.http = [](const HttpRequest&, const HttpReply& reply) { reply({.body = "12345"}); };
  HttpCall call;
  call.method = "HEAD";
  call.url = http.echo.http_url("/");
  const HttpAnswer answer = http.call(call);
  CHECK(answer.status == 200);
  CHECK(answer.body.empty());
  CHECK(answer.header("content-length") == "5");
}

TEST_CASE("http: a status of failure is an answer, and a redirect is not followed") {
  Fixture http;
  for (const int status : {302, 404, 429, 500}) {
    http.echo.http = [&](const HttpRequest&, const HttpReply& reply) {
      reply({.status = status, .body = "words", .headers = {{"Location", "/elsewhere"}}});
    };
    const HttpAnswer answer = http.get("/");
    CHECK(answer.status == status);
    CHECK(answer.body == "words");
    CHECK(answer.error.empty());
  }
}

TEST_CASE("http: an answer of several megabytes arrives whole") {
  Fixture http;
  const std::string big(5U << 20U, 'z');
  http.echo.http = [&](const HttpRequest&, const HttpReply& reply) { reply({.body = big}); };
  CHECK(http.get("/").body == big);
}

TEST_CASE("http client: an answer over the limit is an error") {
  Fixture http;
  http.echo.http = [&](const HttpRequest&, const HttpReply& reply) { reply({.body = std::string(1001, 'x')}); };
  HttpCall call;
  call.url = http.echo.http_url("/");
  call.body_bytes_max = 1000;
  const HttpAnswer answer = http.call(call);
  CHECK(answer.status == 0);
  CHECK(answer.body.empty());
  CHECK(answer.error == "the answer is larger than 1000 bytes");
  call.body_bytes_max = 1001;
  CHECK(http.call(call).status == 200);
}

TEST_CASE("http client: no answer in time, nobody there, or a wrong scheme are errors with words") {
  Fixture http;
  std::vector<HttpReply> kept;
  http.echo.http = [&](const HttpRequest&, HttpReply reply) { kept.push_back(std::move(reply)); };
  HttpCall call;
  call.url = http.echo.http_url("/");
  call.timeout = 50ms;
  HttpAnswer answer = http.call(call);
  CHECK(answer.status == 0);
  CHECK_FALSE(answer.error.empty());

  call.timeout = 10s;
  {
    EchoServer gone(http.loop);
    call.url = gone.http_url("/");
  }
  CHECK_FALSE(http.call(call).error.empty());
  for (const char* url : {"file:///etc/passwd", "ftp://127.0.0.1/", "", "http://"}) {
    call.url = url;
    answer = http.call(call);
    CHECK(answer.status == 0);
    CHECK_FALSE(answer.error.empty());
  }
  call.url = http.echo.http_url("/");
  call.headers = {{"X", "a\r\nInjected: b"}};
  CHECK_FALSE(http.call(call).error.empty());
}

TEST_CASE("http client: a cancelled call never answers, whether under way or already on the loop") {
  Fixture http;
  std::vector<HttpReply> kept;
  http.echo.http = [&](const HttpRequest& request, HttpReply reply) {
    if (request.path() == "/wait") return kept.push_back(std::move(reply));
    reply({});
  };
  bool answered = false;
  const auto held = std::make_shared<int>(0);
  HttpCall call;
  call.url = http.echo.http_url("/wait");
  const auto under_way = http.client.send(call, http.loop, [&answered, held](HttpAnswer&&) { answered = true; });
  REQUIRE(run_until(http.loop, [&] { return !kept.empty(); }));
  http.client.cancel(under_way);
  CHECK(held.use_count() == 1);
  CHECK(http.get("/").status == 200);
  kept.clear();

  // Cancelled from a handler that runs just before: the answer is already posted, or will be.
  call.url = http.echo.http_url("/");
  for (int i = 0; i < 50; ++i) {
    HttpClient::Token second = 0;
    bool first_done = false;
    http.client.send(call, http.loop, [&](HttpAnswer&&) {
      first_done = true;
      http.client.cancel(second);
    });
    second = http.client.send(call, http.loop, [&](HttpAnswer&&) { answered = answered || first_done; });
    REQUIRE(run_until(http.loop, [&] { return first_done; }));
  }
  CHECK(http.get("/").status == 200);
  CHECK_FALSE(answered);
  http.client.cancel(under_way);  // again, and long over
}

TEST_CASE("http client: destroyed with calls under way it calls nobody") {
  EventLoop loop;
  EchoServer echo(loop);
  std::vector<HttpReply> kept;
  echo.http = [&](const HttpRequest& request, HttpReply reply) {
    if (request.path() == "/wait") return kept.push_back(std::move(reply));
    reply({});
  };
  bool answered = false;
  auto client = std::make_unique<HttpClient>();
  HttpCall call;
  for (const char* target : {"/wait", "/wait", "/"}) {
    call.url = echo.http_url(target);
    client->send(call, loop, [&](HttpAnswer&&) { answered = true; });
  }
  REQUIRE(run_until(loop, [&] { return kept.size() == 2; }));
  answered = false;
  client.reset();
  settle(loop);
  CHECK_FALSE(answered);
}

TEST_CASE("http client: calls from several threads are answered on the loops they name") {
  EventLoop server_loop;
  EchoServer echo(server_loop);
  HttpClient client;
  const std::string url = echo.http_url("/");
  std::atomic<int> done{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      EventLoop loop;
      int answers = 0;
      for (int i = 0; i < 20; ++i) {
        HttpCall call;
        call.url = url;
        client.send(call, loop, [&](HttpAnswer&& answer) { answers += loop.on_this_thread() && answer.status == 200 ? 1 : 0; });
      }
      if (run_until(loop, [&] { return answers == 20; })) ++done;
    });
  }
  CHECK(run_until(server_loop, [&] { return done == 3; }));
  for (std::thread& thread : threads) thread.join();
}

TEST_CASE("http server: a reply after the client has gone, a second reply and a reply after the server has gone do nothing") {
  EventLoop loop;
  auto echo = std::make_unique<EchoServer>(loop);
  std::vector<HttpReply> kept;
  echo->http = [&](const HttpRequest&, HttpReply reply) { kept.push_back(std::move(reply)); };
  const auto ask = [&] {
    auto peer = std::make_unique<RawPeer>(echo->server.port());
    const std::size_t before = kept.size();
    peer->send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    REQUIRE(run_until(loop, [&] { return kept.size() > before; }));
    return peer;
  };
  auto gone = ask();
  gone.reset();
  settle(loop);
  kept[0]({.body = "too late"});
  settle(loop);
  kept[0]({.body = "again"});
  settle(loop);

  auto twice = ask();
  kept[1]({.body = "first"});
  kept[1]({.body = "second"});
  REQUIRE(run_until(loop, [&] { return !twice->read(); }));
  CHECK(twice->received.find("first") != std::string::npos);
  CHECK(twice->received.find("second") == std::string::npos);
  CHECK(twice->received.find("Connection: close\r\n") != std::string::npos);

  const auto served_no_more = ask();
  echo.reset();
  kept[2]({.body = "no server"});
  settle(loop);
}

TEST_CASE("http server: a reply dropped unanswered ends the connection") {
  EventLoop loop;
  EchoServer echo(loop);
  echo.http = [](const HttpRequest&, const HttpReply&) {};
  RawPeer peer(echo.server.port());
  peer.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  REQUIRE(run_until(loop, [&] { return !peer.read(); }));
  CHECK(peer.received.empty());
}

TEST_CASE("http server: a body over the limit is refused with 413") {
  WsServerOptions options;
  options.http_body_bytes_max = 100;
  EventLoop loop;
  EchoServer echo(loop, options);
  RawPeer peer(echo.server.port());
  peer.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 101\r\n\r\n");
  REQUIRE(run_until(loop, [&] { return !peer.read(); }));
  CHECK(peer.received.substr(0, 12) == "HTTP/1.1 413");
}

TEST_CASE("http server: a client that takes no byte of a large answer is cut") {
  WsServerOptions options;
  options.handshake_timeout = 50ms;
  options.socket_send_buffer_bytes = 4096;
  EventLoop loop;
  EchoServer echo(loop, options);
  auto replied = std::make_shared<int>(0);
  echo.http = [&](const HttpRequest&, const HttpReply& reply) {
    reply({.body = std::string(8U << 20U, 'x')});
    ++*replied;
  };
  RawPeer peer(echo.server.port(), 4096);
  peer.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  REQUIRE(run_until(loop, [&] { return *replied == 1; }));
  const auto quiet_until = std::chrono::steady_clock::now() + 300ms;
  REQUIRE(run_until(loop, [&] { return std::chrono::steady_clock::now() > quiet_until; }));
  REQUIRE(run_until(loop, [&] { return !peer.read(); }));
  CHECK(peer.reset);
}

TEST_CASE("http: a last call is made although the client ends at once, and only such a one") {
  EventLoop loop;
  EchoServer echo{loop};
  std::vector<std::string> asked;
  echo.http = [&](const HttpRequest& request, const HttpReply& reply) {
    asked.push_back(request.method + " " + request.target);
    reply({});
  };
  auto client = std::make_unique<HttpClient>();
  HttpCall last;
  last.method = "DELETE";
  last.url = echo.http_url("/session");
  client->send_last(std::move(last));
  std::atomic<bool> ended{false};
  std::thread ending{[&] {
    client.reset();
    ended = true;
  }};
  CHECK(run_until(loop, [&] { return ended.load(); }));
  ending.join();
  CHECK(asked == std::vector<std::string>{"DELETE /session"});
}
