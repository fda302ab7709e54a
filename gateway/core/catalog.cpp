#include "gateway/core/catalog.hpp"

#include <algorithm>
#include <utility>

namespace tidegate {
namespace {

/// A layer that holds so many instruments or names gets another one above it, so that the next finds copy little again. Looking something up asks
/// each layer: with the 50,000 finds that the gateway allows these are about fifty.
constexpr std::size_t kLayerMax = 1'024;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

std::size_t find_ignoring_case(std::string_view text, std::string_view query) {
  const auto it = std::search(text.begin(), text.end(), query.begin(), query.end(), [](char a, char b) { return lower(a) == lower(b); });
  return it == text.end() && !query.empty() ? std::string_view::npos : static_cast<std::size_t>(it - text.begin());
}

bool listed(const CatalogEntry& entry) { return !entry.brokers.empty(); }

/// `broker` lists the entry as `instrument`.
void put(CatalogEntry& entry, BrokerId broker, const Instrument& instrument) {
  const auto known = std::find(entry.brokers.begin(), entry.brokers.end(), broker);
  if (known != entry.brokers.end()) {
    entry.natives[static_cast<std::size_t>(known - entry.brokers.begin())] = instrument.native;
  } else {
    entry.brokers.push_back(broker);
    entry.natives.push_back(instrument.native);
  }
  if (entry.brokers.front() == broker) entry.instrument = instrument;
}

void take_out(CatalogEntry& entry, BrokerId broker) {
  const auto known = std::find(entry.brokers.begin(), entry.brokers.end(), broker);
  if (known == entry.brokers.end()) return;
  entry.natives.erase(entry.natives.begin() + (known - entry.brokers.begin()));
  entry.brokers.erase(known);
}

}  // namespace

// ---- lists ----

CatalogEntry& Catalog::Lists::entry_of(const Instrument& instrument) {
  std::string symbol = instrument.symbol();
  const auto [slot, added] = by_symbol.try_emplace(symbol, InstrumentId{static_cast<std::uint32_t>(entries.size())});
  if (added) entries.push_back({slot->second, instrument, std::move(symbol), {}, {}});
  return entries[slot->second.value()];
}

/// The lists with all that lies over them put in.
std::shared_ptr<Catalog::Lists> Catalog::folded() const {
  auto next = std::make_shared<Lists>(*lists_);
  const auto put_in = [&next](const Layer& layer) {
    for (const auto& [id, entry] : layer.changed) next->entries[id.value()] = entry;
    next->entries.insert(next->entries.end(), layer.added.begin(), layer.added.end());
    next->by_symbol.insert(layer.by_symbol.begin(), layer.by_symbol.end());
    for (const auto& [text, alias] : layer.aliases) {
      if (alias.empty()) {
        next->aliases.erase(text);
      } else {
        next->aliases.insert_or_assign(text, alias);
      }
    }
  };
  for (const auto& layer : below_) put_in(*layer);
  put_in(top_);
  return next;
}

std::shared_ptr<const Catalog> Catalog::with_list(const Catalog* base, BrokerId broker, std::span<const Instrument> instruments, ListScope scope) {
  const std::shared_ptr<Lists> next = base != nullptr ? base->folded() : std::make_shared<Lists>();
  for (CatalogEntry& entry : next->entries) take_out(entry, broker);
  for (const Instrument& instrument : instruments) {
    CatalogEntry& entry = next->entry_of(instrument);
    put(entry, broker, instrument);
    if (scope == ListScope::Whole && !std::exchange(entry.by_name, true)) next->by_name.emplace(instrument.name, entry.id);
  }
  return std::shared_ptr<const Catalog>(new Catalog{next});
}

// ---- finds ----

std::shared_ptr<const Catalog> Catalog::with_found(const Catalog* base, BrokerId broker, std::span<const SymbolAnswer> answers) {
  const std::shared_ptr<Catalog> next{base != nullptr ? new Catalog{*base} : new Catalog};
  std::vector<InstrumentId> meant;
  for (const SymbolAnswer& answer : answers) {
    meant.clear();
    for (const Instrument& instrument : answer.instruments) {
      if (instrument.venue.empty() || instrument.name.empty()) continue;
      CatalogEntry& entry = next->entry_of(instrument);
      put(entry, broker, instrument);
      meant.push_back(entry.id);
    }
    if (meant.size() == 1 && next->find(meant.front())->symbol == answer.text) meant.clear();
    next->explain(broker, answer.text, meant);
  }
  if (next->top_.added.size() + next->top_.changed.size() >= kLayerMax || next->top_.aliases.size() >= kLayerMax) next->begin_layer();
  return next;
}

void Catalog::begin_layer() {
  const std::size_t first = size();
  below_.push_back(std::make_shared<const Layer>(std::exchange(top_, {})));
  top_.first = first;
}

InstrumentId Catalog::id_of(const std::string& symbol) const {
  if (const auto it = top_.by_symbol.find(symbol); it != top_.by_symbol.end()) return it->second;
  for (auto layer = below_.rbegin(); layer != below_.rend(); ++layer) {
    if (const auto it = (*layer)->by_symbol.find(symbol); it != (*layer)->by_symbol.end()) return it->second;
  }
  const auto it = lists_->by_symbol.find(symbol);
  return it != lists_->by_symbol.end() ? it->second : kNoInstrument;
}

CatalogEntry& Catalog::entry_of(const Instrument& instrument) {
  std::string symbol = instrument.symbol();
  InstrumentId id = id_of(symbol);
  if (id == kNoInstrument) {
    id = InstrumentId{static_cast<std::uint32_t>(size())};
    top_.by_symbol.emplace(symbol, id);
    return top_.added.emplace_back(CatalogEntry{id, instrument, std::move(symbol), {}, {}});
  }
  if (id.value() >= top_.first) return top_.added[id.value() - top_.first];
  return top_.changed.try_emplace(id, *find(id)).first->second;
}

const Catalog::Alias* Catalog::alias_of(const std::string& text) const {
  if (const auto it = top_.aliases.find(text); it != top_.aliases.end()) return &it->second;
  for (auto layer = below_.rbegin(); layer != below_.rend(); ++layer) {
    if (const auto it = (*layer)->aliases.find(text); it != (*layer)->aliases.end()) return &it->second;
  }
  const auto it = lists_->aliases.find(text);
  return it != lists_->aliases.end() ? &it->second : nullptr;
}

void Catalog::explain(BrokerId broker, const std::string& text, std::span<const InstrumentId> meant) {
  const Alias* const known = alias_of(text);
  if (known == nullptr && meant.empty()) return;
  Alias alias = known != nullptr ? *known : Alias{};
  std::erase_if(alias, [broker](const auto& meaning) { return meaning.first == broker; });
  for (const InstrumentId instrument : meant) alias.emplace_back(broker, instrument);
  top_.aliases.insert_or_assign(text, std::move(alias));
}

// ---- questions ----

Resolution Catalog::resolve(std::string_view text) const {
  const std::string key{text};
  if (const CatalogEntry* const entry = find(id_of(key)); entry != nullptr && listed(*entry)) return {entry->id, {}};
  std::vector<InstrumentId> meant;
  if (const Alias* const alias = alias_of(key)) {
    for (const auto& [broker, instrument] : *alias) meant.push_back(instrument);
  }
  const auto [first, last] = lists_->by_name.equal_range(key);
  for (auto it = first; it != last; ++it) meant.push_back(it->second);
  std::sort(meant.begin(), meant.end());
  meant.erase(std::unique(meant.begin(), meant.end()), meant.end());
  std::erase_if(meant, [this](InstrumentId id) { return !listed(*find(id)); });
  if (meant.size() == 1) return {meant.front(), {}};
  Resolution found;
  for (const InstrumentId id : meant) found.candidates.push_back(find(id)->symbol);
  std::sort(found.candidates.begin(), found.candidates.end());
  return found;
}

std::vector<const CatalogEntry*> Catalog::search(std::string_view query, std::size_t limit) const {
  std::vector<const CatalogEntry*> leading;
  std::vector<const CatalogEntry*> inside;
  for_each([&](const CatalogEntry& entry) {
    if (!listed(entry)) return;
    if (find_ignoring_case(entry.instrument.name, query) == 0) {
      leading.push_back(&entry);
    } else if (find_ignoring_case(entry.symbol, query) != std::string_view::npos) {
      inside.push_back(&entry);
    }
  });
  const auto by_symbol = [](const CatalogEntry* a, const CatalogEntry* b) { return a->symbol < b->symbol; };
  std::sort(leading.begin(), leading.end(), by_symbol);
  std::sort(inside.begin(), inside.end(), by_symbol);
  leading.insert(leading.end(), inside.begin(), inside.end());
  if (leading.size() > limit) leading.resize(limit);
  return leading;
}

}  // namespace tidegate
