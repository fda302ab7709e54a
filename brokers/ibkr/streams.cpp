#include "brokers/ibkr/streams.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "brokers/ibkr/stream_command.hpp"

namespace tidegate::ibkr {
namespace {

constexpr Duration kPaceWindow = std::chrono::seconds{1};
/// Room for what goes out besides, and for a loop that is late.
constexpr Duration kUrgencyMargin = std::chrono::seconds{20};

/// Twice the time in which all streams can be renewed.
Duration urgency(const StreamSettings& settings) {
  return kPaceWindow * (2 * settings.lines_max / std::max<std::size_t>(settings.commands_per_second, 1)) + kUrgencyMargin;
}

}  // namespace

Streams::Streams(const StreamSettings& settings)
    : settings_(settings),
      urgency_(urgency(settings)),
      pace_(std::max<std::size_t>(settings.commands_per_second, 1), kPaceWindow),
      feed_({.bytes = {}, .heartbeat = {}, .data = settings.data_timeout}),
      lines_(settings.lines_max, "lines_max"),
      depth_(settings.depth_max, "depth_max"),
      random_(settings.seed) {}

// ---- wishes ----

void Streams::want(const StreamWish& wish) {
  const Form form = wish.key.second == Channel::OrderBook ? Form::Ladder : Form::MarketData;
  if (form == Form::MarketData && fields_of(wish.key.second, wish.kind) == 0) return unwant(wish.key);
  std::string target = form == Form::Ladder ? depth_target(wish.conid, wish.exchange) : market_data_target(wish.conid, wish.exchange);
  if (const auto known = wishes_.find(wish.key); known != wishes_.end()) {
    const Stream& stream = *known->second;
    const bool equal = stream.target == target && std::any_of(stream.wishes.begin(), stream.wishes.end(),
                                                              [&](const Wish& held) { return held.key == wish.key && held.kind == wish.kind; });
    if (equal) return;
    unwant(wish.key);
  }
  std::unique_ptr<Stream>& place = table(form)[target];
  if (place == nullptr) place = std::make_unique<Stream>(form, std::move(target), settings_.stream_timeout);
  Stream& stream = *place;
  const bool first = stream.wishes.empty();
  stream.wishes.push_back({.key = wish.key, .kind = wish.kind, .order = ++arrivals_});
  wishes_.emplace(wish.key, &stream);
  if (first) {
    stream.symbol = wish.symbol;
    stream.arrival = arrivals_;
  }
  if (first || stream.refused) enter(stream);
}

void Streams::enter(Stream& stream) {
  stream.refused = false;
  budget(stream.form).enter(stream.arrival, stream.symbol);
}

void Streams::unwant(const common::WantKey& key) {
  const auto known = wishes_.find(key);
  if (known == wishes_.end()) return;
  Stream& stream = *known->second;
  wishes_.erase(known);
  std::erase_if(stream.wishes, [&key](const Wish& wish) { return wish.key == key; });
  if (!stream.wishes.empty()) return;
  stream.refused = false;
  budget(stream.form).leave(stream.arrival);
  if (stream.asked) return;  // it is ended first
  table(stream.form).erase(table(stream.form).find(stream.target));
}

void Streams::refuse(std::uint64_t conid, std::string_view exchange) {
  for (const Form form : kForms) {
    const auto known = table(form).find(form == Form::Ladder ? depth_target(conid, exchange) : market_data_target(conid, exchange));
    if (known == table(form).end() || !known->second->current || !served(*known->second)) continue;
    known->second->refused = true;
    budget(form).leave(known->second->arrival);
  }
}

/// In the order in which they came.
void Streams::readmit(MonoTime now) {
  std::map<std::uint64_t, Stream*> due;
  for (const Form form : kForms) {
    for (const auto& [target, stream] : table(form)) {
      if (stream->refused && !stream->current && stream->renew_at <= now) due.emplace(stream->arrival, stream.get());
    }
  }
  for (const auto& [arrival, stream] : due) enter(*stream);
}

/// It has a line, and may use it.
bool Streams::served(const Stream& stream) const { return !stream.wishes.empty() && !stream.refused && budget(stream.form).holds(stream.arrival); }

/// A wish that joins a running stream gets its snapshot by another command.
bool Streams::to_be_asked(const Stream& stream) const {
  return !stream.asked || !stream.current ||
         std::any_of(stream.wishes.begin(), stream.wishes.end(), [](const Wish& wish) { return !wish.told_asked; });
}

// ---- the connection ----

void Streams::ready(std::string_view account, MonoTime now) {
  hold();
  open_ = true;
  account_ = account;
  feed_.opened(now);
  feed_due_ = now + std::min(settings_.data_timeout, kLookAgain);
  readmit(now);
}

void Streams::hold() {
  open_ = false;
  for (const Form form : kForms) {
    for (const auto& [target, stream] : table(form)) {
      stream->current = false;
      stream->renew_at = {};
      for (Wish& wish : stream->wishes) wish.told_asked = false;
    }
  }
}

void Streams::lost() {
  hold();
  for (const Form form : kForms) {
    for (const auto& [target, stream] : table(form)) stream->asked = false;
    drop_unwanted(form);
  }
}

void Streams::drop_unwanted(Form form) {
  std::erase_if(table(form), [](const auto& item) { return item.second->wishes.empty() && !item.second->asked; });
}

// ---- what comes ----

Streams::Stream* Streams::find(std::string_view topic) const {
  constexpr std::size_t kCodeBytes = 4;
  Form form = Form::MarketData;
  if (topic.starts_with("sbd+")) {
    form = Form::Ladder;
    const std::size_t account_end = topic.find('+', kCodeBytes);
    if (account_end == std::string_view::npos) return nullptr;
    topic.remove_prefix(account_end + 1);
  } else if (topic.starts_with("smd+")) {
    topic.remove_prefix(kCodeBytes);
  } else {
    return nullptr;
  }
  const auto known = table(form).find(topic);
  return known == table(form).end() ? nullptr : known->second.get();
}

bool Streams::on_data(std::string_view topic, std::string_view frame, MonoTime now) {
  Stream* const stream = find(topic);
  if (stream == nullptr || !stream->asked || !stream->current || !served(*stream)) return false;
  const bool answered = stream->watch.answered();
  if (stream->watch.on_data(market_hint(frame), now)) feed_.on_data(now);
  return !answered && stream->watch.answered();
}

void Streams::look_at_hours(const std::function<bool(std::string_view symbol)>& closed, MonoTime now) {
  bool opened = false;
  for (const Form form : kForms) {
    for (const auto& [target, stream] : table(form)) {
      const bool was_closed = std::exchange(stream->closed, closed(stream->symbol));
      if (!was_closed || stream->closed) continue;
      stream->watch.on_market_opened(now);
      opened = true;
    }
  }
  if (opened) feed_due_ = now;
}

bool Streams::all_silent(MonoTime now) {
  if (!open_) return false;
  bool any_asked = false, any_answered = false, any_lively = false, any_open = false;
  for (const Form form : kForms) {
    for (const auto& [target, stream] : table(form)) {
      if (!stream->current || !served(*stream)) continue;
      any_asked = true;
      any_answered = any_answered || stream->watch.answered();
      any_lively = any_lively || stream->watch.lively();
      any_open = any_open || (stream->watch.lively() && !stream->closed);
    }
  }
  const bool unanswered = any_asked && !any_answered;
  feed_.expect_data(any_lively || unanswered, now);
  feed_.market_open(any_open || unanswered || !any_lively, kNoTime, now);
  const common::Liveness::Check check = feed_.check(now);
  const bool silent = check.verdict == common::Liveness::Verdict::NoData;
  if (silent) {  // the next silence counts from here
    feed_.opened(now);
    feed_.expect_data(true, now);
  }
  feed_due_ = now + (silent ? settings_.data_timeout : check.again_in);
  return silent;
}

// ---- what is told ----

std::vector<std::string> Streams::probe_commands() const {
  const auto rank = [](const Stream& stream) {
    return std::tuple{stream.watch.lively(), stream.watch.life_at(), -static_cast<std::int64_t>(stream.arrival)};
  };
  const Stream* best = nullptr;
  for (const auto& [target, stream] : table(Form::MarketData)) {
    if (!stream->current || !served(*stream)) continue;
    if (best == nullptr || rank(*best) < rank(*stream)) best = stream.get();
  }
  if (best == nullptr) return {};
  return {end_market_data_command(best->target), market_data_command(best->target, fields_of_wishes(*best))};
}

StreamCounts Streams::counts() const {
  StreamCounts counts{.renewals = renewals_, .suspicions = suspicions_};
  counts.waiting = static_cast<std::uint32_t>(lines_.waiting_count() + depth_.waiting_count());
  for (const Form form : kForms) {
    for (const auto& [target, stream] : table(form)) {
      if (stream->wishes.empty()) continue;
      ++counts.wanted;
      if (!stream->current || !served(*stream)) continue;
      ++counts.asked;
      counts.alive += stream->watch.answered() ? 1 : 0;
    }
  }
  return counts;
}

}  // namespace tidegate::ibkr
