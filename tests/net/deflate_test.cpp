// permessage-deflate at WsServer: what is agreed, what leaves, what may come. The other side is zlib itself, and a peer whose every byte the test
// decides.
#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/net/deflate_peer.hpp"
#include "tests/net/support.hpp"

using namespace std::chrono_literals;
using namespace tidegate::net;
using namespace tidegate::net::test;

namespace {

constexpr std::uint8_t kCompressed = 0x40;
constexpr std::uint8_t kCompressedText = kText | kCompressed;
constexpr std::string_view kAgreed = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

WsServerOptions compressing() {
  WsServerOptions options = either_way();
  options.compression.on = true;
  return options;
}

/// A message that shrinks; each number another one.
std::string message(int number, std::size_t size = 600) {
  std::string text = R"({"number":)" + std::to_string(number);
  while (text.size() < size) text += R"(,"price":"64213.)" + std::to_string(text.size() * 7919 % 100) + '"';
  return text + '}';
}

/// One connection that has agreed to compression, and its link on the server's side.
struct Deflating {
  explicit Deflating(WsServerOptions options = compressing(), std::string_view offer = "permessage-deflate", int receive_buffer_bytes = 0)
      : echo(loop, options), peer(echo, receive_buffer_bytes) {
    agreed = upgrade(loop, peer, offer);
    REQUIRE(run_until(loop, [&] { return !echo.connections.empty(); }));
  }
  WsConnection& link() { return *echo.connections.at(0); }

  EventLoop loop;
  EchoServer echo;
  RawPeer peer;
  std::string agreed;
};

}  // namespace

TEST_CASE("deflate server: switched off, nothing is agreed and a compressed frame breaks the protocol") {
  Deflating one(either_way());
  CHECK(one.agreed.empty());
  one.link().send_text(message(1));
  CHECK(read_frames(one.loop, one.peer, 1).at(0).payload == message(1));
  one.peer.send(client_frame(kCompressedText, deflated("hello")));
  CHECK(close_code(one.loop, one.peer) == 1002);
}

TEST_CASE("deflate server: switched on, a client that offers nothing gets nothing compressed and must not send it") {
  Deflating one(compressing(), "");
  CHECK(one.agreed.empty());
  one.link().send_text(message(1));
  const auto frames = read_frames(one.loop, one.peer, 1);
  CHECK(frames.at(0).first == kText);
  CHECK(frames.at(0).payload == message(1));
  one.peer.send(client_frame(kCompressedText, deflated("hello")));
  CHECK(close_code(one.loop, one.peer) == 1002);
}

TEST_CASE("deflate server: a header that is no list of extensions is a bad request") {
  const WsServerOptions options = compressing();
  EventLoop loop;
  EchoServer echo(loop, options);
  RawPeer peer(echo);
  peer.send(upgrade_request("permessage-deflate; =8"));
  CHECK(read_all(loop, peer).substr(0, 12) == "HTTP/1.1 400");
}

TEST_CASE("deflate server: an upgrade that is refused agrees to nothing") {
  const WsServerOptions options = compressing();
  EventLoop loop;
  EchoServer echo(loop, options);
  echo.upgrade_status = 403;
  RawPeer peer(echo);
  peer.send(upgrade_request("permessage-deflate"));
  const std::string answer = read_all(loop, peer);
  CHECK(answer.substr(0, 12) == "HTTP/1.1 403");
  CHECK(answer.find("Sec-WebSocket-Extensions") == std::string::npos);
}

TEST_CASE("deflate server: a shared frame is compressed once, and every client that agreed gets the same bytes") {
  const WsServerOptions options = compressing();
  EventLoop loop;
  FramePool pool;
  EchoServer echo(loop, options);
  RawPeer first(echo), second(echo), plain(echo);
  CHECK(upgrade(loop, first, "permessage-deflate") == kAgreed);
  CHECK(upgrade(loop, second, "permessage-deflate; client_max_window_bits") == kAgreed);
  CHECK(upgrade(loop, plain, "").empty());
  REQUIRE(run_until(loop, [&] { return echo.connections.size() == 3; }));
  constexpr int kMessages = 5;
  for (int i = 0; i < kMessages; ++i) {
    const FrameRef frame = pool.make(message(i));
    for (WsConnection* connection : echo.connections) connection->send(frame);
  }
  const auto of_first = read_frames(loop, first, kMessages);
  const auto of_second = read_frames(loop, second, kMessages);
  const auto of_plain = read_frames(loop, plain, kMessages);
  REQUIRE(of_first.size() == kMessages);
  REQUIRE(of_second.size() == kMessages);
  REQUIRE(of_plain.size() == kMessages);
  std::uint64_t before = 0, after = 0;
  for (int i = 0; i < kMessages; ++i) {
    const auto at = static_cast<std::size_t>(i);
    CHECK(of_first[at].first == kCompressedText);
    CHECK(of_first[at].payload == of_second[at].payload);
    CHECK(inflated(of_first[at].payload) == message(i));  // each on its own
    CHECK(of_plain[at].first == kText);
    CHECK(of_plain[at].payload == message(i));
    before += message(i).size() + 4;
    after += of_first[at].payload.size() + (of_first[at].payload.size() < 126 ? 2 : 4);
  }
  const CompressionTotals totals = echo.server.totals().compression;
  CHECK(totals.frames == kMessages);
  CHECK(totals.frames_as_before == 0);
  CHECK(totals.bytes_before == before);
  CHECK(totals.bytes_after == after);
  CHECK(after < before);
}

