// Every instrument the configured brokers list, or found when they were asked for it, by symbol and by number. An immutable snapshot; a change makes
// a new one in which known symbols keep their InstrumentId. Readable from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "gateway/core/ids.hpp"
#include "gateway/core/instrument.hpp"

namespace tidegate {

struct CatalogEntry {
  InstrumentId id;
  Instrument instrument;          // as the first broker that listed it describes it
  std::string symbol;             // "BINANCE:BTCUSDT"
  std::vector<BrokerId> brokers;  // who lists it now; empty: delisted
  std::vector<NativeId> natives;  // the id at each of `brokers`
  bool by_name = false;           // a whole list held it: its bare name stands for it
};

/// What a subscriber's text names.
struct Resolution {
  InstrumentId instrument = kNoInstrument;
  std::vector<std::string> candidates;  // several: ambiguous; none and no instrument: unknown
};

/// Whether a list holds all that its broker has. Of a part of it, bare names say nothing: the broker is asked what it means by them.
enum class ListScope : std::uint8_t { Whole, Part };

/// Lists are large and come rarely, finds are small and come often: what was found since the last list lies over the lists, which are shared.
class Catalog {
 public:
  /// `base` (may be null) with one broker's list replaced.
  static std::shared_ptr<const Catalog> with_list(const Catalog* base, BrokerId broker, std::span<const Instrument> instruments,
                                                  ListScope scope = ListScope::Whole);
  /// `base` (may be null) with more instruments of one broker, whose others stay. Each text stands for its instruments from now on, until the broker
  /// answers otherwise.
  static std::shared_ptr<const Catalog> with_found(const Catalog* base, BrokerId broker, std::span<const SymbolAnswer> answers);

  /// "VENUE:SYMBOL", a text that a broker has explained, or a bare name that one venue alone has.
  [[nodiscard]] Resolution resolve(std::string_view text) const;
  [[nodiscard]] const CatalogEntry* find(InstrumentId id) const {
    const std::size_t index = id.value();
    if (index >= lists_->entries.size()) return index - lists_->entries.size() < added_.size() ? &added_[index - lists_->entries.size()] : nullptr;
    if (!changed_.empty()) {
      if (const auto it = changed_.find(id); it != changed_.end()) return &it->second;
    }
    return &lists_->entries[index];
  }
  /// Entries whose symbol contains `query` (ASCII case ignored), names that begin with it first; at most `limit`.
  [[nodiscard]] std::vector<const CatalogEntry*> search(std::string_view query, std::size_t limit) const;

  [[nodiscard]] std::size_t size() const { return lists_->entries.size() + added_.size(); }
  /// Both grew out of the same lists: they differ in for_each_found() alone.
  [[nodiscard]] bool shares_lists_with(const Catalog& other) const { return lists_ == other.lists_; }
  template <class Visit>
  void for_each(Visit visit) const {
    for (std::size_t i = 0; i < size(); ++i) visit(*find(InstrumentId{static_cast<std::uint32_t>(i)}));
  }
  /// Entries that were found, or changed thereby, since the last list.
  template <class Visit>
  void for_each_found(Visit visit) const {
    for (const auto& [id, entry] : changed_) visit(entry);
    for (const CatalogEntry& entry : added_) visit(entry);
  }

 private:
  /// Who explained a text, and as what.
  using Alias = std::vector<std::pair<BrokerId, InstrumentId>>;
  using Aliases = std::unordered_map<std::string, Alias>;
  struct Lists {
    std::vector<CatalogEntry> entries;  // index is the InstrumentId
    std::unordered_map<std::string, InstrumentId> by_symbol;
    std::unordered_multimap<std::string, InstrumentId> by_name;
    Aliases aliases;

    CatalogEntry& entry_of(const Instrument& instrument);
  };

  [[nodiscard]] std::shared_ptr<Lists> folded() const;
  void fold() { *this = Catalog{folded()}; }
  [[nodiscard]] InstrumentId id_of(const std::string& symbol) const;
  CatalogEntry& entry_of(const Instrument& instrument);
  [[nodiscard]] const Alias* alias_of(const std::string& text) const;
  void explain(BrokerId broker, const std::string& text, std::span<const InstrumentId> meant);

  Catalog() : lists_(std::make_shared<const Lists>()) {}
  explicit Catalog(std::shared_ptr<const Lists> lists) : lists_(std::move(lists)) {}

  std::shared_ptr<const Lists> lists_;
  std::vector<CatalogEntry> added_;                          // their ids follow those of the lists
  std::unordered_map<InstrumentId, CatalogEntry> changed_;   // entries of the lists as they are now
  std::unordered_map<std::string, InstrumentId> by_symbol_;  // of added_
  Aliases aliases_;                                          // in place of the lists' own; an empty one: none any more
};

}  // namespace tidegate
