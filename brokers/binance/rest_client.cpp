#include "brokers/binance/rest_client.hpp"

#include <charconv>
#include <chrono>
#include <memory>
#include <utility>

#include "brokers/binance/refusal.hpp"

namespace tidegate::binance {
namespace {

constexpr std::size_t kAnswerWordsMax = 300;

}  // namespace

RestClient::RestClient(SessionHost& host, const BrokerConfig& config, const Settings& settings)
    : host_(host), settings_(settings), tls_{.verify = config.tls_verify, .ca_file = config.tls_ca_file} {
  set_weight_limit(0);
}

void RestClient::set_weight_limit(std::int64_t from_venue) {
  std::int64_t limit = settings_.weight_limit;
  if (limit == 0) limit = from_venue > 0 ? from_venue : settings_.documented_weight_limit();
  gate_.set_budget(limit / 100 * settings_.weight_share_percent + limit % 100 * settings_.weight_share_percent / 100);
}

Duration RestClient::wait(std::int64_t weight, bool outside_budget) const {
  const MonoTime now = host_.clock().mono();
  return outside_budget ? gate_.pause(now) : gate_.wait(host_.clock().utc(), now, weight);
}

void RestClient::get(const std::string& target, std::int64_t weight, Done done) {
  const UtcTime sent = host_.clock().utc();
  gate_.spend(sent, weight);
  count(host_.counters().rest_requests);
  net::HttpCall call;
  call.url = settings_.rest_url + target;
  call.tls = tls_;
  call.timeout = std::chrono::duration_cast<std::chrono::milliseconds>(settings_.rest_timeout);
  if (settings_.microseconds) call.headers.emplace_back("X-MBX-TIME-UNIT", "MICROSECOND");
  // The answer cannot run before send() has returned its token: both belong to this thread.
  const auto token = std::make_shared<net::HttpClient::Token>();
  *token = host_.http().send(std::move(call), host_.loop(), [this, token, sent, done = std::move(done)](net::HttpAnswer&& answer) {
    under_way_.erase(*token);
    done(judge(std::move(answer), sent));
  });
  under_way_.insert(*token);
}

RestAnswer RestClient::judge(net::HttpAnswer&& answer, UtcTime sent) {
  const std::string_view used = answer.header("x-mbx-used-weight-1m");
  std::int64_t weight = 0;
  if (std::from_chars(used.data(), used.data() + used.size(), weight).ec == std::errc{}) gate_.reported(sent, host_.clock().utc(), weight);

  RestAnswer result;
  result.status = answer.status;
  if (answer.status == 200) {
    result.kind = RestAnswer::Kind::Good;
    result.body = std::move(answer.body);
    return result;
  }
  count(host_.counters().rest_failures);
  result.words = answer.status == 0 ? answer.error : "HTTP " + std::to_string(answer.status);
  if (!answer.body.empty()) result.words += ": " + answer.body.substr(0, kAnswerWordsMax);
  if (answer.status == 429 || answer.status == 418 || answer.status == 403) {
    count(host_.counters().rate_limited);
    result.kind = RestAnswer::Kind::Slow;
    gate_.pause_until(host_.clock().mono() + retry_after(answer.header("retry-after"), settings_.rate_limit_wait));
  } else if (answer.status >= 400 && answer.status < 500 && answer.status != 408) {
    result.kind = RestAnswer::Kind::Refused;
  } else {
    result.kind = RestAnswer::Kind::Failed;
  }
  return result;
}

void RestClient::stop() {
  for (const auto token : under_way_) host_.http().cancel(token);
  under_way_.clear();
}

}  // namespace tidegate::binance
