#include "brokers/common/request_ledger.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace tidegate::common {

template <class Change>
void RequestLedger::change(Entries::iterator it, Change&& apply) {
  Entry& entry = it->second;
  const auto tally = [&](int sign) {
    const auto add = [sign](std::size_t& number, bool counts) {
      if (counts) number = sign > 0 ? number + 1 : number - 1;
    };
    add(work_, needs_subscribe(entry) || needs_unsubscribe(entry));
    add(wanted_, entry.wanted);
    add(confirmed_, entry.wanted && entry.state == State::Present);
  };
  tally(-1);
  apply(entry);
  tally(+1);
  const bool idle = entry.state == State::Absent || entry.state == State::Refused;
  if (!entry.wanted && idle) {
    entries_.erase(it);  // contributes to no count
  }
}

void RequestLedger::want(std::string_view stream) {
  auto it = entries_.find(stream);
  if (it == entries_.end()) it = entries_.emplace(std::string{stream}, Entry{}).first;
  change(it, [](Entry& entry) {
    entry.wanted = true;
    if (entry.uncertain && entry.state == State::Present) entry.state = State::Absent;
  });
}

void RequestLedger::unwant(std::string_view stream) {
  const auto it = entries_.find(stream);
  if (it == entries_.end()) return;
  change(it, [](Entry& entry) {
    entry.wanted = false;
    if (entry.uncertain && entry.state == State::Absent) entry.state = State::Present;
  });
}

void RequestLedger::session_opened() {
  session_lost();
  open_ = true;
}

void RequestLedger::session_lost() {
  open_ = false;
  requests_.clear();
  for (auto it = entries_.begin(); it != entries_.end();) {
    const auto entry = it++;
    change(entry, [](Entry& e) {
      e.state = State::Absent;
      e.uncertain = false;
      e.timeouts = 0;
      e.batch_max = SIZE_MAX;
    });
  }
}

Batch RequestLedger::collect(bool subscribe, const BatchLimits& limits) const {
  Batch batch;
  batch.subscribe = subscribe;
  std::size_t bytes = 0;
  std::size_t streams_max = limits.streams_max;
  for (const auto& [name, entry] : entries_) {
    if (!(subscribe ? needs_subscribe(entry) : needs_unsubscribe(entry))) continue;
    const std::size_t cost = name.size() + limits.bytes_per_stream;
    if (bytes + cost > limits.bytes_max && !batch.streams.empty()) break;
    if (batch.streams.size() + 1 > std::min(streams_max, entry.batch_max)) break;
    streams_max = std::min(streams_max, entry.batch_max);
    bytes += cost;
    batch.streams.push_back(name);
  }
  return batch;
}

std::optional<Batch> RequestLedger::next(const BatchLimits& limits) {
  if (!work_left()) return std::nullopt;
  Batch batch = collect(true, limits);
  if (batch.streams.empty()) batch = collect(false, limits);
  if (batch.streams.empty()) return std::nullopt;
  batch.id = take_id();
  for (const std::string& name : batch.streams) {
    change(entries_.find(name), [&](Entry& entry) {
      entry.state = batch.subscribe ? State::Subscribing : State::Unsubscribing;
      entry.request = batch.id;
    });
  }
  requests_.emplace(batch.id, batch);
  return batch;
}

std::vector<std::string> RequestLedger::accepted(std::uint64_t id) {
  auto request = requests_.extract(id);
  std::vector<std::string> live;
  if (request.empty()) return live;
  const Batch& batch = request.mapped();
  for (const std::string& name : batch.streams) {
    const auto it = entries_.find(name);
    if (it == entries_.end() || it->second.request != id) continue;
    if (batch.subscribe && it->second.wanted) live.push_back(name);
    change(it, [&](Entry& entry) {
      entry.state = batch.subscribe ? State::Present : State::Absent;
      entry.uncertain = false;
      entry.timeouts = 0;
      entry.batch_max = SIZE_MAX;
    });
  }
  return live;
}

std::vector<std::string> RequestLedger::refused(std::uint64_t id) {
  auto request = requests_.extract(id);
  std::vector<std::string> bad;
  if (request.empty()) return bad;
  const Batch& batch = request.mapped();
  for (const std::string& name : batch.streams) {
    const auto it = entries_.find(name);
    if (it == entries_.end() || it->second.request != id) continue;
    const bool blamed = batch.streams.size() == 1;
    if (blamed && batch.subscribe && it->second.wanted) bad.push_back(name);
    change(it, [&](Entry& entry) {
      entry.timeouts = 0;
      if (blamed) {
        // A stream that cannot be dropped is left to reconcile().
        entry.state = batch.subscribe ? State::Refused : State::Absent;
      } else {
        entry.state = batch.subscribe ? State::Absent : State::Present;
        entry.batch_max = std::max<std::size_t>(batch.streams.size() / 2, 1);
      }
    });
  }
  return bad;
}

bool RequestLedger::timed_out(std::uint64_t id) {
  auto request = requests_.extract(id);
  if (request.empty()) return true;
  const Batch& batch = request.mapped();
  bool trusted = true;
  for (const std::string& name : batch.streams) {
    const auto it = entries_.find(name);
    if (it == entries_.end() || it->second.request != id) continue;
    if (++it->second.timeouts > 1) trusted = false;
    change(it, [&](Entry& entry) {
      // Whether the broker acted on it is unknown. What is still wanted is asked for again (twice does no harm), the rest is dropped.
      entry.state = entry.wanted ? State::Absent : State::Present;
      entry.uncertain = true;
    });
  }
  return trusted;
}

std::size_t RequestLedger::reconcile(std::uint64_t id, const std::vector<std::string>& carried_streams) {
  const std::set<std::string_view> listed{carried_streams.begin(), carried_streams.end()};
  std::size_t differed = 0;
  for (auto it = entries_.begin(); it != entries_.end();) {
    const auto current = it++;
    if (current->second.state != State::Present || current->second.request > id || listed.contains(current->first)) continue;
    ++differed;
    change(current, [](Entry& entry) { entry.state = State::Absent; });
  }
  for (const std::string_view name : listed) {
    auto it = entries_.find(name);
    if (it == entries_.end()) {
      it = entries_.emplace(std::string{name}, Entry{}).first;
    } else if (it->second.state != State::Refused || it->second.request > id) {
      continue;
    }
    ++differed;
    change(it, [&](Entry& entry) {
      entry.state = State::Present;
      entry.request = id;
    });
  }
  return differed;
}

RequestLedger::State RequestLedger::state(std::string_view stream) const {
  const auto it = entries_.find(stream);
  return it == entries_.end() ? State::Absent : it->second.state;
}

bool RequestLedger::wanted(std::string_view stream) const {
  const auto it = entries_.find(stream);
  return it != entries_.end() && it->second.wanted;
}

}  // namespace tidegate::common
