// Every instrument the configured brokers list, by symbol and by number. An immutable snapshot; a refresh makes a new one in which known symbols
// keep their InstrumentId. Readable from any thread.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
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
};

/// What a subscriber's text names.
struct Resolution {
  InstrumentId instrument = kNoInstrument;
  std::vector<std::string> candidates;  // several: ambiguous; none and no instrument: unknown
};

class Catalog {
 public:
  /// `base` (may be null) with one broker's list replaced.
  static std::shared_ptr<const Catalog> with_list(const Catalog* base, BrokerId broker, std::span<const Instrument> instruments);
  /// `base` (may be null) with one instrument more, or itself when the symbol is known for that broker.
  static std::shared_ptr<const Catalog> with_one(const Catalog* base, BrokerId broker, const Instrument& instrument);

  /// "VENUE:SYMBOL", or a bare name that one venue alone has.
  [[nodiscard]] Resolution resolve(std::string_view text) const;
  [[nodiscard]] const CatalogEntry* find(InstrumentId id) const;
  [[nodiscard]] std::span<const CatalogEntry> entries() const { return entries_; }
  /// Entries whose symbol contains `query` (ASCII case ignored), names that begin with it first; at most `limit`.
  [[nodiscard]] std::vector<const CatalogEntry*> search(std::string_view query, std::size_t limit) const;

 private:
  void add(BrokerId broker, const Instrument& instrument);

  std::vector<CatalogEntry> entries_;  // index is the InstrumentId
  std::unordered_map<std::string, InstrumentId> by_symbol_;
  std::unordered_multimap<std::string, InstrumentId> by_name_;
};

}  // namespace tidegate