TEST_CASE("deflate server: small messages, messages that do not shrink and control frames stay as they are") {
  Deflating one;
  const std::size_t least = WsServerOptions{}.compression.payload_bytes_min;
  std::string noise(2000, '\0');
  std::uint32_t state = 1;
  for (char& c : noise) c = static_cast<char>((state = state * 1664525 + 1013904223) >> 24U);
  one.link().send_text(std::string(least - 1, 'x'));
  one.link().send_text(std::string(least, 'x'));
  one.link().send_binary(noise);
  one.link().send_binary(std::string(300, 'y'));
  one.link().ping(std::string(125, 'z'));
  one.link().send_text("");
  const auto frames = read_frames(one.loop, one.peer, 6);
  REQUIRE(frames.size() == 6);
  CHECK(frames[0].first == kText);
  CHECK(frames[1].first == kCompressedText);
  CHECK(inflated(frames[1].payload) == std::string(least, 'x'));
  CHECK(frames[2].first == 0x82);
  CHECK(frames[2].payload == noise);
  CHECK(frames[3].first == (0x82 | kCompressed));
  CHECK(inflated(frames[3].payload) == std::string(300, 'y'));
  CHECK(frames[4].first == kPing);
  CHECK(frames[4].payload == std::string(125, 'z'));
  CHECK(frames[5].first == kText);
  CHECK(frames[5].payload.empty());
  CHECK(one.echo.server.totals().compression.frames_as_before == 1);
}

TEST_CASE("deflate server: a client with a smaller window gets compressed what its window holds, and the rest as it is") {
  Deflating one(compressing(), "permessage-deflate; server_max_window_bits=9");
  CHECK(one.agreed == std::string(kAgreed) + "; server_max_window_bits=9");
  const std::string fits = message(1).substr(0, 512), larger = message(2).substr(0, 513);
  one.link().send_text(fits);
  one.link().send_text(larger);
  const auto frames = read_frames(one.loop, one.peer, 2);
  REQUIRE(frames.size() == 2);
  CHECK(frames[0].first == kCompressedText);
  CHECK(inflated(frames[0].payload, 9) == fits);
  CHECK(frames[1].first == kText);
  CHECK(frames[1].payload == larger);
}

TEST_CASE("deflate server: compressed messages are read, in pieces and byte by byte too, and a ping between the pieces is answered first") {
  Deflating one;
  const std::string text = message(7);
  const std::string bytes = deflated(text);
  REQUIRE(bytes.size() > 12);
  one.peer.send(client_frame(kCompressedText, bytes));
  one.peer.send(client_frame(kFirstPiece | kCompressed, bytes.substr(0, 5)));
  one.peer.send(client_frame(kPing, "between"));
  one.peer.send(client_frame(kMiddlePiece, bytes.substr(5, 4)));
  one.peer.send(client_frame(kMiddlePiece, ""));
  one.peer.send(client_frame(kLastPiece, bytes.substr(9)));
  one.peer.send(client_frame(kText, "as it is"));
  for (const char c : client_frame(kCompressedText, bytes)) {
    one.peer.send({&c, 1});
    one.loop.poll();
  }
  one.peer.send(client_frame(0x82 | kCompressed, deflated("\xFF\xFE")));
  const auto frames = read_frames(one.loop, one.peer, 6);
  REQUIRE(frames.size() == 6);
  CHECK(inflated(frames[0].payload) == text);
  CHECK(frames[1].first == kPong);
  CHECK(inflated(frames[2].payload) == text);
  CHECK(frames[3].payload == "as it is");
  CHECK(inflated(frames[4].payload) == text);
  CHECK(frames[5].first == 0x82);
  CHECK(frames[5].payload == "\xFF\xFE");
}

