#include "normalizer/source_select.hpp"

#include <utility>

namespace tidegate {
namespace {

using Stand = SourceCandidate::Stand;

/// A broker that fails again within so many times of return_after after its return has to be well for twice as long before the next one.
constexpr int kFlapWindow = 10;
constexpr std::uint8_t kFlapsMax = 4;
/// Connections lost in a row without anything new on the stream in between: that one of them is open proves nothing.
constexpr std::uint32_t kLossesMax = 2;

const BrokerView& view_of(std::span<const BrokerView> brokers, BrokerId broker) { return brokers[broker.value()]; }

/// It says of itself that it gives nothing.
bool is_out(const BrokerView& view) { return view.state == BrokerState::AuthRequired || view.state == BrokerState::Down; }

}  // namespace

SourceSelect::SourceSelect(const SourcePlan& plan, const std::optional<SourceKey>& serving, MonoTime now)
    : instrument_(plan.instrument), channel_(plan.channel) {
  if (serving) {
    candidates_.push_back({.broker = serving->broker, .stand = Stand::Accepted, .has_data = true, .key = *serving, .since = now, .alive_at = now});
  } else {
    candidates_.push_back({.broker = plan.ranked.front().broker});
  }
  set_plan(plan, now);
}

void SourceSelect::set_plan(const SourcePlan& plan, MonoTime now) {
  const BrokerId serving = candidates_[serving_].broker;
  rule_ = plan.rule;
  numbered_alike_ = plan.numbered_alike;
  if (plan.order != order_) ordered_ = plan.order != 0;
  order_ = plan.order;
  wished_.clear();
  std::vector<SourceCandidate> ranked;
  for (const RankedSource& source : plan.ranked) {
    SourceCandidate* const known = find(source.broker);
    SourceCandidate& candidate = ranked.emplace_back(known != nullptr ? std::move(*known) : SourceCandidate{.broker = source.broker});
    if (source.asked) wished_.push_back(source.broker);
    if (source.asked != (candidate.stand != Stand::Unasked && candidate.stand != Stand::Gone)) {
      // What it said before was an answer to another question.
      candidate = {.broker = candidate.broker, .flaps = candidate.flaps, .returned_at = candidate.returned_at};
      candidate.stand = source.asked ? Stand::Asked : Stand::Unasked;
      candidate.since = now;
    }
  }
  const auto listed = std::find_if(ranked.begin(), ranked.end(), [serving](const SourceCandidate& c) { return c.broker == serving; });
  if (listed == ranked.end()) {
    SourceCandidate gone = std::move(candidates_[serving_]);
    if (gone.stand != Stand::Gone) gone.since = now;
    gone.stand = Stand::Gone;
    ranked.push_back(std::move(gone));
    serving_ = ranked.size() - 1;
  } else {
    serving_ = static_cast<std::size_t>(listed - ranked.begin());
  }
  candidates_ = std::move(ranked);
  if (serving_ == 0) ordered_ = false;
}

SourceCandidate* SourceSelect::find(BrokerId broker) {
  const auto found = std::find_if(candidates_.begin(), candidates_.end(), [broker](const SourceCandidate& c) { return c.broker == broker; });
  return found == candidates_.end() ? nullptr : &*found;
}

// ---- what frames say ----

bool SourceSelect::on_accepted(const SourceKey& key, bool acknowledged, std::string_view note, MonoTime now) {
  SourceCandidate* const candidate = find(key.broker);
  if (candidate == nullptr || candidate->stand == Stand::Unasked || candidate->stand == Stand::Gone) return false;
  if (candidate->stand != Stand::Accepted || candidate->key != key) candidate->has_data = false;
  candidate->stand = Stand::Accepted;
  candidate->key = key;
  candidate->acknowledged = acknowledged;
  candidate->since = now;
  candidate->proven = true;
  candidate->words = note;
  return true;
}

bool SourceSelect::on_refused(BrokerId broker, std::string_view words, std::uint16_t code, MonoTime now) {
  SourceCandidate* const candidate = find(broker);
  if (candidate == nullptr || candidate->stand == Stand::Unasked || candidate->stand == Stand::Gone) return false;
  candidate->stand = Stand::Refused;
  candidate->since = now;
  candidate->words = words;
  candidate->code = code;
  candidate->well_at = {};
  return true;
}

bool SourceSelect::on_closed(const SourceKey& key, std::string_view words, MonoTime now) {
  SourceCandidate* const candidate = find(key.broker);
  if (candidate == nullptr || candidate->stand != Stand::Accepted) return false;
  // A successor that already speaks is another opening.
  if (candidate->key.connection != key.connection || candidate->key.session > key.session) return false;
  if (candidate->losses++ == 0) candidate->broken_at = now;
  candidate->stand = Stand::Lost;
  candidate->since = now;
  candidate->words = words;
  candidate->well_at = {};
  return true;
}

void SourceSelect::on_fell_silent(const SourceKey& key, MonoTime since) {
  if (SourceCandidate* const candidate = find(key.broker); candidate != nullptr && candidate->key == key) candidate->silent_since = since;
}

void SourceSelect::on_taken_over(const SourceKey& key) {
  SourceCandidate* const candidate = find(key.broker);
  if (candidate != nullptr && candidate->key.connection == key.connection && candidate->key.session < key.session) candidate->key = key;
}

SourceSelect::Heard SourceSelect::on_data(const SourceKey& key, const PriceSample& sample, MonoTime now) {
  SourceCandidate* const candidate = find(key.broker);
  if (candidate == nullptr || candidate->stand == Stand::Unasked || candidate->stand == Stand::Gone) return Heard::NotAsked;
  if (candidate->stand != Stand::Accepted) {
    candidate->stand = Stand::Accepted;
    candidate->since = now;
    candidate->words.clear();
  }
  candidate->key = key;
  candidate->has_data = true;
  SourceCandidate& serving = candidates_[serving_];
  const bool is_serving = candidate == &serving;
  const bool news = sample.content != candidate->content;
  if (news) {
    candidate->content = sample.content;
    candidate->alive_at = now;
    candidate->silent_since = {};
    candidate->proven = true;
    candidate->losses = 0;
  }
  if (sample.prices != candidate->prices) {
    candidate->prices = sample.prices;
    candidate->moved_at = now;
    for (SourceCandidate& other : candidates_) {
      if (is_serving && other.behind_at <= other.alive_at) other.behind_at = now;
    }
    if (!is_serving && candidate->ahead_at <= serving.alive_at) candidate->ahead_at = now;
  }
  if (sample.price.present()) {
    // Only a price that came since the serving one's last says something about the two.
    if (!is_serving && candidate->price_at <= serving.price_at) candidate->compared = candidate->compared && now - serving.price_at <= kComparableFor;
    candidate->price = sample.price;
    candidate->price_at = now;
    compare_prices(*candidate, now);
  }
  return news ? Heard::News : Heard::Repeated;
}

// ---- prices ----

bool SourceSelect::within_tolerance(Decimal price, Decimal reference) const {
  if (compare(price, reference) == 0) return true;
  if (reference.is_zero()) return false;
  const Decimal distance = difference(price, reference);
  if (!distance.present()) return false;
  Decimal percent = percent_of(distance, reference);
  if (!percent.present()) return false;
  if (percent.mantissa < 0) percent.mantissa = -percent.mantissa;
  return compare(percent, rule_.tolerance) <= 0;
}

/// The serving one's last price counts until it gives another: a market that has moved on since went through its neighbourhood.
void SourceSelect::compare_prices(SourceCandidate& of, MonoTime now) {
  if (!rule_.tolerance.present()) return;
  SourceCandidate& serving = candidates_[serving_];
  if (&of != &serving) {
    if (serving.price.present() && now - serving.price_at <= kComparableFor) judge(of, false, now);
    return;
  }
  for (SourceCandidate& other : candidates_) {
    if (&other == &serving) continue;
    other.compared = false;
    if (other.price.present() && now - other.price_at <= kComparableFor) judge(other, true, now);
  }
}

void SourceSelect::judge(SourceCandidate& candidate, bool fresh, MonoTime now) const {
  const bool agrees = within_tolerance(candidate.price, candidates_[serving_].price);
  candidate.agreed = agrees || (candidate.agreed && candidate.compared && !fresh);
  candidate.compared = true;
  if (candidate.agreed) {
    candidate.disagrees_at = {};
    candidate.told = false;
  } else if (candidate.disagrees_at == MonoTime{}) {
    candidate.disagrees_at = now;
  }
}

/// Two brokers a moment apart disagree for that moment; only what lasts is worth telling.
std::optional<SourceSelect::Disagreement> SourceSelect::take_disagreement(MonoTime now) {
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    SourceCandidate& candidate = candidates_[i];
    if (i == serving_ || candidate.told || !disagrees(candidate) || candidate.price_at <= candidate.disagrees_at) continue;
    if (now - candidate.disagrees_at < silence_limit()) continue;
    candidate.told = true;
    return Disagreement{candidate.broker, candidate.price, candidates_[serving_].price};
  }
  return std::nullopt;
}

