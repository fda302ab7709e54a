#include "tools/sim/ibkr/contracts.hpp"

#include <array>
#include <utility>

namespace tidegate::sim::ibkr {
namespace {

using enum SecurityType;

constexpr std::int64_t kMadeUpConids = 900'000'000;
constexpr std::int64_t kFutureConids = 800'000'000;
constexpr std::int64_t kEsUnderlying = 11'004'968, kNqUnderlying = 11'004'958;
constexpr int kFirstFutureYear = 2026, kLastFutureYear = 2030;
constexpr std::size_t kUntradedEvery = 20;  // of the made-up shares

/// Contracts that exist. Where a symbol has two rows, it is listed twice, so that its name alone does not say which one is meant.
std::vector<Contract> known_contracts() {
  return {
      {265598, "AAPL", "APPLE INC", Stock, "NASDAQ", true, "USD", 2, 27'170},
      {272093, "MSFT", "MICROSOFT CORP", Stock, "NASDAQ", true, "USD", 2, 42'388},
      {8314, "IBM", "INTL BUSINESS MACHINES CORP", Stock, "NYSE", true, "USD", 2, 18'960},
      {756733, "SPY", "SPDR S&P 500 ETF TRUST", Stock, "ARCA", true, "USD", 2, 71'240},
      {3691937, "AMZN", "AMAZON.COM INC", Stock, "NASDAQ", true, "USD", 2, 26'350},
      {4815747, "NVDA", "NVIDIA CORP", Stock, "NASDAQ", true, "USD", 2, 21'070},
      {76792991, "TSLA", "TESLA INC", Stock, "NASDAQ", true, "USD", 2, 37'320},
      {107113386, "META", "META PLATFORMS INC-CLASS A", Stock, "NASDAQ", true, "USD", 2, 60'600},
      {208813720, "GOOG", "ALPHABET INC-CL C", Stock, "NASDAQ", true, "USD", 2, 37'460},
      {416904, "SPX", "S&P 500 Stock Index", Index, "CBOE", true, "USD", 2, 715'420},
      {12087792, "EUR", "European Monetary Union Euro", Cash, "IDEALPRO", true, "USD", 5, 116'833, 5, 1'000},
      // Listed abroad as well: told apart by isUS.
      {38708077, "AAPL", "APPLE INC", Stock, "MEXI", false, "MXN", 2, 480'000},
      {273982664, "AAPL", "APPLE INC", Stock, "EBS", false, "CHF", 2, 21'900},
      {38709152, "SPY", "SPDR S&P 500 ETF TRUST", Stock, "MEXI", false, "MXN", 2, 1'260'000},
      // Listed twice in the United States: isUS does not tell them apart.
      {kMadeUpConids + 1, "TWIN", "TWIN LISTED CORP", Stock, "NYSE", true, "USD", 2, 5'000},
      {kMadeUpConids + 2, "TWIN", "TWIN LISTED CORP", Stock, "AMEX", true, "USD", 2, 5'001},
      {kMadeUpConids + 3, "SAME", "SAME NAME INC", Stock, "NASDAQ", true, "USD", 2, 7'500},
      {kMadeUpConids + 4, "SAME", "SAME NAME HOLDINGS PLC", Stock, "NYSE", true, "USD", 2, 1'250},
  };
}

/// The third Friday: no fifteenth to twenty-first misses it. Zeller's congruence, 6 is Friday.
int third_friday(int year, int month) {
  const int m = month < 3 ? month + 12 : month, y = month < 3 ? year - 1 : year;
  const int first = (1 + 13 * (m + 1) / 5 + y % 100 + y % 100 / 4 + y / 100 / 4 + 5 * (y / 100)) % 7;
  return 15 + (6 - first + 7) % 7;
}

void add_futures(ContractList& list, std::string_view symbol, std::int64_t underlying, std::int64_t conids, std::int64_t price, std::int64_t today) {
  list.add({underlying, std::string{symbol}, std::string{symbol} + " index", Index, "CME", true, "USD", 2, price, 25, 1});
  for (int year = kFirstFutureYear; year <= kLastFutureYear; ++year) {
    for (const int month : {3, 6, 9, 12}) {
      Contract future{conids + year * 100 + month, std::string{symbol}, std::string{symbol} + " future", Future, "CME", true, "USD", 2, price, 25, 1};
      future.expiry = (year * 100 + month) * 100 + third_friday(year, month);
      future.underlying = underlying;
      if (future.expiry < today) continue;
      list.add(std::move(future));
    }
  }
}

Contract made_up_share(std::size_t number) {
  std::string digits = std::to_string(number);
  if (digits.size() < 5) digits.insert(0, 5 - digits.size(), '0');
  Contract contract;
  contract.conid = kMadeUpConids + 1'000 + static_cast<std::int64_t>(number);
  contract.symbol = "SIM" + digits;
  contract.name = "SIMULATED " + digits + " INC";
  contract.exchange = number % 2 == 0 ? "NYSE" : "NASDAQ";
  contract.price = 2'000 + static_cast<std::int64_t>(number * 7'919 % 40'000);
  contract.untraded = number % kUntradedEvery == 0;
  return contract;
}

}  // namespace

std::string_view security_type_name(SecurityType type) {
  constexpr std::array<std::string_view, 4> kNames = {"STK", "IND", "CASH", "FUT"};
  return kNames[static_cast<std::size_t>(type)];
}

std::string month_name(std::int64_t expiry) {
  constexpr std::array<std::string_view, 12> kMonths = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
  const auto month = static_cast<std::size_t>(expiry / 100 % 100);
  if (month < 1 || month > 12) return {};
  return std::string{kMonths[month - 1]} + std::to_string(expiry / 10'000 % 100);
}

void ContractList::add(Contract contract) {
  if (!places_.emplace(contract.conid, contracts_.size()).second) return;
  by_symbol_[contract.symbol].push_back(contracts_.size());
  if (contract.type == Cash) by_symbol_[contract.symbol + "." + contract.currency].push_back(contracts_.size());
  contracts_.push_back(std::move(contract));
}

const Contract* ContractList::find(std::int64_t conid) const {
  const auto place = places_.find(conid);
  return place == places_.end() ? nullptr : &contracts_[place->second];
}

std::vector<const Contract*> ContractList::of(std::string_view symbol, SecurityType type) const {
  std::vector<const Contract*> out;
  const auto places = by_symbol_.find(std::string{symbol});
  if (places == by_symbol_.end()) return out;
  for (const std::size_t place : places->second) {
    if (contracts_[place].type == type) out.push_back(&contracts_[place]);
  }
  return out;
}

ContractList generated_contracts(std::size_t count, std::int64_t today) {
  ContractList list;
  for (Contract& contract : known_contracts()) list.add(std::move(contract));
  add_futures(list, "ES", kEsUnderlying, kFutureConids, 717'525, today);
  add_futures(list, "NQ", kNqUnderlying, kFutureConids + 1'000'000, 2'734'250, today);
  for (std::size_t number = 1; list.all().size() < count; ++number) list.add(made_up_share(number));
  return list;
}

Contract contract_of(std::int64_t conid) {
  static const ContractList kKnown = generated_contracts(0, 0);
  if (const Contract* known = kKnown.find(conid); known != nullptr) return *known;
  Contract contract;
  contract.conid = conid;
  contract.symbol = "C" + std::to_string(conid);
  contract.name = "CONTRACT " + std::to_string(conid);
  contract.exchange = "NASDAQ";
  return contract;
}

}  // namespace tidegate::sim::ibkr
