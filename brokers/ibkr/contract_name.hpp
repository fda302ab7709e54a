// What a subscriber's text asks for, and how contracts are named. Pure. docs/protocols/ibkr.md#contract-names
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/core/time.hpp"

namespace tidegate::ibkr {

/// The venue that stands for smart routing.
inline constexpr std::string_view kSmart = "SMART";
/// The venue of currencies.
inline constexpr std::string_view kCurrencyVenue = "IDEALPRO";

/// A future's contract month, which is not always the month in which it expires.
struct ContractMonth {
  int year = 0;        // 2026
  unsigned month = 0;  // 1 to 12
  friend bool operator==(ContractMonth, ContractMonth) = default;
};

struct ContractQuery {
  enum class Form : std::uint8_t {
    Plain,     // a share's or an index's symbol
    Currency,  // EUR.USD
    Month,     // ESZ26, ESZ6: may be a plain symbol as well
    Date,      // ES-20261218
  };
  Form form = Form::Plain;
  std::string venue;                     // empty: any
  std::string symbol;                    // without venue and "#CONID"
  std::uint64_t conid = 0;               // behind a "#": the one that is meant among several of that name; 0: none
  std::string root;                      // Month, Date: "ES"; Currency: "EUR"
  std::string quote;                     // Currency: "USD"
  ContractMonth month;                   // Month
  std::chrono::year_month_day expiry{};  // Date
};

/// Capital letters, digits, ".", "-" and "_".
[[nodiscard]] bool is_venue_name(std::string_view text);
/// Whether the broker can be asked about a text: [VENUE:]SYMBOL[#CONID], of letters, digits and what symbols hold besides.
[[nodiscard]] bool is_contract_name(std::string_view text);
/// Nothing: not such a text. `now` tells which decade a single digit of a year means: the nearest month that has not gone by.
[[nodiscard]] std::optional<ContractQuery> read_contract_name(std::string_view text, UtcTime now);

/// "ESZ26"
[[nodiscard]] std::string month_name(std::string_view root, ContractMonth month);
/// "ES-20261218"
[[nodiscard]] std::string date_name(std::string_view root, std::chrono::year_month_day expiry);
/// "DEC26", as the broker writes months.
[[nodiscard]] std::string broker_month(ContractMonth month);
[[nodiscard]] ContractMonth next_month(ContractMonth month);
/// "20261218", a day that exists, in years 2000 to 2099.
[[nodiscard]] std::optional<std::chrono::year_month_day> read_expiry(std::string_view text);

}  // namespace tidegate::ibkr
