#include "brokers/xts/adapter.hpp"

#include <charconv>
#include <string>
#include <system_error>
#include <utility>

#include "brokers/xts/decoder.hpp"
#include "brokers/xts/instruments.hpp"
#include "brokers/xts/options.hpp"
#include "brokers/xts/segments.hpp"
#include "brokers/xts/session.hpp"
#include "gateway/net/event_loop.hpp"

namespace tidegate::xts {
namespace {

std::unique_ptr<Session> make_session(const BrokerConfig& config, SessionHost& host) { return std::make_unique<MarketDataSession>(config, host); }

std::vector<std::string> venues(const BrokerConfig& config) {
  std::vector<std::string> names;
  const auto segments = parse_segments(config.text("segments"));
  if (!segments) return names;
  for (const Segment* segment : *segments) names.emplace_back(segment->venue);
  return names;
}

bool serves(const BrokerConfig&, const Instrument& instrument, Channel channel) { return has_channel(instrument.kind, channel); }

std::string unlisted_symbol(const BrokerConfig& config, const NativeRef& native) {
  return config.name + "#" + std::to_string(native.segment) + "_" + std::to_string(native.token);
}

template <class Number>
bool read_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

/// Segment and instrument, such as "1_2885".
bool parse_native(std::string_view id, NativeId& native) {
  const std::size_t bar = id.find('_');
  NativeId found;
  if (bar == std::string_view::npos || !read_number(id.substr(0, bar), found.segment) || !read_number(id.substr(bar + 1), found.token)) return false;
  if (find_segment(found.segment) == nullptr || found.token == 0) return false;
  native = std::move(found);
  return true;
}

/// The only question that XTS answers about credentials is a login, and a login ends the session of a gateway that runs with the same app_key, feed
/// and subscriptions included (section 3.1). A check must not do that.
class NoQuestion final : public CredentialCheck {
 public:
  NoQuestion(net::EventLoop& loop, std::function<void(CredentialAnswer)> done) : timer_(loop) {
    timer_.start(Duration::zero(), [done = std::move(done)] {
      done({CredentialAnswer::Verdict::Unknown,
            "XTS allows one session per app_key: a login to try them would end that of a running gateway; tidegate run logs in and says so"});
    });
  }

 private:
  net::Timer timer_;
};

std::unique_ptr<CredentialCheck> check_credentials(const BrokerConfig&, net::EventLoop& loop, std::function<void(CredentialAnswer)> done) {
  return std::make_unique<NoQuestion>(loop, std::move(done));
}

}  // namespace

constinit const Adapter kXts{
    .name = "xts",
    .options = kOptions,
    .make_session = make_session,
    .make_decoder = make_decoder,
    .venues = venues,
    .serves = serves,
    .unlisted_symbol = unlisted_symbol,
    .parse_native = parse_native,
    .check_credentials = check_credentials,
    .complaint = complaint,
};

}  // namespace tidegate::xts
