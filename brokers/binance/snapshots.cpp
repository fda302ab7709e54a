#include "brokers/binance/snapshots.hpp"

#include <algorithm>
#include <utility>

namespace tidegate::binance {

std::string depth_target(const Settings& settings, std::string_view symbol) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string target{settings.api_path()};
  target += "/depth?symbol=";
  for (const char c : symbol) {
    const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
    const auto byte = static_cast<unsigned char>(c);
    if (plain) {
      target += c;
    } else {
      target.append(1, '%').append(1, kHex[byte >> 4U]).append(1, kHex[byte & 15U]);
    }
  }
  return target.append("&limit=").append(std::to_string(settings.snapshot_limit));
}

Snapshots::Snapshots(SessionHost& host, const BrokerConfig& config, const Settings& settings, RestClient& rest, FindCarrier find_carrier,
                     OnRefused on_refused)
    : host_(host),
      config_(config),
      settings_(settings),
      rest_(rest),
      find_carrier_(std::move(find_carrier)),
      on_refused_(std::move(on_refused)),
      timer_(host.loop()) {}

void Snapshots::request(std::string_view symbol) {
  if (stopped_) return;
  const common::FramePort* carrier = find_carrier_(symbol);
  if (carrier == nullptr) return;
  auto it = jobs_.find(symbol);
  if (it == jobs_.end()) it = jobs_.emplace(std::string{symbol}, Job{}).first;
  Job& job = it->second;
  if (job.under_way) {
    job.again = job.connection != carrier->connection() || job.session != carrier->unbroken_since();
    return;
  }
  enqueue(it->first, job, false);
  pump();
}

void Snapshots::enqueue(const std::string& symbol, Job& job, bool first) {
  if (job.queued) return;
  job.queued = true;
  if (first) {
    queue_.push_front(symbol);
  } else {
    queue_.push_back(symbol);
  }
}

void Snapshots::pump() {
  const MonoTime now = host_.clock().mono();
  Duration earliest = Duration::max();
  for (std::size_t i = 0; i < queue_.size() && under_way_ < settings_.snapshots_in_flight;) {
    const auto position = queue_.begin() + static_cast<std::ptrdiff_t>(i);
    const std::string symbol = *position;
    Job& job = jobs_.find(symbol)->second;
    const common::FramePort* carrier = find_carrier_(symbol);
    if (carrier == nullptr) {
      job.queued = false;
      job.backoff.reset();
      queue_.erase(position);
      continue;
    }
    if (job.not_before > now) {
      earliest = std::min(earliest, job.not_before - now);
      ++i;
      continue;
    }
    if (const Duration wait = rest_.wait(settings_.snapshot_weight(), false); wait > Duration::zero()) {
      earliest = std::min(earliest, wait);
      break;
    }
    job.queued = false;
    queue_.erase(position);
    send(symbol, job, *carrier);
  }
  if (earliest != Duration::max()) timer_.start(earliest, [this] { pump(); });
}

void Snapshots::send(const std::string& symbol, Job& job, const common::FramePort& carrier) {
  job.under_way = true;
  job.again = false;
  job.session = carrier.unbroken_since();
  job.connection = carrier.connection();
  job.not_before = host_.clock().mono() + settings_.snapshot_interval;
  ++under_way_;
  std::string target = depth_target(settings_, symbol);
  rest_.get(target, settings_.snapshot_weight(), [this, symbol, target](RestAnswer&& answer) { on_answer(symbol, target, std::move(answer)); });
}

void Snapshots::on_answer(const std::string& symbol, const std::string& target, RestAnswer&& answer) {
  Job& job = jobs_.find(symbol)->second;
  job.under_way = false;
  --under_way_;
  common::FramePort* carrier = find_carrier_(symbol);
  const bool current = carrier != nullptr && carrier->connection() == job.connection && carrier->unbroken_since() == job.session;
  switch (answer.kind) {
    case RestAnswer::Kind::Good:
      job.backoff.reset();
      if (current) carrier->rest("GET " + target, std::move(answer.body));
      if (job.again && carrier != nullptr) enqueue(symbol, job, false);
      break;
    case RestAnswer::Kind::Slow:
      enqueue(symbol, job, true);
      break;
    case RestAnswer::Kind::Failed:
      retry_later(symbol, job);
      break;
    case RestAnswer::Kind::Refused:
      if (carrier != nullptr) on_refused_(symbol, answer.words);
      break;
  }
  pump();
}

void Snapshots::retry_later(const std::string& symbol, Job& job) {
  if (!job.backoff) job.backoff.emplace(config_.reconnect_initial, config_.reconnect_maximum, host_.random_seed());
  job.not_before = std::max(job.not_before, host_.clock().mono() + job.backoff->next());
  enqueue(symbol, job, false);
}

void Snapshots::stop() {
  stopped_ = true;
  timer_.cancel();
  queue_.clear();
}

}  // namespace tidegate::binance