// ---- how they are ----

/// The serving one's prices move, and it says nothing.
bool SourceSelect::is_behind(const SourceCandidate& candidate) const {
  return candidate.behind_at > candidate.alive_at && candidates_[serving_].moved_at - candidate.behind_at >= silence_limit();
}

/// Its prices move, and the serving one says nothing.
bool SourceSelect::outruns(const SourceCandidate& candidate) const {
  return candidate.ahead_at > candidates_[serving_].alive_at && candidate.moved_at - candidate.ahead_at >= silence_limit();
}

bool SourceSelect::usable(const SourceCandidate& candidate, std::span<const BrokerView> brokers) const {
  const BrokerView& view = view_of(brokers, candidate.broker);
  return candidate.stand == Stand::Accepted && candidate.losses < kLossesMax && (!is_out(view) || candidate.alive_at > view.since);
}

bool SourceSelect::is_well(const SourceCandidate& candidate, std::span<const BrokerView> brokers) const {
  const bool flows = candidate.has_data || candidates_[serving_].moved_at <= candidate.since;
  return usable(candidate, brokers) && candidate.proven && flows && !is_behind(candidate);
}

bool SourceSelect::hopeless(const SourceCandidate& candidate, std::span<const BrokerView> brokers) const {
  const BrokerState state = view_of(brokers, candidate.broker).state;
  const bool broken = state == BrokerState::Reconnecting || state == BrokerState::AuthRequired || state == BrokerState::Down;
  if (candidate.stand == Stand::Accepted) return !usable(candidate, brokers) || disagrees(candidate);
  return broken || candidate.stand == Stand::Lost || candidate.stand == Stand::Refused || candidate.stand == Stand::Gone;
}

