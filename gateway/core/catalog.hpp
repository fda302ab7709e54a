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

/// Lists are large and come rarely, finds are small and come often: what was found since the last list lies over the lists in layers. All but the
/// uppermost, which is small, are shared by every snapshot that grew out of them, so that a find copies little however much was found before.
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
    if (const CatalogEntry* const entry = top_.find(id)) return entry;
    for (auto layer = below_.rbegin(); layer != below_.rend(); ++layer) {
      if (const CatalogEntry* const entry = (*layer)->find(id)) return entry;
    }
    return id.value() < lists_->entries.size() ? &lists_->entries[id.value()] : nullptr;
  }
  /// Entries whose symbol contains `query` (ASCII case ignored), names that begin with it first; at most `limit`.
  [[nodiscard]] std::vector<const CatalogEntry*> search(std::string_view query, std::size_t limit) const;

  [[nodiscard]] std::size_t size() const { return top_.first + top_.added.size(); }
  /// Both grew out of the same lists: they differ in what was found alone.
  [[nodiscard]] bool shares_lists_with(const Catalog& other) const { return lists_ == other.lists_; }
  template <class Visit>
  void for_each(Visit visit) const {
    for (std::size_t i = 0; i < size(); ++i) visit(*find(InstrumentId{static_cast<std::uint32_t>(i)}));
  }
  /// Entries that were found, or changed thereby, since `before`, which shares its lists with this one; perhaps some of before, too. An entry that
  /// changed again comes again, last as it is now.
  template <class Visit>
  void for_each_found_since(const Catalog& before, Visit visit) const {
    for (std::size_t i = 0; i < below_.size(); ++i) {
      if (i >= before.below_.size() || below_[i] != before.below_[i]) below_[i]->for_each(visit);
    }
    top_.for_each(visit);
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

  /// What was found while one layer was the uppermost.
  struct Layer {
    std::size_t first = 0;                                    // the id of its first new entry: how many lie below
    std::vector<CatalogEntry> added;                          // new ones
    std::unordered_map<InstrumentId, CatalogEntry> changed;   // entries from below as they are now
    std::unordered_map<std::string, InstrumentId> by_symbol;  // of `added`
    Aliases aliases;                                          // in place of those below; an empty one: none any more

    [[nodiscard]] const CatalogEntry* find(InstrumentId id) const {
      if (id.value() >= first) return id.value() - first < added.size() ? &added[id.value() - first] : nullptr;
      if (changed.empty()) return nullptr;
      const auto it = changed.find(id);
      return it != changed.end() ? &it->second : nullptr;
    }
    template <class Visit>
    void for_each(Visit visit) const {
      for (const auto& [id, entry] : changed) visit(entry);
      for (const CatalogEntry& entry : added) visit(entry);
    }
  };

  [[nodiscard]] std::shared_ptr<Lists> folded() const;
  void begin_layer();
  [[nodiscard]] InstrumentId id_of(const std::string& symbol) const;
  CatalogEntry& entry_of(const Instrument& instrument);
  [[nodiscard]] const Alias* alias_of(const std::string& text) const;
  void explain(BrokerId broker, const std::string& text, std::span<const InstrumentId> meant);

  Catalog() : Catalog(std::make_shared<const Lists>()) {}
  explicit Catalog(std::shared_ptr<const Lists> lists) : lists_(std::move(lists)) { top_.first = lists_->entries.size(); }

  std::shared_ptr<const Lists> lists_;
  std::vector<std::shared_ptr<const Layer>> below_;  // above the lists, oldest first
  Layer top_;                                        // above all, and this snapshot's own
};

}  // namespace tidegate
