#include "brokers/ibkr/rest_client.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "brokers/common/safe_text.hpp"

namespace tidegate::ibkr {
namespace {

constexpr std::size_t kBodyBytesMax = 16U << 20U;
constexpr std::size_t kCookiesMax = 32, kCookieBytesMax = 4096;

}  // namespace

net::HttpCall make_call(const BrokerConfig& config, const Settings& settings, std::string_view method, std::string_view path, std::string body) {
  net::HttpCall call;
  call.method = method;
  call.url = settings.rest_root + std::string{path};
  call.tls = {.verify = config.tls_verify, .ca_file = config.tls_ca_file};
  call.timeout = std::chrono::duration_cast<std::chrono::milliseconds>(settings.rest_timeout);
  call.body_bytes_max = kBodyBytesMax;
  if (!body.empty()) call.headers.emplace_back("Content-Type", "application/json");
  call.body = std::move(body);
  return call;
}

RestClient::RestClient(SessionHost& host, const BrokerConfig& config, const Settings& settings)
    : host_(host),
      config_(config),
      settings_(settings),
      window_(settings.rest_rate, std::chrono::seconds{1}),
      tickles_(1, settings.tickle_spacing),
      timer_(host.loop()) {}

void RestClient::send(Urgency urgency, std::string_view method, std::string_view path, std::string body, Done done) {
  Waiting next{.urgency = urgency, .call = make_call(config_, settings_, method, path, std::move(body)), .done = std::move(done)};
  const auto place = urgency == Urgency::Other
                         ? waiting_.end()
                         : std::find_if(waiting_.begin(), waiting_.end(), [](const Waiting& one) { return one.urgency == Urgency::Other; });
  waiting_.insert(place, std::move(next));
  // Later: nobody is called from inside his own call, and the pace is kept in one place.
  if (!timer_.pending()) timer_.start(Duration::zero(), [this] { pump(); });
}

Duration RestClient::wait_of(const Waiting& next) const {
  const MonoTime now = host_.clock().mono();
  Duration wait = std::max({window_.wait(now), paused_until_ - now, Duration::zero()});
  if (next.call.url.ends_with(kTicklePath)) wait = std::max(wait, tickles_.wait(now));
  return wait;
}

void RestClient::pump() {
  while (!waiting_.empty()) {
    // A login request that has to wait for its own limit holds up the others too: none of them could do without it.
    if (const Duration wait = wait_of(waiting_.front()); wait > Duration::zero()) return timer_.start(wait, [this] { pump(); });
    Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    send_now(std::move(next));
  }
}

void RestClient::send_now(Waiting&& next) {
  const MonoTime now = host_.clock().mono();
  window_.take(now);
  if (next.call.url.ends_with(kTicklePath)) tickles_.take(now);
  if (sign) {
    if (std::string header = sign(next.call.method, next.call.url); !header.empty()) {
      next.call.headers.emplace_back("Authorization", std::move(header));
    }
  }
  std::string cookies;
  for (const auto& [name, value] : cookies_) cookies.append(cookies.empty() ? "" : "; ").append(name).append("=").append(value);
  if (!cookies.empty()) next.call.headers.emplace_back("Cookie", std::move(cookies));
  count(host_.counters().rest_requests);
  // The answer cannot run before send() has returned its token: both belong to this thread.
  const auto token = std::make_shared<net::HttpClient::Token>();
  *token = host_.http().send(std::move(next.call), host_.loop(), [this, token, done = std::move(next.done)](net::HttpAnswer&& answer) {
    under_way_.erase(*token);
    keep_cookies(answer);
    done(judge(std::move(answer)));
  });
  under_way_.insert(*token);
}

RestAnswer RestClient::judge(net::HttpAnswer&& given) {
  RestAnswer answer = read_answer(std::move(given));
  answer.words = printable(answer.words);
  if (answer.kind == RestAnswer::Kind::Unreachable || answer.kind == RestAnswer::Kind::Untrusted) count(host_.counters().rest_failures);
  const bool limited = answer.kind == RestAnswer::Kind::RateLimited;
  if (limited) count(host_.counters().rate_limited);
  if (limited || answer.retry_after) {
    const Duration pause = std::max(answer.retry_after.value_or(Duration::zero()), limited ? settings_.rate_limit_wait : Duration::zero());
    paused_until_ = std::max(paused_until_, host_.clock().mono() + pause);
  }
  return answer;
}

// The gateway program sets a cookie that says which of IBKR's machines has the session; one that is emptied is deleted.
void RestClient::keep_cookies(const net::HttpAnswer& answer) {
  for (const auto& [name, value] : answer.headers) {
    if (name != "set-cookie" || value.size() > kCookieBytesMax) continue;
    const std::string_view pair = std::string_view{value}.substr(0, value.find(';'));
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || equals == 0) continue;
    const std::string cookie{pair.substr(0, equals)};
    if (cookies_.size() >= kCookiesMax && !cookies_.contains(cookie)) continue;
    if (equals + 1 == pair.size()) {
      cookies_.erase(cookie);
    } else {
      cookies_.insert_or_assign(cookie, std::string{pair.substr(equals + 1)});
    }
  }
}

std::string RestClient::printable(std::string_view text, std::size_t length_max) const {
  std::string words = common::printable(text, {}, std::string::npos);
  for (const std::string& secret : secrets_) words = common::printable(words, {secret}, std::string::npos);
  for (const auto& [name, value] : cookies_) {
    if (value.size() >= 8) words = common::printable(words, {value}, std::string::npos);
  }
  return words.size() > length_max ? words.substr(0, length_max) : words;
}

void RestClient::stop() {
  timer_.cancel();
  waiting_.clear();
  for (const auto token : under_way_) host_.http().cancel(token);
  under_way_.clear();
}

}  // namespace tidegate::ibkr
