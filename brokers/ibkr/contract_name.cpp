#include "brokers/ibkr/contract_name.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "brokers/ibkr/message_fields.hpp"

namespace tidegate::ibkr {
namespace {

using namespace std::chrono;
using Form = ContractQuery::Form;

constexpr std::string_view kMonthLetters = "FGHJKMNQUVXZ";  // January to December
constexpr std::string_view kSymbolMarks = " .-&'+/_$*!=";   // what symbols hold besides letters and digits; a comma would end one in a request
constexpr std::size_t kCurrencyBytes = 3;
constexpr std::size_t kDateBytes = 8;
constexpr std::size_t kConidDigitsMax = 18;
constexpr std::size_t kSymbolBytesMax = 40;                              // with room behind it for a conid
constexpr std::size_t kRootBytesMax = kSymbolBytesMax - 1 - kDateBytes;  // so that a future's name of any form can be asked for again

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_capital(char c) { return c >= 'A' && c <= 'Z'; }
bool is_alphanumeric(char c) { return is_digit(c) || is_capital(c) || (c >= 'a' && c <= 'z'); }
bool all_digits(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_digit); }
bool all_capitals(std::string_view text) { return std::ranges::all_of(text, is_capital); }

bool is_symbol(std::string_view text) {
  const auto allowed = [](char c) { return is_alphanumeric(c) || kSymbolMarks.find(c) != std::string_view::npos; };
  return !text.empty() && text.size() <= kSymbolBytesMax && text.front() != ' ' && text.back() != ' ' && std::ranges::all_of(text, allowed);
}

template <class Number>
Number number_of(std::string_view digits) {
  Number number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

std::string two_digits(unsigned number) { return {static_cast<char>('0' + number / 10 % 10), static_cast<char>('0' + number % 10)}; }

/// The parts of a text; false where it is none that the broker can be asked about.
bool split(std::string_view text, ContractQuery& query) {
  if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    query.venue = text.substr(0, colon);
    if (!is_venue_name(query.venue)) return false;
    text.remove_prefix(colon + 1);
  }
  if (const std::size_t mark = text.find('#'); mark != std::string_view::npos) {
    const std::string_view digits = text.substr(mark + 1);
    if (!all_digits(digits) || digits.size() > kConidDigitsMax || digits.front() == '0') return false;
    query.conid = number_of<std::uint64_t>(digits);
    text = text.substr(0, mark);
  }
  query.symbol = text;
  return is_symbol(text);
}

bool read_currency(ContractQuery& query) {
  const std::string_view symbol = query.symbol;
  if (!query.venue.empty() && query.venue != kCurrencyVenue) return false;
  if (symbol.size() != 2 * kCurrencyBytes + 1 || symbol[kCurrencyBytes] != '.') return false;
  const std::string_view base = symbol.substr(0, kCurrencyBytes), quote = symbol.substr(kCurrencyBytes + 1);
  if (!all_capitals(base) || !all_capitals(quote)) return false;
  query.root = base;
  query.quote = quote;
  return true;
}

bool is_root(std::string_view text) { return !text.empty() && text.size() <= kRootBytesMax && std::ranges::all_of(text, is_alphanumeric); }

bool read_date(ContractQuery& query) {
  const std::string_view symbol = query.symbol;
  const std::size_t dash = symbol.rfind('-');
  if (dash == std::string_view::npos || !is_root(symbol.substr(0, dash)) || symbol.size() - dash - 1 != kDateBytes) return false;
  const auto expiry = read_expiry(symbol.substr(dash + 1));
  if (!expiry) return false;
  query.root = symbol.substr(0, dash);
  query.expiry = *expiry;
  return true;
}

/// The nearest year that ends in this digit and in which the month has not gone by.
int year_of(int digit, unsigned month, UtcTime now) {
  const year_month_day today{floor<days>(sys_time<nanoseconds>{nanoseconds{now.known() ? now.ns : 0}})};
  const int first = static_cast<int>(today.year()) + (month < static_cast<unsigned>(today.month()) ? 1 : 0);
  return first + (digit - first % 10 + 10) % 10;
}

bool read_month(ContractQuery& query, UtcTime now) {
  const std::string_view symbol = query.symbol;
  std::size_t digits = 0;
  while (digits < symbol.size() && is_digit(symbol[symbol.size() - digits - 1])) ++digits;
  if (digits < 1 || digits > 2 || symbol.size() < digits + 2) return false;
  const std::size_t at = symbol.size() - digits - 1;
  const std::size_t letter = kMonthLetters.find(symbol[at]);
  if (letter == std::string_view::npos || !is_root(symbol.substr(0, at))) return false;
  const unsigned month = static_cast<unsigned>(letter) + 1;
  const int number = number_of<int>(symbol.substr(at + 1));
  query.root = symbol.substr(0, at);
  query.month = {digits == 2 ? 2000 + number : year_of(number, month, now), month};
  return true;
}

}  // namespace

bool is_venue_name(std::string_view text) {
  const auto allowed = [](char c) { return is_digit(c) || is_capital(c) || c == '.' || c == '-' || c == '_'; };
  return !text.empty() && text.size() <= kExchangeBytesMax && std::ranges::all_of(text, allowed);
}

bool is_contract_name(std::string_view text) {
  ContractQuery query;
  return split(text, query);
}

std::optional<ContractQuery> read_contract_name(std::string_view text, UtcTime now) {
  ContractQuery query;
  if (!split(text, query)) return std::nullopt;
  if (query.venue == kSmart) return query;  // shares alone are smart-routed
  if (read_currency(query)) {
    query.form = Form::Currency;
  } else if (read_date(query)) {
    query.form = Form::Date;
  } else if (read_month(query, now)) {
    query.form = Form::Month;
  }
  return query;
}

std::string month_name(std::string_view root, ContractMonth month) {
  return std::string{root} + kMonthLetters[month.month - 1] + two_digits(static_cast<unsigned>(month.year % 100));
}

std::string date_name(std::string_view root, year_month_day expiry) {
  return std::string{root} + "-" + std::to_string(static_cast<int>(expiry.year())) + two_digits(static_cast<unsigned>(expiry.month())) +
         two_digits(static_cast<unsigned>(expiry.day()));
}

std::string broker_month(ContractMonth month) {
  constexpr std::array<std::string_view, 12> kNames = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
  return std::string{kNames[month.month - 1]} + two_digits(static_cast<unsigned>(month.year % 100));
}

ContractMonth next_month(ContractMonth month) {
  return month.month == 12 ? ContractMonth{month.year + 1, 1} : ContractMonth{month.year, month.month + 1};
}

std::optional<year_month_day> read_expiry(std::string_view text) {
  if (text.size() != kDateBytes || !all_digits(text)) return std::nullopt;
  const year_month_day date{year{number_of<int>(text.substr(0, 4))}, month{number_of<unsigned>(text.substr(4, 2))},
                            day{number_of<unsigned>(text.substr(6))}};
  if (!date.ok() || date.year() < year{2000} || date.year() > year{2099}) return std::nullopt;
  return date;
}

}  // namespace tidegate::ibkr
