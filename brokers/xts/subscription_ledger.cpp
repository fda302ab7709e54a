#include "brokers/xts/subscription_ledger.hpp"

#include <algorithm>

namespace tidegate::xts {
namespace {

std::size_t place_of(std::uint32_t code) {
  return static_cast<std::size_t>(std::find(kSubscribedCodes.begin(), kSubscribedCodes.end(), code) - kSubscribedCodes.begin());
}

/// Codes that can stand in for each other for a while.
bool shows_prices(std::uint32_t code) {
  return code == message_code::kTouchline || code == message_code::kMarketDepth || code == message_code::kLastPrice;
}

}  // namespace

std::uint8_t CodeSet::bit_of(std::uint32_t code) { return static_cast<std::uint8_t>(1U << place_of(code)); }

common::RequestLedger& SubscriptionLedger::ledger(std::uint32_t code) { return ledgers_.at(place_of(code)); }

SubscriptionLedger::State SubscriptionLedger::state(std::uint32_t code, std::string_view instrument) const {
  return ledgers_.at(place_of(code)).state(instrument);
}

void SubscriptionLedger::want(const std::string& instrument, CodeSet codes) {
  auto it = entries_.find(instrument);
  if (it == entries_.end()) {
    if (codes.empty()) return;
    it = entries_.emplace(instrument, Entry{}).first;
  }
  Entry& entry = it->second;
  if (entry.wanted == codes) return;
  for (const std::uint32_t code : kSubscribedCodes) {
    wanted_ += codes.has(code) ? 1 : 0;
    wanted_ -= entry.wanted.has(code) ? 1 : 0;
    if (codes.has(code) || !entry.without_room.has(code)) continue;
    entry.without_room.remove(code);
    --waiting_;
  }
  entry.wanted = codes;
  settle(it);
}

bool SubscriptionLedger::replacement_under_way(const std::string& instrument, const Entry& entry) const {
  return std::any_of(kSubscribedCodes.begin(), kSubscribedCodes.end(), [&](std::uint32_t code) {
    if (!shows_prices(code) || !entry.wanted.has(code) || entry.without_room.has(code)) return false;
    const State now = state(code, instrument);
    return now == State::Absent || now == State::Subscribing;
  });
}

void SubscriptionLedger::settle(Entries::iterator it) {
  const auto& [instrument, entry] = *it;
  const bool replaced_soon = replacement_under_way(instrument, entry);
  bool held = !entry.wanted.empty();
  for (const std::uint32_t code : kSubscribedCodes) {
    const bool kept = replaced_soon && shows_prices(code) && carries(code, instrument);
    if ((entry.wanted.has(code) && !entry.without_room.has(code)) || kept) {
      ledger(code).want(instrument);
    } else {
      ledger(code).unwant(instrument);
    }
    held = held || state(code, instrument) != State::Absent;
  }
  if (!held) entries_.erase(it);
}

void SubscriptionLedger::settle(const std::vector<std::string>& instruments) {
  for (const std::string& instrument : instruments) {
    if (const auto it = entries_.find(instrument); it != entries_.end()) settle(it);
  }
}

// ---- the login ----

void SubscriptionLedger::login_opened() {
  login_lost();
  for (common::RequestLedger& one : ledgers_) one.session_opened();
}

void SubscriptionLedger::login_lost() {
  room_.reset();
  waiting_ = 0;
  newly_without_room_.clear();
  for (common::RequestLedger& one : ledgers_) one.session_lost();
  for (auto it = entries_.begin(); it != entries_.end();) {
    const auto current = it++;
    current->second.without_room = {};
    settle(current);
  }
}

// ---- room ----

std::int64_t SubscriptionLedger::taken() const {
  std::int64_t taken = 0;
  for (const auto& [instrument, entry] : entries_) {
    for (const std::uint32_t code : kSubscribedCodes) {
      const State now = state(code, instrument);
      taken += now != State::Absent && now != State::Refused ? 1 : 0;
    }
  }
  return taken;
}

std::optional<std::int64_t> SubscriptionLedger::room() const {
  std::optional<std::int64_t> room = room_;
  if (maximum_ != 0) {
    const std::int64_t left = static_cast<std::int64_t>(maximum_) - taken();
    room = std::max<std::int64_t>(room ? std::min(*room, left) : left, 0);
  }
  return room;
}

void SubscriptionLedger::use_room() {
  if (waiting_ == 0 || room() == 0) return;
  waiting_ = 0;
  for (auto it = entries_.begin(); it != entries_.end(); ++it) {
    if (std::exchange(it->second.without_room, {}).empty()) continue;
    settle(it);  // something is wanted, so the entry stays
  }
}

void SubscriptionLedger::keep_to_room() {
  std::optional<std::int64_t> left = room();
  if (!left) return;
  for (const std::uint32_t code : kSubscribedCodes) {
    for (auto it = entries_.begin(); it != entries_.end(); ++it) {
      const bool due = it->second.wanted.has(code) && !it->second.without_room.has(code) && state(code, it->first) == State::Absent;
      if (due && (*left)-- <= 0) wait_for_room(it, code);
    }
  }
}

// What gives up another code of the same instrument makes its own room: that is no news to anybody.
void SubscriptionLedger::wait_for_room(Entries::iterator it, std::uint32_t code) {
  it->second.without_room.add(code);
  ++waiting_;
  const bool makes_room = std::any_of(kSubscribedCodes.begin(), kSubscribedCodes.end(), [&](std::uint32_t other) {
    return shows_prices(code) && shows_prices(other) && !it->second.wanted.has(other) && carries(other, it->first);
  });
  if (!makes_room) newly_without_room_.push_back({code, it->first});
  settle(it);
}

// ---- requests ----

bool SubscriptionLedger::work_left() const {
  return std::any_of(ledgers_.begin(), ledgers_.end(), [](const common::RequestLedger& one) { return one.work_left(); });
}

std::optional<SubscriptionRequest> SubscriptionLedger::next(std::size_t batch_max) {
  use_room();
  keep_to_room();
  const auto take = [&](bool subscribe) -> std::optional<SubscriptionRequest> {
    for (const std::uint32_t code : kSubscribedCodes) {
      // Each ledger gives its subscriptions first, so one that gives an unsubscription has none left.
      const bool due = std::any_of(entries_.begin(), entries_.end(), [&](const auto& item) {
        const State now = state(code, item.first);
        return subscribe ? ledger(code).wanted(item.first) && now == State::Absent : !ledger(code).wanted(item.first) && now == State::Present;
      });
      if (!due) continue;
      auto batch = ledger(code).next({.streams_max = batch_max});
      if (batch) return SubscriptionRequest{batch->id, batch->subscribe, code, std::move(batch->streams)};
    }
    return std::nullopt;
  };
  auto request = take(true);
  return request ? request : take(false);
}

std::vector<CodeOf> SubscriptionLedger::accepted(const SubscriptionRequest& request, std::optional<std::int64_t> remaining) {
  std::vector<CodeOf> live;
  for (std::string& instrument : ledger(request.code).accepted(request.id)) live.push_back({request.code, std::move(instrument)});
  const auto changed = static_cast<std::int64_t>(request.instruments.size());
  if (remaining) {
    room_ = remaining;
  } else if (room_) {
    room_ = std::max<std::int64_t>(*room_ + (request.subscribe ? -changed : changed), 0);
  }
  settle(request.instruments);
  return live;
}

// It takes no more room than it had: too much room is found out by asking, too little never.
std::vector<CodeOf> SubscriptionLedger::found_subscribed(const SubscriptionRequest& request, std::optional<std::int64_t> remaining) {
  return accepted(request, remaining ? remaining : room_);
}

std::vector<CodeOf> SubscriptionLedger::refused(const SubscriptionRequest& request) {
  std::vector<CodeOf> bad;
  for (std::string& instrument : ledger(request.code).refused(request.id)) bad.push_back({request.code, std::move(instrument)});
  settle(request.instruments);
  return bad;
}

void SubscriptionLedger::over_limit(const SubscriptionRequest& request) {
  const bool alone = request.instruments.size() == 1;
  if (alone) room_ = 0;
  ledger(request.code).refused(request.id);
  if (alone && ledger(request.code).wanted(request.instruments.front())) {
    const auto it = entries_.find(request.instruments.front());
    ledger(request.code).unwant(it->first);  // forgets the refusal: it is asked for again when there is room
    if (it->second.wanted.has(request.code)) wait_for_room(it, request.code);
  }
  settle(request.instruments);
}

void SubscriptionLedger::unanswered(const SubscriptionRequest& request) {
  static_cast<void>(ledger(request.code).timed_out(request.id));
  if (!request.subscribe) room_.reset();  // there may be some
  settle(request.instruments);
}

// ---- what there is ----

std::vector<CodeOf> SubscriptionLedger::carried() const {
  std::vector<CodeOf> all;
  for (const std::uint32_t code : kSubscribedCodes) {
    for (const auto& [instrument, entry] : entries_) {
      if (carries(code, instrument)) all.push_back({code, instrument});
    }
  }
  return all;
}

std::size_t SubscriptionLedger::carried_count() const {
  std::size_t count = 0;
  for (const common::RequestLedger& one : ledgers_) count += one.confirmed_count();
  return count;
}

}  // namespace tidegate::xts