TEST_CASE("deflate server: every way to write a compressed message is understood") {
  const struct {
    const char* what;
    std::string bytes;
    std::string text;
  } cases[] = {
      {"empty", std::string(1, '\0'), ""},
      {"the example of RFC 7692, 7.2.3.1", "\xF2\x48\xCD\xC9\xC9\x07" + std::string(1, '\0'), "Hello"},
      {"a stored block (7.2.3.3)", std::string("\x00\x05\x00\xFA\xFF\x48\x65\x6C\x6C\x6F\x00", 11), "Hello"},
      {"a block that calls itself the last (7.2.3.4)", std::string("\xF3\x48\xCD\xC9\xC9\x07\x00\x00", 8), "Hello"},
      {"two blocks (7.2.3.5)", std::string("\xF2\x48\x05\x00\x00\x00\xFF\xFF\xCA\xC9\xC9\x07\x00", 13), "Hello"},
      {"two blocks of which each calls itself the last", std::string("\xF3\x48\xCD\xC9\xC9\x07\x00\xF3\x48\xCD\xC9\xC9\x07\x00\x00", 15),
       "HelloHello"},
  };
  Deflating one;
  for (const auto& each : cases) {
    CAPTURE(each.what);
    one.peer.send(client_frame(kCompressedText, each.bytes));
    const auto frames = read_frames(one.loop, one.peer, 1);
    REQUIRE(frames.size() == 1);
    REQUIRE(frames[0].first == kText);
    CHECK(frames[0].payload == each.text);
  }
}

TEST_CASE("deflate server: compressed messages of every length come as they are") {
  Deflating one;
  std::string last;
  one.echo.when_message = [&](WsConnection&, std::string_view payload) { last = payload; };
  for (std::size_t size = 0; size <= 2100; ++size) {
    const std::string text(size, 'x');
    one.peer.send(client_frame(kCompressedText, deflated(text)));
    REQUIRE(run_until(one.loop, [&] { return one.echo.message_count == static_cast<int>(size) + 1; }));
    REQUIRE(last == text);
  }
}

TEST_CASE("deflate server: what a client must not send compressed is answered with the close code the standards give") {
  const std::string good = deflated(message(1));
  const struct {
    const char* what;
    std::string bytes;
    int code;
  } cases[] = {
      {"no DEFLATE", client_frame(kCompressedText, "\xFF\xFF\xFF\xFF"), 1007},
      {"nothing at all", client_frame(kCompressedText, ""), 1007},
      {"a message that ends within a block", client_frame(kCompressedText, good.substr(0, good.size() / 2)), 1007},
      {"a reference to the message before", client_frame(kCompressedText, good) + client_frame(kCompressedText, deflated(message(1), message(1))),
       1007},
      {"text that is not UTF-8", client_frame(kCompressedText, deflated("ab\xC0\xAF")), 1007},
      {"text that ends within a character", client_frame(kCompressedText, deflated("ab\xE2\x82")), 1007},
      {"a marked piece that is not the first", client_frame(kFirstPiece, "x") + client_frame(kLastPiece | kCompressed, good), 1002},
      {"a marked last piece", client_frame(kFirstPiece | kCompressed, good.substr(0, 3)) + client_frame(kLastPiece | kCompressed, good.substr(3)),
       1002},
      {"a marked ping", client_frame(kPing | kCompressed, deflated("x")), 1002},
      {"another reserved bit", client_frame(0xA1, "x"), 1002},
      {"both", client_frame(0xE1, deflated("x")), 1002},
  };
  const WsServerOptions options = compressing();
  for (const auto& each : cases) {
    CAPTURE(each.what);
    Deflating one(options);
    one.echo.when_message = [](WsConnection&, std::string_view) {};
    one.peer.send(each.bytes);
    CHECK(close_code(one.loop, one.peer) == each.code);
    one.peer.close();
    REQUIRE(run_until(one.loop, [&] { return one.echo.closed_count == 1; }));
    CHECK(one.echo.server.totals().protocol_violations == 1);
  }
}

TEST_CASE("deflate server: the bound of a message holds for what it inflates to, and for what came") {
  WsServerOptions options = compressing();
  options.message_bytes_max = 5000;
  std::string noise(6000, '\0');
  std::uint32_t state = 1;
  for (char& c : noise) c = static_cast<char>((state = state * 1664525 + 1013904223) >> 24U);
  const std::string bomb = deflated(std::string(4U << 20U, 'x'));
  REQUIRE(bomb.size() < options.message_bytes_max);
  const std::string cases[] = {
      client_frame(kCompressedText, deflated(std::string(5001, 'x'))),
      client_frame(kCompressedText, bomb),
      client_frame(kFirstPiece | kCompressed, bomb.substr(0, 100)) + client_frame(kLastPiece, bomb.substr(100)),
      client_frame(0x82 | kCompressed, deflated(noise)),
      client_frame(0x02 | kCompressed, deflated(noise).substr(0, 4000)) + client_frame(kLastPiece, deflated(noise).substr(4000)),
  };
  for (const std::string& bytes : cases) {
    Deflating one(options);
    one.peer.send(client_frame(kCompressedText, deflated(std::string(5000, 'x'))));
    CHECK(inflated(read_frames(one.loop, one.peer, 1).at(0).payload) == std::string(5000, 'x'));
    one.peer.send(bytes);
    CHECK(close_code(one.loop, one.peer) == 1009);
    CHECK(one.echo.message_count == 1);
  }
}

