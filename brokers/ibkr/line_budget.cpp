#include "brokers/ibkr/line_budget.hpp"

#include <string_view>

namespace tidegate::ibkr {
namespace {

/// Names of options on futures are long, and the sentence is short.
constexpr std::size_t kNameBytesMax = 24;

std::string shortened(const std::string& symbol) { return symbol.size() <= kNameBytesMax ? symbol : symbol.substr(0, kNameBytesMax - 3) + "..."; }

std::string and_more(std::size_t count) { return count == 0 ? std::string{} : " and " + std::to_string(count) + " more"; }

}  // namespace

void LineBudget::enter(std::uint64_t arrival, std::string symbol) {
  (holders_.size() < maximum_ ? holders_ : waiting_).emplace(arrival, std::move(symbol));
}

void LineBudget::leave(std::uint64_t arrival) {
  waiting_.erase(arrival);
  if (holders_.erase(arrival) != 0 && !waiting_.empty()) holders_.insert(waiting_.extract(waiting_.begin()));
}

std::string LineBudget::words() const {
  if (maximum_ == 0) return option_ + " is 0: nothing of this kind is asked for";
  std::string words = option_ + " (" + std::to_string(maximum_) + ") is reached; held by ";
  std::size_t unnamed = holders_.size();
  for (const auto& [arrival, symbol] : holders_) {
    const std::string name = (unnamed == holders_.size() ? "" : ", ") + shortened(symbol);
    if (words.size() + name.size() + and_more(unnamed - 1).size() > kWordsBytesMax) break;
    words.append(name);
    --unnamed;
  }
  return words.append(and_more(unnamed));
}

}  // namespace tidegate::ibkr
