// How one text becomes contracts: which requests, one after the other, and what their answers mean. Pure.
// docs/protocols/ibkr.md#contract-requests
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "brokers/ibkr/contract_answers.hpp"
#include "brokers/ibkr/contract_name.hpp"
#include "gateway/core/instrument.hpp"

namespace tidegate::ibkr {

/// Contracts of one name that are told apart; more are left out.
inline constexpr std::size_t kContractsPerNameMax = 64;

/// One contract as the broker describes it.
struct Contract {
  std::uint64_t conid = 0;
  InstrumentKind kind = InstrumentKind::Other;
  std::string venue;  // where it is listed
  std::string name;   // "AAPL", "ESZ26", "EUR.USD"; "SAME#900000003" where several would have it
  std::string base, quote;
  UtcTime expiry;
  std::string root;  // derivatives: the symbol that the broker has to be asked about before their streams work
  bool is_us = false;
};

/// Gives contracts of the same venue and name names of their own: futures their day of expiry, all others, and those of the same day, their conid.
void tell_apart(std::vector<Contract>& contracts);

class ContractWish {
 public:
  explicit ContractWish(ContractQuery query);

  enum class Request : std::uint8_t {
    None,    // nothing is left to ask: see found()
    Shares,  // trsrv/stocks of `symbol`: many wishes fit into one request
    Search,  // iserver/secdef/search of `symbol`
    Info,    // iserver/secdef/info
  };
  struct Step {
    Request request = Request::None;
    std::string symbol;
    std::uint64_t conid = 0;  // Info
    std::string_view type;    // Info: "FUT", "CASH"
    std::string month;        // Info of futures: "DEC26"
  };
  [[nodiscard]] const Step& next() const { return step_; }

  /// The answer to next(). False: it could not be read to the point of being sure, and the same is to be asked again.
  [[nodiscard]] bool take(const ShareRows& rows);
  [[nodiscard]] bool take(const SearchRows& rows);
  [[nodiscard]] bool take(const InfoRows& rows);
  /// The broker has nothing there.
  void take_nothing();

  /// Once nothing is left to ask. All contracts of the name, told apart.
  [[nodiscard]] const std::vector<Contract>& all() const { return all_; }
  /// What the text means: one; several, ambiguous; none.
  [[nodiscard]] std::vector<Contract> found() const;

 private:
  using Form = ContractQuery::Form;
  void ask(Request request, std::string symbol);
  void ask_next_info();
  void begin_plain();
  void end();
  [[nodiscard]] bool is_of_venue(std::string_view exchange) const { return query_.venue.empty() || query_.venue == exchange; }
  [[nodiscard]] bool may_have(const SearchRow& row) const;
  [[nodiscard]] bool dated() const { return query_.form == Form::Month || query_.form == Form::Date; }
  void take_future(const InfoRow& row);

  ContractQuery query_;
  Step step_;
  bool plain_ = false;                  // the text is taken for a plain symbol
  ContractMonth month_;                 // of futures being asked for
  int months_left_ = 0;                 // Date: months after this one that may have the day
  std::vector<std::uint64_t> parents_;  // whose Info is asked for, for each month
  std::deque<std::uint64_t> to_ask_;
  std::vector<Contract> all_;
};

}  // namespace tidegate::ibkr