TEST_CASE("deflate server: what waits is counted as it waits, and comes whole to a reader that lags") {
  WsServerOptions options = compressing();
  options.socket_send_buffer_bytes = 4096;
  Deflating one(options, "permessage-deflate", 4096);
  FramePool pool;
  constexpr int kMessages = 2000;
  one.link().send(pool.make(message(0)));
  const std::size_t size = one.link().queued_bytes();
  CHECK(size < message(0).size());
  for (int i = 1; i < kMessages; ++i) {
    one.link().send(pool.make(message(i)));
    if (i % 100 == 0) one.loop.poll();
  }
  CHECK(one.link().queued_bytes() > 0);
  CHECK(one.link().queued_bytes() < kMessages * message(0).size() / 2);
  const auto frames = read_frames(one.loop, one.peer, kMessages);
  REQUIRE(frames.size() == kMessages);
  for (int i = 0; i < kMessages; ++i) REQUIRE(inflated(frames[static_cast<std::size_t>(i)].payload) == message(i));
  CHECK(one.link().queued_bytes() == 0);
}

TEST_CASE("deflate server: frames taken back from a slow reader show their labels") {
  WsServerOptions options = compressing();
  options.socket_send_buffer_bytes = 4096;
  Deflating one(options, "permessage-deflate", 4096);
  FramePool pool;
  constexpr std::uint64_t kMessages = 2000;
  for (std::uint64_t i = 1; i <= kMessages; ++i) {
    FrameRef frame = pool.make(message(static_cast<int>(i)));
    frame.set_label({7, i, i});
    one.link().send(frame);
  }
  one.loop.poll();
  const std::size_t waiting = one.link().queued_bytes();
  REQUIRE(waiting > 0);
  std::uint64_t first = 0, last = 0;
  std::size_t dropped = 0;
  one.link().drop_unsent([&](const FrameRef& frame) {
    const FrameLabel label = frame.label();
    CHECK(label.subject == 7);
    if (first == 0) first = label.first;
    CHECK((last == 0 || label.first == last + 1));
    last = label.last;
    dropped += frame.bytes().size();
  });
  REQUIRE(first > 1);
  CHECK(last == kMessages);
  CHECK(one.link().queued_bytes() == waiting - dropped);
  const auto frames = read_frames(one.loop, one.peer, first - 1);
  REQUIRE(frames.size() == first - 1);  // what had begun came whole, and nothing behind it
  CHECK(inflated(frames.back().payload) == message(static_cast<int>(first - 1)));
}

TEST_CASE("deflate server: a close behind compressed messages comes after them, uncompressed") {
  Deflating one;
  one.link().send_text(message(1));
  one.link().close(4000, "enough");
  one.peer.send(client_frame(kCompressedText, deflated("too late")));
  const auto frames = read_frames(one.loop, one.peer, 2);
  REQUIRE(frames.size() == 2);
  CHECK(inflated(frames[0].payload) == message(1));
  CHECK(frames[1].first == kClose);
  CHECK(frames[1].payload ==
        "\x0F\xA0"
        "enough");
  CHECK(one.echo.message_count == 0);
  one.peer.send(client_frame(kClose, "\x0F\xA0"));
  REQUIRE(run_until(one.loop, [&] { return one.echo.closed_count == 1; }));
  CHECK(one.echo.closed_code == 4000);
}

TEST_CASE("deflate server: a new setting is for new connections; those that are open keep what they agreed") {
  WsServerOptions options = compressing();
  Deflating one(options);
  RawPeer two(one.echo);
  options.compression.on = false;
  one.echo.server.set_limits(options);
  RawPeer three(one.echo);
  CHECK(upgrade(one.loop, three, "permessage-deflate").empty());
  one.link().send_text(message(1));
  CHECK(read_frames(one.loop, one.peer, 1).at(0).first == kCompressedText);
  one.peer.send(client_frame(kCompressedText, deflated("still")));
  CHECK(read_frames(one.loop, one.peer, 1).at(0).payload == "still");
  options.compression.on = true;
  one.echo.server.set_limits(options);
  RawPeer four(one.echo);
  CHECK(upgrade(one.loop, four, "permessage-deflate") == kAgreed);
}