bool SourceSelect::all_refused() const {
  return std::all_of(candidates_.begin(), candidates_.end(),
                     [](const SourceCandidate& candidate) { return candidate.stand == Stand::Refused || candidate.stand == Stand::Gone; });
}

/// Since when the serving one fails, as far as it shows without another to hold against it.
std::optional<SourceSelect::Failure> SourceSelect::failing(std::span<const BrokerView> brokers) const {
  const SourceCandidate& serving = candidates_[serving_];
  const BrokerView& view = view_of(brokers, serving.broker);
  // A connection that was found dead had been silent before: that time counts. A quiet stream of a lively broker says nothing of the kind.
  const Failure lost{std::min(serving.broken_at, std::max(serving.alive_at, view.heard_at)), rule_.failover_after};
  switch (serving.stand) {
    case Stand::Gone:
    case Stand::Refused:
      return Failure{serving.since, {}};
    case Stand::Lost:
      return lost;
    case Stand::Accepted:
      // Connected again: but to what? Either this stream or any other of this broker has to say something new.
      if (serving.losses >= kLossesMax || (serving.losses != 0 && view.heard_at <= serving.since)) return lost;
      if (serving.silent_since != MonoTime{}) return Failure{serving.silent_since, rule_.failover_after};
      if (!is_out(view) || serving.alive_at > view.since) return std::nullopt;
      return Failure{view.since, rule_.failover_after};
    case Stand::Unasked:
    case Stand::Asked:
      if (view.state == BrokerState::Live) return std::nullopt;
      return Failure{std::max(serving.since, view.since), rule_.failover_after};
  }
  return std::nullopt;
}

std::string SourceSelect::why_failing(std::span<const BrokerView> brokers) const {
  const SourceCandidate& serving = candidates_[serving_];
  const BrokerView& view = view_of(brokers, serving.broker);
  const std::string name{view.name};
  switch (serving.stand) {
    case Stand::Gone:
      return name + (view.ended ? " is no longer configured" : " lists it no more");
    case Stand::Refused:
      return name + " refused it: " + serving.words;
    case Stand::Accepted:
      if (serving.losses != 0) return name + " lost its connection, and nothing new has come since";
      if (serving.silent_since != MonoTime{}) return name + " has fallen silent on it while its other streams go on";
      break;
    case Stand::Lost:
      if (view.state == BrokerState::Live) return name + " lost its connection: " + serving.words;
      break;
    case Stand::Unasked:
    case Stand::Asked:
      break;
  }
  const std::string state = name + " is " + std::string{to_text(view.state)};
  return view.reason.empty() ? state : state + ": " + view.reason;
}

