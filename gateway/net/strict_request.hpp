// websocketpp's HTTP parser behind the checks of RFC 9112 and RFC 6455 that it leaves out. Internal to gateway/net.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/net/ws_config.hpp"

#include <websocketpp/http/request.hpp>
#include <websocketpp/utilities.hpp>

namespace tidegate::net::ws {

/// Takes the place of websocketpp's request. What is wrong is thrown as websocketpp's http::exception, which its connection answers with.
class StrictRequest : public websocketpp::http::parser::request {
 public:
  using Base = websocketpp::http::parser::request;
  using ptr = websocketpp::lib::shared_ptr<StrictRequest>;

  /// What is agreed of permessage-deflate, and whether there may be anything. Its connection shows a request as constant, and is told here.
  struct Deflate {
    bool allowed = false;
    std::uint8_t window_bits = 0;  // 0: nothing
  };
  [[nodiscard]] Deflate& deflate() const { return deflate_; }

  /// Hides the base's, which websocketpp::connection calls through this type.
  std::size_t consume(const char* bytes, std::size_t size) {
    const bool head_is_new = !head_ended_;
    for (std::size_t i = 0; i < size && !head_ended_; ++i) check(bytes[i]);
    const std::size_t used = Base::consume(bytes, size);
    if (head_is_new && head_ended_) check_head();
    return used;
  }

 private:
  using Status = websocketpp::http::status_code::value;
  [[noreturn]] static void refuse(const char* why, Status status = websocketpp::http::status_code::bad_request) {
    throw websocketpp::http::exception(why, status);
  }

  /// One byte of the head: lines end in CR LF, names end at their colon, no line goes on in the next, no other control characters (RFC
  /// 9112, 2.2, 5.1, 5.2).
  void check(char c) {
    const auto byte = static_cast<unsigned char>(c);
    if ((last_ == '\r') != (c == '\n')) refuse("A line that ends in something else than CR LF");
    last_ = c;
    if (c == '\n') {
      head_ended_ = line_bytes_ == 0;
      line_bytes_ = 0;
      first_line_ = false;
      in_name_ = true;
      return;
    }
    if (c == '\r') return;
    if ((byte < 0x20 && c != '\t') || byte == 0x7F) refuse("A control character");
    ++line_bytes_;
    if (first_line_ || !in_name_) return;
    if (c == ' ' || c == '\t') refuse("White space around the name of a header");
    in_name_ = c != ':';
  }

  void check_head() {
    const std::string& version = get_version();
    if (version != "HTTP/1.1" && version != "HTTP/1.0") {
      const bool is_version = version.size() == 8 && version.compare(0, 5, "HTTP/") == 0;
      refuse("Not HTTP/1.1", is_version ? Status::http_version_not_supported : Status::bad_request);
    }
    if (!get_header("Transfer-Encoding").empty()) refuse("Transfer-Encoding", Status::not_implemented);
    const std::string& length = get_header("Content-Length");
    if (!std::all_of(length.begin(), length.end(), [](char c) { return c >= '0' && c <= '9'; })) refuse("Content-Length");
    make_origin_form();
    if (get_header("Host").find_first_of(", \t/\\@?#") != std::string::npos) refuse("Host");  // two of them come joined by a comma
    if (has_token("Upgrade", "websocket")) check_upgrade();
  }

  /// A target is a path; of a whole URL (RFC 9112, 3.2.2) the host counts instead of the header.
  void make_origin_form() {
    const std::string target = get_uri();
    if (target.empty()) refuse("Target");
    if (target.front() == '?') return set_uri("/" + target);  // no path at all, as some programs ask: it says nothing else
    if (target.front() == '/' || target == "*") return;
    for (const std::string_view scheme : {std::string_view("http://"), std::string_view("https://")}) {
      if (target.compare(0, scheme.size(), scheme) != 0) continue;
      const std::size_t end = std::min(target.find_first_of("/?", scheme.size()), target.size());
      const std::string path = target.substr(end);
      replace_header("Host", target.substr(scheme.size(), end - scheme.size()));
      if (get_header("Host").empty()) break;
      return set_uri(path.empty() || path.front() != '/' ? "/" + path : path);
    }
    refuse("Target");
  }

  void check_upgrade() {
    const std::string& version = get_header("Sec-WebSocket-Version");
    if (version.empty()) refuse("No Sec-WebSocket-Version");
    // websocketpp answers each old draft in its own way; one of them stands for all, and the connection refuses it with 426.
    if (version != "13") return replace_header("Sec-WebSocket-Version", "8");
    const std::string& key = get_header("Sec-WebSocket-Key");
    const bool is_key = key.size() == 24 && key.compare(22, 2, "==") == 0 && std::all_of(key.begin(), key.end() - 2, is_base64);
    if (!is_key) refuse("Sec-WebSocket-Key");  // 16 bytes in base64 (RFC 6455, 4.2.1)
  }

  [[nodiscard]] bool has_token(const std::string& name, const std::string& token) const {
    const std::string& value = get_header(name);
    return websocketpp::utility::ci_find_substr(value, token) != value.end();
  }
  static bool is_base64(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/'; }

  char last_ = '\0';
  std::size_t line_bytes_ = 0;
  bool first_line_ = true;
  bool in_name_ = false;
  bool head_ended_ = false;
  mutable Deflate deflate_;
};

}  // namespace tidegate::net::ws
