#include "brokers/binance/trade_fills.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "brokers/common/safe_text.hpp"

namespace tidegate::binance {

std::string trades_target(const Settings& settings, std::string_view symbol, std::uint64_t first, std::uint64_t last, bool newest_only) {
  std::string target{settings.api_path()};
  target += newest_only ? "/trades" : settings.aggregate_trades ? "/aggTrades" : "/historicalTrades";
  target.append("?symbol=").append(common::percent_encoded(symbol));
  if (newest_only) return target.append("&limit=").append(std::to_string(settings.fills.page));
  const std::uint64_t limit = std::min(last - first + 1, settings.fills.page);
  return target.append("&fromId=").append(std::to_string(first)).append("&limit=").append(std::to_string(limit));
}

TradeFills::TradeFills(SessionHost& host, const BrokerConfig& config, const Settings& settings, RestClient& rest, Push push)
    : host_(host), config_(config), settings_(settings), rest_(rest), push_(std::move(push)), timer_(host.loop()) {}

void TradeFills::request(std::string_view symbol, std::uint64_t first, std::uint64_t last) {
  if (stopped_ || settings_.fills.trades_max == 0 || last < first) return;
  const auto [wish, added] = wishes_.try_emplace(std::string{symbol});
  wish->second = {first, last, host_.clock().mono()};
  if (added) queue_.push_back(wish->first);
  pump();
}

std::int64_t TradeFills::request_weight() const { return newest_only_ ? settings_.newest_trades_weight() : settings_.old_trades_weight(); }

void TradeFills::pump() {
  while (!under_way_ && !queue_.empty()) {
    const Wish wish = wishes_.find(queue_.front())->second;
    const bool too_late = host_.clock().mono() - wish.since > settings_.fills.timeout;
    if (!too_late) {
      // Room is left for the snapshots of books, which cannot go on without them.
      const std::int64_t kept_free = settings_.snapshot_weight() * static_cast<std::int64_t>(settings_.snapshots_in_flight);
      if (const Duration wait = rest_.wait(request_weight() + kept_free, false); wait > Duration::zero())
        return timer_.start(wait, [this] { pump(); });
    }
    const std::string symbol = std::move(queue_.front());
    queue_.pop_front();
    wishes_.erase(symbol);
    if (!too_late) send(symbol, wish);
  }
}

void TradeFills::send(const std::string& symbol, const Wish& wish) {
  under_way_ = true;
  std::string target = trades_target(settings_, symbol, wish.first, wish.last, newest_only_);
  rest_.get(target, request_weight(), [this, symbol, wish, target](RestAnswer&& answer) { on_answer(symbol, wish, target, std::move(answer)); });
}

void TradeFills::on_answer(const std::string& symbol, const Wish& wish, const std::string& target, RestAnswer&& answer) {
  under_way_ = false;
  switch (answer.kind) {
    case RestAnswer::Kind::Good:
      push_("GET " + target, std::move(answer.body));
      break;
    case RestAnswer::Kind::Slow:
      again(symbol, wish);
      break;
    case RestAnswer::Kind::Failed:
      break;
    case RestAnswer::Kind::Refused:
      on_refusal(answer.words);
      if (!newest_only_ && !settings_.aggregate_trades) {
        newest_only_ = true;
        again(symbol, wish);
      }
      break;
  }
  pump();
}

/// Said once: the holes are counted, and each of them stays told.
void TradeFills::on_refusal(std::string_view words) {
  if (std::exchange(refusal_told_, true)) return;
  spdlog::warn("{}: the venue does not give old trades{}: {}", config_.name,
               settings_.aggregate_trades ? ", so that holes stay holes" : " by their number; only the newest ones can fill holes",
               common::printable(words, {}));
}

/// The same first of all, unless something newer is wished for meanwhile.
void TradeFills::again(const std::string& symbol, const Wish& wish) {
  if (wishes_.try_emplace(symbol, wish).second) queue_.push_front(symbol);
}

void TradeFills::stop() {
  stopped_ = true;
  timer_.cancel();
  queue_.clear();
  wishes_.clear();
}

}  // namespace tidegate::binance
