#include "brokers/ibkr/credential_check.hpp"

#include <string>
#include <utility>

#include "brokers/common/safe_text.hpp"
#include "brokers/ibkr/oauth_login.hpp"
#include "brokers/ibkr/options.hpp"
#include "brokers/ibkr/rest_answer.hpp"
#include "brokers/ibkr/rest_client.hpp"
#include "gateway/net/http_client.hpp"

namespace tidegate::ibkr {
namespace {

using Verdict = CredentialAnswer::Verdict;

CredentialAnswer judge_keys(const BrokerConfig& config) {
  const FoundKeys found = read_keys({config, {}});
  if (!found.problem.empty()) return {Verdict::Refused, found.problem};
  if (const auto opened = OAuth::open(found.keys); !opened) return {Verdict::Refused, opened.problem().words};
  return {Verdict::Unknown, "the keys can be read; IBKR was not asked, since a new live session token may end that of a running gateway"};
}

CredentialAnswer judge_status(const Settings& settings, const RestAnswer& answer) {
  const std::string log_in = "open " + settings.login_page + " in a browser and log in";
  switch (answer.kind) {
    case RestAnswer::Kind::NoLogin:
      return {Verdict::Refused, "nobody is logged in: " + log_in};
    case RestAnswer::Kind::Untrusted:
      return {Verdict::Unknown, answer.words};
    case RestAnswer::Kind::Success:
      break;
    default:
      return {Verdict::Unknown, "the gateway program could not be asked: " + common::printable(answer.words, {})};
  }
  const auto status = read_auth_status(answer.body);
  if (!status) return {Verdict::Unknown, "the answer to auth/status is none; check rest_url"};
  if (status->usable()) return {Verdict::Works, "somebody is logged in, and the brokerage session is open"};
  if (status->taken()) return {Verdict::Unknown, "somebody is logged in, but another program has the brokerage session (TWS, mobile)"};
  return {Verdict::Unknown, "the brokerage session is not open; tidegate run opens it if somebody is logged in: otherwise, " + log_in};
}

class Check final : public CredentialCheck {
 public:
  Check(const BrokerConfig& config, net::EventLoop& loop, std::function<void(CredentialAnswer)> done)
      : settings_(config), done_(std::move(done)), timer_(loop) {
    if (settings_.oauth) {
      timer_.start(Duration::zero(), [this, config] { finish(judge_keys(config)); });
      return;
    }
    http_.send(make_call(config, settings_, "POST", "/iserver/auth/status", {}), loop,
               [this](net::HttpAnswer&& answer) { finish(judge_status(settings_, read_answer(std::move(answer)))); });
  }

 private:
  void finish(CredentialAnswer answer) {
    const auto done = std::move(done_);
    done(std::move(answer));  // may destroy this object
  }

  const Settings settings_;
  std::function<void(CredentialAnswer)> done_;
  net::Timer timer_;
  net::HttpClient http_;
};

}  // namespace

std::unique_ptr<CredentialCheck> check_credentials(const BrokerConfig& config, net::EventLoop& loop, std::function<void(CredentialAnswer)> done) {
  return std::make_unique<Check>(config, loop, std::move(done));
}

}  // namespace tidegate::ibkr
