// What the simulated broker can be asked for: contracts with their conids, real ones of well-known instruments, made-up ones beyond.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tidegate::sim::ibkr {

enum class SecurityType : std::uint8_t { Stock, Index, Cash, Future };
/// STK, IND, CASH, FUT.
[[nodiscard]] std::string_view security_type_name(SecurityType type);

struct Contract {
  std::int64_t conid = 0;
  std::string symbol;
  std::string name;  // of the company
  SecurityType type = SecurityType::Stock;
  std::string exchange;  // where it is listed
  bool is_us = true;
  std::string currency = "USD";
  int decimals = 2;
  std::int64_t price = 10'000;  // where a generated market starts, in units of the last decimal
  std::int64_t tick = 1;        // in those units
  std::int64_t lot = 100;
  std::int64_t expiry = 0;  // yyyymmdd; 0: none
  std::int64_t underlying = 0;
  bool untraded = false;  // nothing happens in it today
};

/// DEC26 of 20261218.
[[nodiscard]] std::string month_name(std::int64_t expiry);

class ContractList {
 public:
  void add(Contract contract);

  [[nodiscard]] const std::vector<Contract>& all() const { return contracts_; }
  /// Null: nobody knows it.
  [[nodiscard]] const Contract* find(std::int64_t conid) const;
  /// Position in all(); only for conids that it holds.
  [[nodiscard]] std::size_t place(std::int64_t conid) const { return places_.at(conid); }
  /// All contracts of this symbol and type, in order.
  [[nodiscard]] std::vector<const Contract*> of(std::string_view symbol, SecurityType type) const;

 private:
  std::vector<Contract> contracts_;
  std::unordered_map<std::int64_t, std::size_t> places_;
  std::unordered_map<std::string, std::vector<std::size_t>> by_symbol_;
};

/// The generated market's contracts: the well-known ones first, futures that have not expired on `today` (yyyymmdd), then made-up shares SIM00001 and
/// so on until there are `count`.
[[nodiscard]] ContractList generated_contracts(std::size_t count, std::int64_t today);
/// Of a conid found in a recording: what it is known as, else a stock made of its number.
[[nodiscard]] Contract contract_of(std::int64_t conid);

}  // namespace tidegate::sim::ibkr
