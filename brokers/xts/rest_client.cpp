#include "brokers/xts/rest_client.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "brokers/common/safe_text.hpp"

namespace tidegate::xts {
namespace {

/// Answers about one batch; the instrument list goes another way.
constexpr std::size_t kBodyBytesMax = 16U << 20U;

std::size_t place_of(RestLane lane) { return static_cast<std::size_t>(lane); }

}  // namespace

RestClient::RestClient(SessionHost& host, const BrokerConfig& config, const Settings& settings)
    : host_(host), settings_(settings), tls_{.verify = config.tls_verify, .ca_file = config.tls_ca_file} {}

Duration RestClient::wait(RestLane lane) const {
  return std::max(std::max(next_.at(place_of(lane)), paused_until_) - host_.clock().mono(), Duration::zero());
}

net::HttpCall RestClient::call(std::string_view method, std::string_view path, std::string body) const {
  net::HttpCall call;
  call.method = method;
  call.url = settings_.rest_root + std::string{path};
  call.tls = tls_;
  call.timeout = std::chrono::duration_cast<std::chrono::milliseconds>(settings_.rest_timeout);
  call.body_bytes_max = kBodyBytesMax;
  if (!body.empty()) call.headers.emplace_back("Content-Type", "application/json");
  if (!token_.empty() && path != kLoginPath) call.headers.emplace_back("authorization", token_);  // without "Bearer" (section 3)
  call.body = std::move(body);
  return call;
}

void RestClient::send(RestLane lane, std::string_view method, std::string_view path, std::string body, Done done) {
  const Duration interval = lane == RestLane::Subscriptions ? settings_.subscribe_interval
                            : lane == RestLane::Quotes      ? settings_.quotes_interval
                                                            : Duration::zero();
  next_.at(place_of(lane)) = host_.clock().mono() + interval;
  count(host_.counters().rest_requests);
  // The answer cannot run before send() has returned its token: both belong to this thread.
  const auto token = std::make_shared<net::HttpClient::Token>();
  *token = host_.http().send(call(method, path, std::move(body)), host_.loop(), [this, token, done = std::move(done)](net::HttpAnswer&& answer) {
    under_way_.erase(*token);
    done(judge(std::move(answer)));
  });
  under_way_.insert(*token);
}

RestAnswer RestClient::judge(net::HttpAnswer&& given) {
  RestAnswer answer = read_answer(std::move(given));
  answer.words = printable(answer.words);
  if (answer.kind == RestAnswer::Kind::Unreachable) count(host_.counters().rest_failures);
  const bool limited = answer.kind == RestAnswer::Kind::RateLimited;
  if (limited) count(host_.counters().rate_limited);
  if (limited || answer.retry_after) {
    const Duration pause = std::max(answer.retry_after.value_or(Duration::zero()), limited ? settings_.rate_limit_wait : Duration::zero());
    paused_until_ = std::max(paused_until_, host_.clock().mono() + pause);
  }
  return answer;
}

void RestClient::authorize(std::string token) {
  token_ = std::move(token);
  encoded_token_ = common::percent_encoded(token_);
}

std::string RestClient::printable(std::string_view text, std::size_t length_max) const {
  std::string words = common::printable(text, {token_, encoded_token_}, std::string::npos);
  for (const std::string& secret : credentials_) words = common::printable(words, {secret}, std::string::npos);
  return words.size() > length_max ? words.substr(0, length_max) : words;
}

void RestClient::stop() {
  for (const auto token : under_way_) host_.http().cancel(token);
  under_way_.clear();
}

}  // namespace tidegate::xts
