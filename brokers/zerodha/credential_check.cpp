#include "brokers/zerodha/credential_check.hpp"

#include <chrono>
#include <string>
#include <utility>

#include "brokers/zerodha/options.hpp"
#include "brokers/zerodha/url.hpp"
#include "gateway/net/ws_client.hpp"

namespace tidegate::zerodha {
namespace {

using Verdict = CredentialAnswer::Verdict;

class Handshake final : public CredentialCheck, private net::WsClientHandler {
 public:
  Handshake(const BrokerConfig& config, net::EventLoop& loop, std::function<void(CredentialAnswer)> done)
      : name_(config.name), credentials_{config.text("api_key"), config.text("access_token")}, done_(std::move(done)), client_(loop, *this) {
    const Settings settings{config};
    net::WsClientOptions options;
    options.url = ticker_url(settings.ws_url, credentials_);
    options.tls = {.verify = config.tls_verify, .ca_file = config.tls_ca_file};
    options.headers.emplace_back("X-Kite-Version", "3");
    options.handshake_timeout = std::chrono::duration_cast<std::chrono::milliseconds>(settings.handshake_timeout);
    client_.connect(options);
  }

 private:
  void on_open() override { client_.close(1000, ""); }
  void on_message(std::string&&, bool) override {}
  void on_closed(const net::WsClosed& closed) override {
    const auto done = std::move(done_);
    done(judge(closed));  // may destroy this object
  }

  [[nodiscard]] CredentialAnswer judge(const net::WsClosed& closed) const {
    if (closed.opened) return {Verdict::Works, "the access token works"};
    switch (closed.http_status) {
      case 403:
        return {Verdict::Refused, "access token refused (403): log in again with tidegate login " + name_ +
                                      "; an app whose plan has no market data, and a wrong api_key, are refused "
                                      "in the same way"};
      case 429:
        return {Verdict::Unknown,
                "the api_key has its three connections already (429), so Kite did not say more; stop another program that uses it, and ask again"};
      case 400:
        return {Verdict::Unknown, "Kite could not read the request (400): check the characters of api_key and access_token, and ws_url"};
      default:
        return {Verdict::Unknown, "Kite could not be asked: " + printable(closed.reason, credentials_)};
    }
  }

  const std::string name_;
  const Credentials credentials_;
  std::function<void(CredentialAnswer)> done_;
  net::WsClient client_;
};

}  // namespace

std::unique_ptr<CredentialCheck> check_credentials(const BrokerConfig& config, net::EventLoop& loop, std::function<void(CredentialAnswer)> done) {
  return std::make_unique<Handshake>(config, loop, std::move(done));
}

}  // namespace tidegate::zerodha
