#include "brokers/zerodha/mode_ledger.hpp"

#include <algorithm>
#include <utility>

namespace tidegate::zerodha {

std::string Command::text() const {
  std::string list = "[";
  for (const Token token : tokens) {
    if (list.size() > 1) list += ',';
    list += std::to_string(token);
  }
  list += ']';
  switch (kind) {
    case Kind::Unsubscribe:
      return R"({"a":"unsubscribe","v":)" + list + "}";
    case Kind::Subscribe:
      return R"({"a":"subscribe","v":)" + list + "}";
    case Kind::SetMode:
      break;
  }
  return R"({"a":"mode","v":[")" + std::string{to_text(mode)} + "\"," + list + "]}";
}

void ModeLedger::classify(Token token, const Entry& entry) {
  to_unsubscribe_.erase(token);
  to_subscribe_.erase(token);
  for (std::set<Token>& tokens : to_set_) tokens.erase(token);
  if (entry.wanted == Mode::None) {
    if (entry.subscribed) to_unsubscribe_.insert(token);
  } else if (!entry.subscribed) {
    to_subscribe_.insert(token);
  } else if (entry.sent != entry.wanted) {
    to_set_[static_cast<std::size_t>(entry.wanted)].insert(token);
  }
}

void ModeLedger::drop(Entries::iterator it) {
  classify(it->first, Entry{});
  entries_.erase(it);
}

void ModeLedger::want(Token token, Mode mode) {
  auto it = entries_.find(token);
  if (it == entries_.end()) {
    if (mode == Mode::None) return;
    it = entries_.emplace(token, Entry{}).first;
  }
  Entry& entry = it->second;
  if (entry.wanted == mode) return;
  if (entry.wanted == Mode::None) ++wanted_count_;
  if (mode == Mode::None) --wanted_count_;
  entry.wanted = mode;
  if (mode == Mode::None && !entry.subscribed) return drop(it);
  classify(token, entry);
}

void ModeLedger::forget_sent() {
  carried_count_ = 0;
  for (auto it = entries_.begin(); it != entries_.end();) {
    const auto here = it++;
    here->second.subscribed = false;
    here->second.sent = Mode::None;
    if (here->second.wanted == Mode::None) {
      drop(here);
    } else {
      classify(here->first, here->second);
    }
  }
}

std::vector<Token> ModeLedger::take(std::set<Token>& from, std::size_t batch) {
  const auto end = std::next(from.begin(), static_cast<std::ptrdiff_t>(std::min(batch, from.size())));
  std::vector<Token> tokens(from.begin(), end);
  from.erase(from.begin(), end);
  return tokens;
}

std::optional<Command> ModeLedger::next(std::size_t batch) {
  if (!to_unsubscribe_.empty()) {
    Command command{Command::Kind::Unsubscribe, Mode::None, take(to_unsubscribe_, batch)};
    carried_count_ -= command.tokens.size();
    for (const Token token : command.tokens) entries_.erase(token);
    return command;
  }
  if (!to_subscribe_.empty()) {
    Command command{Command::Kind::Subscribe, Mode::None, take(to_subscribe_, batch)};
    carried_count_ += command.tokens.size();
    for (const Token token : command.tokens) {
      Entry& entry = entries_.find(token)->second;
      entry.subscribed = true;
      classify(token, entry);
    }
    return command;
  }
  for (std::size_t mode = 0; mode < kModes; ++mode) {
    if (to_set_[mode].empty()) continue;
    Command command{Command::Kind::SetMode, static_cast<Mode>(mode), take(to_set_[mode], batch)};
    for (const Token token : command.tokens) entries_.find(token)->second.sent = command.mode;
    return command;
  }
  return std::nullopt;
}

bool ModeLedger::work_left() const {
  return !to_unsubscribe_.empty() || !to_subscribe_.empty() ||
         std::any_of(to_set_.begin(), to_set_.end(), [](const auto& set) { return !set.empty(); });
}

bool ModeLedger::carries(Token token) const {
  const auto it = entries_.find(token);
  return it != entries_.end() && it->second.subscribed;
}

Mode ModeLedger::sent_mode(Token token) const {
  const auto it = entries_.find(token);
  return it == entries_.end() ? Mode::None : it->second.sent;
}

std::optional<Token> ModeLedger::settled_after(Token last) const {
  const auto settled = [](const auto& item) { return item.second.subscribed && item.second.sent == item.second.wanted; };
  const auto after = entries_.upper_bound(last);
  auto it = std::find_if(after, entries_.end(), settled);
  if (it == entries_.end()) {
    it = std::find_if(entries_.begin(), after, settled);
    if (it == after) return std::nullopt;
  }
  return it->first;
}

}  // namespace tidegate::zerodha
