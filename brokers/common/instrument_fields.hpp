// What every broker's instrument list comes to, and how the fields that all of them have are read. Pure.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "brokers/common/decimal_reader.hpp"
#include "brokers/common/field_reader.hpp"
#include "gateway/core/instrument.hpp"
#include "gateway/core/result.hpp"
#include "gateway/core/time.hpp"

namespace tidegate::common {

/// An instrument list as text, read.
struct ParsedInstruments {
  std::vector<Instrument> instruments;
  std::uint64_t bad_rows = 0;        // rows that could not be read; the rest is good
  Error first_bad{};                 // why the first of them could not; the field is a column's name
  std::uint64_t first_bad_line = 0;  // where it stands, from 1
  std::uint64_t duplicates = 0;      // rows left out because an earlier one has their symbol or id
};

/// Whether a text can be a symbol: names go into messages and logs.
inline bool is_listed_name(std::string_view text) {
  const auto printable = [](char c) { return c >= ' ' && c <= '~'; };
  return !text.empty() && text.size() <= kSymbolBytesMax && std::ranges::all_of(text, printable);
}

/// `YYYY-MM-DD`, a day that exists, as 00:00 UTC.
inline std::optional<UtcTime> parse_expiry_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto number = [text](std::size_t begin, std::size_t size) {
    unsigned value = 0;
    for (const char c : text.substr(begin, size)) {
      if (c < '0' || c > '9') return 0U;  // neither a month nor a day
      value = value * 10 + static_cast<unsigned>(c - '0');
    }
    return value;
  };
  using namespace std::chrono;
  const year_month_day date{year{static_cast<int>(number(0, 4))}, month{number(5, 2)}, day{number(8, 2)}};
  // Nanoseconds of 64 bits end in 2262; no contract of today lies before 1970.
  if (!date.ok() || date.year() < year{1970} || date.year() > year{2261}) return std::nullopt;
  return UtcTime{nanoseconds{sys_days{date}.time_since_epoch()}.count()};
}

/// A tick, lot or strike: zero or nothing is none, and absent. Errors: BadDecimal, below zero too, and Overflow.
inline Result<Decimal> read_instrument_amount(std::string_view text) {
  if (text.empty()) return kAbsent;
  Result<Decimal> amount = read_decimal(text);
  if (!amount) return amount;
  if (amount->mantissa < 0) return Error{Reason::BadDecimal};
  return amount->is_zero() ? kAbsent : *amount;
}

}  // namespace tidegate::common