// ---- moving ----

/// A better one has just spoken too, so its next record is not far.
bool SourceSelect::waits_for_better(std::size_t index, std::span<const BrokerView> brokers, MonoTime now) const {
  for (std::size_t i = 0; i < index; ++i) {
    const SourceCandidate& better = candidates_[i];
    if (i == serving_ || !usable(better, brokers) || disagrees(better)) continue;
    if (better.alive_at != MonoTime{} && now - better.alive_at < silence_limit()) return true;
  }
  return false;
}

std::optional<SourceSelect::Move> SourceSelect::due(BrokerId broker, std::span<const BrokerView> brokers, MonoTime now) {
  const SourceCandidate* const candidate = find(broker);
  if (candidate == nullptr) return std::nullopt;
  const auto index = static_cast<std::size_t>(candidate - candidates_.data());
  if (index == serving_ || !usable(*candidate, brokers)) return std::nullopt;
  const BrokerId from = serving();
  if (ordered_ && index == 0) return Move{from, broker, Cause::Order, "an administrator asked for it"};
  if (disagrees(*candidate)) return std::nullopt;
  if (const auto failure = failing(brokers); failure && now - failure->since >= failure->patience) {
    if (waits_for_better(index, brokers, now)) return std::nullopt;
    return Move{from, broker, Cause::Failover, why_failing(brokers)};
  }
  if (outruns(*candidate)) {
    const std::string name{view_of(brokers, from).name};
    return Move{from, broker, Cause::Failover, name + " is silent while " + std::string{view_of(brokers, broker).name} + " goes on"};
  }
  if (index < serving_ && candidate->well_at != MonoTime{} && now - candidate->well_at >= return_wait(*candidate)) {
    return Move{from, broker, Cause::Return, std::string{view_of(brokers, broker).name} + " has been well for long enough"};
  }
  return std::nullopt;
}

std::optional<SourceSelect::Move> SourceSelect::due(std::span<const BrokerView> brokers, MonoTime now) {
  for (const SourceCandidate& candidate : candidates_) {
    if (auto move = due(candidate.broker, brokers, now)) return move;
  }
  return std::nullopt;
}

void SourceSelect::move(const Move& move, MonoTime now) {
  SourceCandidate& old = candidates_[serving_];
  SourceCandidate* const chosen = find(move.to);
  if (move.cause == Cause::Failover) {
    const bool soon = old.returned_at != MonoTime{} && now - old.returned_at < rule_.return_after * kFlapWindow;
    old.flaps = soon ? std::min<std::uint8_t>(old.flaps + 1, kFlapsMax) : std::uint8_t{0};
    old.proven = false;
  }
  if (move.cause == Cause::Return) chosen->returned_at = now;
  serving_ = static_cast<std::size_t>(chosen - candidates_.data());
  if (serving_ == 0) ordered_ = false;
  for (SourceCandidate& candidate : candidates_) {
    candidate.ahead_at = candidate.behind_at = candidate.well_at = candidate.disagrees_at = candidate.silent_since = {};
    candidate.compared = candidate.agreed = candidate.told = false;
  }
  spare_until_ = now + rule_.return_after;
  if (candidates_.back().stand == Stand::Gone && serving_ + 1 != candidates_.size()) candidates_.pop_back();
}

void SourceSelect::watch(std::span<const BrokerView> brokers, MonoTime now) {
  for (std::size_t i = 0; i < serving_; ++i) {
    SourceCandidate& candidate = candidates_[i];
    if (!is_well(candidate, brokers)) {
      candidate.well_at = {};
    } else if (candidate.well_at == MonoTime{}) {
      candidate.well_at = now;
    }
  }
}

// ---- demand ----

std::optional<SourceWish> SourceSelect::wish(std::span<const BrokerView> brokers, MonoTime now) {
  if (failing(brokers)) spare_until_ = now + rule_.return_after;
  const bool spare = now < spare_until_;
  std::vector<BrokerId> holders;
  bool hope = false;
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    const SourceCandidate& candidate = candidates_[i];
    if (candidate.stand == Stand::Gone) continue;
    const bool needed = i <= serving_ || (spare && !hope) || rule_.standby == Standby::Hot;
    if (!needed) continue;
    holders.push_back(candidate.broker);
    if (i != serving_ && !hopeless(candidate, brokers)) hope = true;
  }
  if (holders == wished_) return std::nullopt;
  wished_ = holders;
  return SourceWish{instrument_, channel_, std::move(holders)};
}

}  // namespace tidegate
