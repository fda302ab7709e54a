#include "brokers/binance/instrument_list.hpp"

#include <algorithm>
#include <utility>

namespace tidegate::binance {

InstrumentList::InstrumentList(SessionHost& host, const BrokerConfig& config, const Settings& settings, RestClient& rest, OnList on_list,
                               OnFailure on_failure)
    : settings_(settings),
      rest_(rest),
      on_list_(std::move(on_list)),
      on_failure_(std::move(on_failure)),
      backoff_(config.reconnect_initial, config.reconnect_maximum, host.random_seed()),
      timer_(host.loop()) {}

void InstrumentList::start() { fetch(); }

void InstrumentList::read_again() {
  if (!under_way_) fetch();
}

void InstrumentList::fetch() {
  if (const Duration wait = rest_.wait(settings_.instruments_weight(), true); wait > Duration::zero()) {
    return timer_.start(wait, [this] { fetch(); });
  }
  timer_.cancel();
  under_way_ = true;
  rest_.get(std::string{settings_.api_path()} + "/exchangeInfo", settings_.instruments_weight(),
            [this](RestAnswer&& answer) { on_answer(std::move(answer)); });
}

void InstrumentList::on_answer(RestAnswer&& answer) {
  under_way_ = false;
  if (answer.kind != RestAnswer::Kind::Good) {
    const bool refused = answer.kind == RestAnswer::Kind::Refused || answer.kind == RestAnswer::Kind::Slow;
    return failed(refused, answer.words);
  }
  auto parsed = parse_exchange_info(answer.body, settings_.venue);
  if (!parsed.ok()) {
    std::string words = "the answer cannot be read: ";
    words.append(to_text(parsed.error().reason)).append(" ").append(parsed.error().field);
    return failed(false, words);
  }
  backoff_.reset();
  timer_.start(settings_.instruments_refresh, [this] { fetch(); });
  on_list_(std::move(parsed.value()));
}

void InstrumentList::failed(bool refused, std::string_view words) {
  const Duration pause = rest_.wait(settings_.instruments_weight(), true);
  timer_.start(std::max(backoff_.next(), pause), [this] { fetch(); });
  on_failure_(refused, words);
}

}  // namespace tidegate::binance
