#include "brokers/ibkr/contract_book.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace tidegate::ibkr {
namespace {

constexpr Duration kAfterExpiry = std::chrono::hours{48};

Instrument instrument_of(const Contract& contract) {
  Instrument instrument;
  instrument.venue = contract.venue;
  instrument.name = contract.name;
  instrument.native = {.segment = 0, .token = contract.conid, .text = {}};
  instrument.kind = contract.kind;
  instrument.base = contract.base;
  instrument.quote = contract.quote;
  instrument.expiry = contract.expiry;
  return instrument;
}

}  // namespace

void ContractBook::add(const Contract& contract, std::span<const Contract> all, UtcTime now, Change& change) {
  if (const auto known = contracts_.find(contract.conid); known != contracts_.end()) {
    known->second.asked = now;
    return;
  }
  Known known{.instrument = instrument_of(contract), .root = contract.root, .asked = now};
  if (const auto taken = symbols_.find(known.instrument.symbol()); taken != symbols_.end()) {
    const std::uint64_t other = taken->second;
    if (std::ranges::any_of(all, [other](const Contract& each) { return each.conid == other; })) {
      known.instrument.name += "#" + std::to_string(contract.conid);
    } else {
      remove(other);
      change.replaced = true;
    }
  }
  const std::string symbol = known.instrument.symbol();
  symbols_[symbol] = contract.conid;
  texts_.erase(symbol);
  contracts_.emplace(contract.conid, std::move(known));
}

ContractBook::Change ContractBook::put(const std::string& text, std::span<const Contract> found, std::span<const Contract> all, UtcTime now) {
  Change change;
  change.full = contracts_.size() + found.size() > kContractsMax || texts_.size() >= kTextsMax;
  if (change.full || found.empty()) return change;
  Meaning meaning{.conids = {}, .asked = now};
  for (const Contract& contract : found) {
    add(contract, all, now, change);
    meaning.conids.push_back(contract.conid);
  }
  const bool canonical = found.size() == 1 && contracts_.at(found.front().conid).instrument.symbol() == text;
  if (canonical) {
    texts_.erase(text);
  } else {
    texts_.insert_or_assign(text, std::move(meaning));
  }
  return change;
}

void ContractBook::keep(const std::string& text, UtcTime now) {
  if (const auto meaning = texts_.find(text); meaning != texts_.end()) meaning->second.asked = now;
  if (const auto symbol = symbols_.find(text); symbol != symbols_.end()) contracts_.at(symbol->second).asked = now;
}

void ContractBook::remove(std::uint64_t conid) {
  const auto known = contracts_.find(conid);
  if (known == contracts_.end()) return;
  symbols_.erase(known->second.instrument.symbol());
  contracts_.erase(known);
  // The other meanings of an ambiguous text may not be all: it is asked for anew.
  std::erase_if(texts_, [conid](const auto& entry) { return std::ranges::find(entry.second.conids, conid) != entry.second.conids.end(); });
}

bool ContractBook::drop_expired(UtcTime now) {
  std::vector<std::uint64_t> expired;
  for (const auto& [conid, known] : contracts_) {
    if (known.instrument.expiry.known() && known.instrument.expiry.ns < now.ns - kAfterExpiry.count()) expired.push_back(conid);
  }
  for (const std::uint64_t conid : expired) remove(conid);
  return !expired.empty();
}

std::optional<ContractBook::Meaning> ContractBook::find(const std::string& text) const {
  if (const auto symbol = symbols_.find(text); symbol != symbols_.end()) return Meaning{{symbol->second}, contracts_.at(symbol->second).asked};
  const auto meaning = texts_.find(text);
  return meaning == texts_.end() ? std::nullopt : std::optional{meaning->second};
}

const ContractBook::Known* ContractBook::find_symbol(const std::string& symbol) const {
  const auto it = symbols_.find(symbol);
  return it == symbols_.end() ? nullptr : find_conid(it->second);
}

const ContractBook::Known* ContractBook::find_conid(std::uint64_t conid) const {
  const auto it = contracts_.find(conid);
  return it == contracts_.end() ? nullptr : &it->second;
}

bool ContractBook::restore(Known known) {
  const std::uint64_t conid = known.instrument.native.token;
  if (contracts_.size() >= kContractsMax || contracts_.contains(conid) || !symbols_.emplace(known.instrument.symbol(), conid).second) return false;
  contracts_.emplace(conid, std::move(known));
  return true;
}

bool ContractBook::restore(std::string text, Meaning meaning) {
  const bool known = std::ranges::all_of(meaning.conids, [this](std::uint64_t conid) { return contracts_.contains(conid); });
  if (texts_.size() >= kTextsMax || meaning.conids.empty() || !known || symbols_.contains(text)) return false;
  return texts_.emplace(std::move(text), std::move(meaning)).second;
}

}  // namespace tidegate::ibkr
