#include "gateway/core/catalog.hpp"

#include <algorithm>
#include <utility>

namespace tidegate {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

std::size_t find_ignoring_case(std::string_view text, std::string_view query) {
  const auto it = std::search(text.begin(), text.end(), query.begin(), query.end(), [](char a, char b) { return lower(a) == lower(b); });
  return it == text.end() && !query.empty() ? std::string_view::npos : static_cast<std::size_t>(it - text.begin());
}

}  // namespace

void Catalog::add(BrokerId broker, const Instrument& instrument) {
  std::string symbol = instrument.symbol();
  const auto [slot, added] = by_symbol_.try_emplace(symbol, InstrumentId{static_cast<std::uint32_t>(entries_.size())});
  if (added) {
    entries_.push_back({slot->second, instrument, std::move(symbol), {}, {}});
    by_name_.emplace(instrument.name, slot->second);
  }
  CatalogEntry& entry = entries_[slot->second.value()];
  const auto known = std::find(entry.brokers.begin(), entry.brokers.end(), broker);
  if (known != entry.brokers.end()) {
    entry.natives[static_cast<std::size_t>(known - entry.brokers.begin())] = instrument.native;
  } else {
    entry.brokers.push_back(broker);
    entry.natives.push_back(instrument.native);
  }
  if (entry.brokers.front() == broker) entry.instrument = instrument;
}

std::shared_ptr<const Catalog> Catalog::with_list(const Catalog* base, BrokerId broker, std::span<const Instrument> instruments) {
  auto next = base != nullptr ? std::make_shared<Catalog>(*base) : std::make_shared<Catalog>();
  for (CatalogEntry& entry : next->entries_) {
    const auto known = std::find(entry.brokers.begin(), entry.brokers.end(), broker);
    if (known == entry.brokers.end()) continue;
    entry.natives.erase(entry.natives.begin() + (known - entry.brokers.begin()));
    entry.brokers.erase(known);
  }
  for (const Instrument& instrument : instruments) next->add(broker, instrument);
  return next;
}

std::shared_ptr<const Catalog> Catalog::with_one(const Catalog* base, BrokerId broker, const Instrument& instrument) {
  auto next = base != nullptr ? std::make_shared<Catalog>(*base) : std::make_shared<Catalog>();
  next->add(broker, instrument);
  return next;
}

Resolution Catalog::resolve(std::string_view text) const {
  const std::string key{text};
  if (const auto it = by_symbol_.find(key); it != by_symbol_.end()) {
    if (!entries_[it->second.value()].brokers.empty()) return {it->second, {}};
    return {};
  }
  Resolution found;
  const auto [first, last] = by_name_.equal_range(key);
  for (auto it = first; it != last; ++it) {
    const CatalogEntry& entry = entries_[it->second.value()];
    if (entry.brokers.empty()) continue;
    found.instrument = entry.id;
    found.candidates.push_back(entry.symbol);
  }
  if (found.candidates.size() == 1) {
    found.candidates.clear();
  } else {
    found.instrument = kNoInstrument;
    std::sort(found.candidates.begin(), found.candidates.end());
  }
  return found;
}

const CatalogEntry* Catalog::find(InstrumentId id) const { return id.value() < entries_.size() ? &entries_[id.value()] : nullptr; }

std::vector<const CatalogEntry*> Catalog::search(std::string_view query, std::size_t limit) const {
  std::vector<const CatalogEntry*> leading;
  std::vector<const CatalogEntry*> inside;
  for (const CatalogEntry& entry : entries_) {
    if (entry.brokers.empty()) continue;
    if (find_ignoring_case(entry.instrument.name, query) == 0) {
      leading.push_back(&entry);
    } else if (find_ignoring_case(entry.symbol, query) != std::string_view::npos) {
      inside.push_back(&entry);
    }
  }
  const auto by_symbol = [](const CatalogEntry* a, const CatalogEntry* b) { return a->symbol < b->symbol; };
  std::sort(leading.begin(), leading.end(), by_symbol);
  std::sort(inside.begin(), inside.end(), by_symbol);
  leading.insert(leading.end(), inside.begin(), inside.end());
  if (leading.size() > limit) leading.resize(limit);
  return leading;
}

}  // namespace tidegate
