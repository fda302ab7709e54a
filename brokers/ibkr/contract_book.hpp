// Contracts that were looked up, by conid, by canonical symbol and by the texts that mean them. No I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "brokers/ibkr/contract_wish.hpp"
#include "gateway/core/instrument.hpp"
#include "gateway/core/time.hpp"

namespace tidegate::ibkr {

class ContractBook {
 public:
  static constexpr std::size_t kContractsMax = 20'000;
  static constexpr std::size_t kTextsMax = 40'000;

  struct Known {
    Instrument instrument;
    std::string root;  // derivatives; else empty
    UtcTime asked;     // when the broker last named it
  };
  /// What a text that is no canonical symbol means, or what an ambiguous one may mean.
  struct Meaning {
    std::vector<std::uint64_t> conids;
    UtcTime asked;
  };

  struct Change {
    bool full = false;      // nothing was taken in
    bool replaced = false;  // a symbol belongs to another contract now
  };
  /// Takes in what the broker answered for a text. A contract that is known keeps its symbol for ever; a new one whose symbol is taken gets a
  /// symbol with its conid where the old one is still in `all`, and the old one's place where it is not.
  Change put(const std::string& text, std::span<const Contract> found, std::span<const Contract> all, UtcTime now);
  /// The broker had nothing to say about it this time.
  void keep(const std::string& text, UtcTime now);
  /// Takes out futures that expired two days ago or more: everywhere on earth. Returns whether there were any.
  bool drop_expired(UtcTime now);

  /// What a text means, if that is known: a canonical symbol, or another text.
  [[nodiscard]] std::optional<Meaning> find(const std::string& text) const;
  /// Null: not known.
  [[nodiscard]] const Known* find_symbol(const std::string& symbol) const;
  [[nodiscard]] const Known* find_conid(std::uint64_t conid) const;
  [[nodiscard]] const std::map<std::uint64_t, Known>& contracts() const { return contracts_; }
  [[nodiscard]] const std::map<std::string, Meaning>& texts() const { return texts_; }

  /// From the disk. False: contradicts what is there.
  [[nodiscard]] bool restore(Known known);
  [[nodiscard]] bool restore(std::string text, Meaning meaning);

 private:
  void add(const Contract& contract, std::span<const Contract> all, UtcTime now, Change& change);
  void remove(std::uint64_t conid);

  std::map<std::uint64_t, Known> contracts_;
  std::map<std::string, std::uint64_t> symbols_;
  std::map<std::string, Meaning> texts_;
};

}  // namespace tidegate::ibkr
