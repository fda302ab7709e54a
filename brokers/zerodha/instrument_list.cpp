#include "brokers/zerodha/instrument_list.hpp"

#include <chrono>
#include <utility>

#include "brokers/zerodha/instruments.hpp"

namespace tidegate::zerodha {

InstrumentList::InstrumentList(SessionHost& host, const BrokerConfig& config, const Settings& settings, OnList on_list, OnFailure on_failure)
    : host_(host),
      config_(config),
      settings_(settings),
      list_(host, config,
            {.cache_folder = settings.instruments_cache,
             .cache_suffix = ".csv",
             .at = settings.instruments_at,
             .recheck = settings.instruments_recheck},
            *this, std::move(on_list), std::move(on_failure)) {}

void InstrumentList::fetch(common::TradingDay, std::function<void(common::ListAttempt&&)> done) {
  count(host_.counters().rest_requests);
  net::HttpCall call;
  call.url = settings_.rest_url + "/instruments";  // needs no Authorization (section 7.1)
  call.headers.emplace_back("X-Kite-Version", "3");
  call.tls = {.verify = config_.tls_verify, .ca_file = config_.tls_ca_file};
  call.timeout = std::chrono::duration_cast<std::chrono::milliseconds>(settings_.rest_timeout);
  under_way_ = host_.http().send(std::move(call), host_.loop(), [this, done = std::move(done)](net::HttpAnswer&& answer) {
    under_way_.reset();
    if (answer.status == 200 && !answer.body.empty()) return done({.text = std::move(answer.body), .problem = {}});
    if (answer.status == 200) return done({.text = {}, .problem = "the answer is no instrument list"});
    count(host_.counters().rest_failures);
    if (answer.status == 429) count(host_.counters().rate_limited);
    done(common::failed_attempt(answer));
  });
}

void InstrumentList::cancel_fetch() noexcept {
  if (under_way_) host_.http().cancel(*under_way_);
  under_way_.reset();
}

Result<common::ParsedInstruments> InstrumentList::parse(std::string_view text) { return parse_instruments(text); }

void InstrumentList::announced(std::string_view etag) {
  if (etag.empty() || etag == etag_) return;
  const bool first = etag_.empty();
  etag_ = etag;
  if (!first) list_.changed();
}

}  // namespace tidegate::zerodha
