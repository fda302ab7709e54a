#include "gateway/config/web_value.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

#include "gateway/config/config_error.hpp"
#include "gateway/config/values.hpp"
#include "gateway/net/event_loop.hpp"
#include "gateway/net/http_client.hpp"

namespace tidegate {
namespace {

constexpr std::string_view kSecure = "https://";
constexpr std::string_view kPlain = "http://";
constexpr std::size_t kBodyBytesMax = 16U << 10U;
constexpr std::chrono::milliseconds kLook{20};  // how often it is looked whether anybody still wants the answer
constexpr int kOk = 200;

/// Nothing: cancelled.
std::optional<net::HttpAnswer> get(const std::string& address, Duration limit, const std::atomic<bool>& cancelled) {
  net::EventLoop loop;
  net::HttpClient client;
  net::HttpCall call;
  call.url = address;
  call.timeout = std::max(std::chrono::duration_cast<std::chrono::milliseconds>(limit), std::chrono::milliseconds{1});
  call.body_bytes_max = kBodyBytesMax;
  std::optional<net::HttpAnswer> answer;
  client.send(std::move(call), loop, [&](net::HttpAnswer&& came) { answer = std::move(came); });
  while (!answer && !cancelled.load(std::memory_order_relaxed)) loop.run_for(kLook);
  return answer;
}

}  // namespace

bool is_web_address(std::string_view inside) { return inside.starts_with(kSecure) || inside.starts_with(kPlain); }

std::string_view web_address(std::string_view text) {
  const std::string_view inside = whole_reference(text);
  return is_web_address(inside) ? inside : std::string_view{};
}

std::string public_address(std::string_view address) {
  const std::size_t begin = std::min(address.find("://"), address.size());
  std::string_view rest = address.substr(std::min(begin + 3, address.size()));
  rest = rest.substr(0, rest.find_first_of("?#"));
  const std::string_view authority = rest.substr(0, rest.find('/'));
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) rest.remove_prefix(at + 1);
  return std::string(address.substr(0, begin)) + "://" + std::string(rest);
}

ResolvedText fetch_value(const std::string& address, Duration limit, const std::atomic<bool>& cancelled) {
  const std::string shown = in_quotes(public_address(address));
  const UrlText url = parse_url(address);
  if (!url.url) return absent_value("the address " + shown + " " + url.problem, "write ${https://HOST/PATH}");
  if (url.url->scheme != "https" && !is_loopback(url.url->host)) {
    return absent_value("the address " + shown + " would send the secret over the network unencrypted", "use https, or a server on this machine");
  }
  const std::optional<net::HttpAnswer> answer = get(address, limit, cancelled);
  if (!answer) return absent_value("the server at " + shown + " was asked in vain: nobody waits any more", "ask again");
  if (answer->status == 0)
    return absent_value("the server at " + shown + " could not be asked (" + answer->error + ")", "see whether it runs, or raise secret_timeout");
  if (answer->status != kOk) {
    return absent_value("the server at " + shown + " answered with HTTP status " + std::to_string(answer->status),
                        "correct the address, or what it needs");
  }
  const std::string line = first_line_of(answer->body);
  if (line.empty()) return absent_value("the server at " + shown + " gave nothing on its first line", "let it give the value first");
  return {line, {}, {}};
}

}  // namespace tidegate
