// What the stream keeper sends next, and when.
#include <algorithm>
#include <utility>

#include "brokers/ibkr/stream_command.hpp"
#include "brokers/ibkr/streams.hpp"

namespace tidegate::ibkr {
namespace {

/// Part of a renewal by which it may come earlier, so that what was asked for together is not renewed together.
constexpr std::int64_t kJitterPart = 10;

/// The next of a row of numbers that look random (splitmix64).
std::uint64_t next_random(std::uint64_t& state) {
  std::uint64_t number = state += 0x9e3779b97f4a7c15U;
  number = (number ^ number >> 30U) * 0xbf58476d1ce4e5b9U;
  number = (number ^ number >> 27U) * 0x94d049bb133111ebU;
  return number ^ number >> 31U;
}

}  // namespace

/// Puts what is due of this stream into the plan, where it precedes what stands there.
void Streams::consider(Plan& plan, Stream& stream, MonoTime now) const {
  if (stream.form == Form::Ladder && account_.empty()) return;
  const auto offer = [&](Work work, std::int64_t rank) {
    const bool tie = work == plan.work && rank == plan.rank;
    if (tie ? stream.arrival < plan.stream->arrival : std::pair{work, rank} < std::pair{plan.work, plan.rank}) {
      plan = {work, rank, &stream, plan.later};
    }
  };
  const auto offer_at = [&](Work work, MonoTime due) {
    if (due <= now) {
      offer(work, due.ns);
    } else {
      plan.later = std::min(plan.later, due);
    }
  };
  if (!served(stream)) {
    if (stream.refused && !stream.current) plan.later = std::min(plan.later, stream.renew_at);
    if (stream.asked) offer(Work::End, static_cast<std::int64_t>(stream.arrival));
    return;
  }
  const bool runs = stream.asked && stream.current;
  if (runs && stream.form == Form::MarketData && stream.renew_at <= now) {
    const MonoTime urgent_at = stream.asked_at + (settings_.life - urgency_);
    offer_at(Work::UrgentRenewal, urgent_at);
  }
  if (to_be_asked(stream)) {
    const auto oldest = std::min_element(stream.wishes.begin(), stream.wishes.end(), [](const Wish& a, const Wish& b) {
      return std::pair{a.told_asked, a.order} < std::pair{b.told_asked, b.order};
    });
    offer(Work::Ask, static_cast<std::int64_t>(oldest->order));
  }
  if (!runs) return;
  if (!stream.closed || !stream.watch.answered()) offer_at(Work::Suspicion, stream.watch.suspicious_at());
  if (stream.form == Form::MarketData) offer_at(Work::Renewal, stream.renew_at);
}

Streams::Plan Streams::plan(MonoTime now) const {
  Plan plan;
  for (const Form form : kForms) {
    for (const auto& [target, stream] : table(form)) consider(plan, *stream, now);
  }
  return plan;
}

std::optional<std::string> Streams::next(MonoTime now) {
  if (!open_) return std::nullopt;
  readmit(now);
  if (pace_.wait(now) > Duration::zero()) return std::nullopt;
  const Plan plan = this->plan(now);
  if (plan.work == Work::None) return std::nullopt;
  pace_.take(now);
  switch (plan.work) {
    case Work::End:
      return end(*plan.stream, now);
    case Work::Suspicion:
      plan.stream->watch.suspected(now);
      ++suspicions_;
      break;
    case Work::UrgentRenewal:
    case Work::Renewal:
      ++renewals_;
      break;
    case Work::Ask:
    case Work::None:
      break;
  }
  return ask(*plan.stream, now);
}

std::string Streams::ask(Stream& stream, MonoTime now) {
  if (!std::exchange(stream.current, true)) stream.watch.on_opened(now);
  stream.watch.on_asked(now);
  stream.asked = true;
  stream.asked_at = now;
  stream.renew_at = now + (settings_.renewal - jitter());
  for (Wish& wish : stream.wishes) {
    wish.told_waiting = false;
    if (!std::exchange(wish.told_asked, true)) events_.push_back({.kind = StreamEvent::Kind::Asked, .key = wish.key});
  }
  return stream.form == Form::Ladder ? depth_command(account_, stream.target) : market_data_command(stream.target, fields_of_wishes(stream));
}

ValueSet Streams::fields_of_wishes(const Stream& stream) {
  ValueSet fields = 0;
  for (const Wish& wish : stream.wishes) fields |= fields_of(wish.key.second, wish.kind);
  return fields;
}

/// Ending one ladder ends all of the account, so those that are wanted are asked for again.
std::string Streams::end(Stream& stream, MonoTime now) {
  const Form form = stream.form;
  std::string text = form == Form::Ladder ? end_depth_command(account_) : end_market_data_command(stream.target);
  const auto ended = [&](Stream& one) {
    one.asked = one.current = false;
    one.renew_at = now + settings_.renewal;
  };
  ended(stream);
  if (form == Form::Ladder) {
    for (const auto& [target, ladder] : table(form)) ended(*ladder);
  }
  drop_unwanted(form);
  return text;
}

Duration Streams::jitter() {
  return Duration{static_cast<std::int64_t>(next_random(random_) % static_cast<std::uint64_t>(settings_.renewal.count() / kJitterPart + 1))};
}

std::vector<StreamEvent> Streams::take_events() {
  std::vector<StreamEvent> events = std::exchange(events_, {});
  for (const Form form : kForms) {
    if (budget(form).waiting_count() == 0) continue;
    std::map<std::uint64_t, Wish*> news;  // in the order of wishes
    for (const auto& [target, stream] : table(form)) {
      if (stream->refused || served(*stream)) continue;
      for (Wish& wish : stream->wishes) {
        if (!std::exchange(wish.told_waiting, true)) news.emplace(wish.order, &wish);
      }
    }
    if (news.empty()) continue;
    const std::string words = budget(form).words();
    for (const auto& [order, wish] : news) events.push_back({StreamEvent::Kind::WithoutRoom, wish->key, words});
  }
  return events;
}

Duration Streams::due_in(MonoTime now) const {
  if (!open_) return kLookAgain;
  const Plan plan = this->plan(now);
  if (plan.work != Work::None) return pace_.wait(now);
  const MonoTime due = std::min(plan.later, feed_due_);
  return std::clamp(due - now, Duration::zero(), kLookAgain);
}

}  // namespace tidegate::ibkr
