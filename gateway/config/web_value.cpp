#include "gateway/config/web_value.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <chrono>
#include <memory>

#include "gateway/config/config_error.hpp"

namespace tidegate {
namespace {

constexpr std::string_view kSecure = "https://";
constexpr std::string_view kPlain = "http://";
constexpr std::size_t kBodyBytesMax = 16U << 10U;
constexpr long kOk = 200;

ResolvedText failure(std::string what, std::string remedy) { return {{}, std::move(what), std::move(remedy), true}; }

struct CurlEnd {
  void operator()(CURL* call) const { curl_easy_cleanup(call); }
  void operator()(CURLU* address) const { curl_url_cleanup(address); }
};
using CurlCall = std::unique_ptr<CURL, CurlEnd>;
using CurlAddress = std::unique_ptr<CURLU, CurlEnd>;

CurlAddress parse(std::string_view address) {
  CurlAddress parsed{curl_url()};
  if (parsed && curl_url_set(parsed.get(), CURLUPART_URL, std::string(address).c_str(), 0) != CURLUE_OK) parsed.reset();
  return parsed;
}

std::string part(const CurlAddress& address, CURLUPart which) {
  char* text = nullptr;
  if (curl_url_get(address.get(), which, &text, 0) != CURLUE_OK) return {};
  std::string copy = text;
  curl_free(text);
  return copy;
}

bool is_this_machine(std::string_view host) {
  constexpr std::string_view kDigits = "0123456789.";
  return host == "localhost" || host == "[::1]" || (host.starts_with("127.") && host.find_first_not_of(kDigits) == std::string_view::npos);
}

struct Body {
  std::string text;
  bool too_long = false;
};

std::size_t take(const char* bytes, std::size_t size, std::size_t count, void* to) {
  Body& body = *static_cast<Body*>(to);
  const std::size_t total = size * count;
  body.too_long = body.text.size() + total > kBodyBytesMax;
  if (body.too_long) return 0;  // ends the call
  body.text.append(bytes, total);
  return total;
}

int stop_when_cancelled(void* cancelled, curl_off_t /*download*/, curl_off_t /*of*/, curl_off_t /*upload*/, curl_off_t /*of*/) {
  return static_cast<const std::atomic<bool>*>(cancelled)->load(std::memory_order_relaxed) ? 1 : 0;
}

void prepare(CURL* call, const std::string& address, Duration limit, const std::atomic<bool>& cancelled, Body& body) {
  const auto milliseconds = std::max<std::int64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(limit).count(), 1);
  curl_easy_setopt(call, CURLOPT_URL, address.c_str());
  curl_easy_setopt(call, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(call, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(call, CURLOPT_TIMEOUT_MS, static_cast<long>(milliseconds));
  curl_easy_setopt(call, CURLOPT_WRITEFUNCTION, take);
  curl_easy_setopt(call, CURLOPT_WRITEDATA, &body);
  curl_easy_setopt(call, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(call, CURLOPT_XFERINFOFUNCTION, stop_when_cancelled);
  curl_easy_setopt(call, CURLOPT_XFERINFODATA, &cancelled);
}

std::string first_line(const std::string& body) {
  std::string line = body.substr(0, body.find('\n'));
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return line;
}

}  // namespace

bool is_web_address(std::string_view inside) { return inside.starts_with(kSecure) || inside.starts_with(kPlain); }

std::string_view web_address(std::string_view text) {
  constexpr std::string_view kBegin = "${";
  if (!text.starts_with(kBegin) || text.find('}') != text.size() - 1) return {};
  const std::string_view inside = text.substr(kBegin.size(), text.size() - kBegin.size() - 1);
  return is_web_address(inside) ? inside : std::string_view{};
}

std::string public_address(std::string_view address) {
  const CurlAddress parsed = parse(address);
  if (!parsed) return std::string(address.substr(0, address.find("://"))) + "://...";
  const std::string port = part(parsed, CURLUPART_PORT);
  return part(parsed, CURLUPART_SCHEME) + "://" + part(parsed, CURLUPART_HOST) + (port.empty() ? port : ":" + port) + part(parsed, CURLUPART_PATH);
}

ResolvedText fetch_value(const std::string& address, Duration limit, const std::atomic<bool>& cancelled) {
  const std::string shown = in_quotes(public_address(address));
  const CurlAddress parsed = parse(address);
  if (!parsed) return failure("the address " + shown + " cannot be read", "write ${https://HOST/PATH}");
  if (part(parsed, CURLUPART_SCHEME) != "https" && !is_this_machine(part(parsed, CURLUPART_HOST))) {
    return failure("the address " + shown + " would send the secret over the network unencrypted", "use https, or a server on this machine");
  }
  const CurlCall call{curl_easy_init()};
  if (!call) return failure("no request can be made to " + shown, "close other programs");
  Body body;
  prepare(call.get(), address, limit, cancelled, body);
  const CURLcode result = curl_easy_perform(call.get());
  if (body.too_long) return failure("the server at " + shown + " gave more than 16 KiB", "let it give the value alone, on one line");
  if (result == CURLE_OPERATION_TIMEDOUT)
    return failure("the server at " + shown + " did not answer in time", "see whether it runs, or raise secret_timeout");
  if (result != CURLE_OK)
    return failure("the server at " + shown + " could not be asked (" + curl_easy_strerror(result) + ")", "see whether it runs");
  long status = 0;
  curl_easy_getinfo(call.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status != kOk)
    return failure("the server at " + shown + " answered with HTTP status " + std::to_string(status), "correct the address, or what it needs");
  const std::string line = first_line(body.text);
  if (line.empty()) return failure("the server at " + shown + " gave nothing on its first line", "let it give the value first");
  return {line, {}, {}};
}

}  // namespace tidegate
