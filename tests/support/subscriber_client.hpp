// A subscriber as a test sees it: sends requests, keeps every message, waits for conditions.
#pragma once

#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/net/event_loop.hpp"
#include "gateway/net/ws_client.hpp"

namespace tidegate::test {

class SubscriberClient final : private net::WsClientHandler {
 public:
  using Json = rapidjson::Value;

  explicit SubscriberClient(std::uint16_t port, std::string path = "/ws") {
    net::WsClientOptions options;
    options.url = "ws://127.0.0.1:" + std::to_string(port) + path;
    options.message_bytes_max = std::size_t{64} << 20U;
    client_.connect(options);
    wait_until("the connection is open", [this] { return open_ || closed_; });
    REQUIRE(open_);
  }

  /// Sees every message as it comes; return value ignored.
  std::function<void(const Json&)> on_json;
  /// True: the gateway may close this connection.
  bool expects_close = false;
  /// False: messages are only shown to on_json, for runs of hundreds of thousands.
  bool keep = true;

  void send(std::string_view json) { client_.send_text(json); }
  void subscribe(std::string_view channels, std::string_view symbols, std::string_view options = "{}") {
    send(R"({"op":"subscribe","id":1,"channels":)" + std::string{channels} + R"(,"symbols":)" + std::string{symbols} + R"(,"options":)" +
         std::string{options} + "}");
  }

  /// Runs this side until `done`, and fails the test when that does not come.
  void wait_until(std::string_view what, const std::function<bool()>& done, std::chrono::seconds limit = std::chrono::seconds{60}) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!done()) {
      if (std::chrono::steady_clock::now() >= end) FAIL("waited in vain until " << what << "; last messages:\n" << tail());
      if (closed_ && open_ && !expects_close)
        FAIL("the gateway closed with " << closing_.code << " " << closing_.reason << " while the test waited until " << what);
      loop_.run_for(std::chrono::milliseconds{20});
    }
  }
  /// The first kept message from `from` on for which `matches`; waits for it.
  const Json& wait_for(std::string_view what, const std::function<bool(const Json&)>& matches, std::size_t from = 0) {
    std::size_t next = from;
    const Json* found = nullptr;
    wait_until(what, [&] {
      for (; next < messages_.size() && found == nullptr; ++next) {
        if (matches(messages_[next])) found = &messages_[next];
      }
      return found != nullptr;
    });
    return *found;
  }
  void run_for(std::chrono::milliseconds duration) { loop_.run_for(duration); }

  [[nodiscard]] const std::deque<rapidjson::Document>& messages() const { return messages_; }
  [[nodiscard]] bool closed() const { return closed_; }
  [[nodiscard]] const net::WsClosed& closing() const { return closing_; }

  /// Text of a key, empty when it is absent or no string.
  static std::string_view text(const Json& message, const char* key) {
    const auto it = message.FindMember(key);
    return it != message.MemberEnd() && it->value.IsString() ? std::string_view{it->value.GetString(), it->value.GetStringLength()}
                                                             : std::string_view{};
  }
  static bool is(const Json& message, std::string_view type) { return text(message, "type") == type; }
  static bool has_flag(const Json& message, std::string_view flag) {
    const auto it = message.FindMember("flags");
    if (it == message.MemberEnd() || !it->value.IsArray()) return false;
    for (const auto& value : it->value.GetArray()) {
      if (value.IsString() && value.GetString() == flag) return true;
    }
    return false;
  }

 private:
  void on_open() override { open_ = true; }
  void on_message(std::string&& payload, bool) override {
    rapidjson::Document message;
    message.Parse(payload.data(), payload.size());
    REQUIRE_FALSE(message.HasParseError());
    last_.push_back(payload.substr(0, 300));
    if (last_.size() > 8) last_.pop_front();
    if (on_json) on_json(message);
    if (keep) messages_.push_back(std::move(message));
  }
  void on_closed(const net::WsClosed& closed) override {
    closed_ = true;
    closing_ = closed;
  }
  [[nodiscard]] std::string tail() const {
    std::string text;
    for (const std::string& line : last_) text += line + "\n";
    return text;
  }

  net::EventLoop loop_;
  net::WsClient client_{loop_, *this};
  std::deque<rapidjson::Document> messages_;
  std::deque<std::string> last_;
  bool open_ = false;
  bool closed_ = false;
  net::WsClosed closing_;
};

}  // namespace tidegate::test
