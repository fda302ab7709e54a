#include "brokers/ibkr/contract_answers.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "brokers/common/instrument_fields.hpp"
#include "brokers/ibkr/contract_json.hpp"
#include "brokers/ibkr/contract_name.hpp"

namespace tidegate::ibkr {
namespace {

constexpr std::size_t kListBytesMax = 2'000;  // months, exchanges
constexpr std::size_t kErrorBytesMax = 1'000;

/// The words of {"error":"..."}; empty: not such an answer.
std::string error_of(std::string_view body) {
  if (body.size() > kErrorBytesMax) return {};
  rapidjson::Document document;
  if (!parse_json(document, body)) return {};
  std::string words{json_text(json_member(document, "error"))};
  std::ranges::transform(words, words.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return words;
}

bool tells_of_login(std::string_view words) {
  constexpr std::array<std::string_view, 5> kSigns = {"not authenticated", "no session", "no bridge", "not logged in", "access denied"};
  return std::ranges::any_of(kSigns, [words](std::string_view sign) { return words.find(sign) != std::string_view::npos; });
}

std::string list_text(const rapidjson::Value* value) {
  const std::string_view text = json_text(value);
  return text.size() <= kListBytesMax ? std::string{text} : std::string{};
}

void read_companies(const rapidjson::Value& companies, ShareRows& out) {
  for (const auto& company : companies.GetArray()) {
    const rapidjson::Value* contracts = json_member(company, "contracts");
    if (contracts == nullptr || !contracts->IsArray()) {
      ++out.bad;
      continue;
    }
    for (const auto& contract : contracts->GetArray()) {
      if (out.listed.size() >= kAnswerRowsMax) return;
      const std::uint64_t conid = json_conid(json_member(contract, "conid"));
      const std::string_view exchange = json_text(json_member(contract, "exchange"));
      if (conid == 0 || !is_venue_name(exchange)) {
        ++out.bad;
        continue;
      }
      const rapidjson::Value* is_us = json_member(contract, "isUS");
      out.listed.push_back({conid, std::string{exchange}, is_us != nullptr && is_us->IsBool() && is_us->GetBool()});
    }
  }
}

void read_section(const rapidjson::Value& section, SearchRow& row) {
  const std::string_view type = json_text(json_member(section, "secType"));
  if (type == "IND") row.is_index = true;
  if (type == "CASH") row.is_currency = true;
  if (type != "FUT") return;
  row.has_futures = true;
  row.future_months = list_text(json_member(section, "months"));
  row.future_exchanges = list_text(json_member(section, "exchange"));
}

/// False: cannot be read.
bool read_search_row(const rapidjson::Value& value, SearchRow& row) {
  if (!value.IsObject()) return false;
  const std::string_view symbol = json_text(json_member(value, "symbol"));
  const std::string_view exchange = json_text(json_member(value, "description"));
  row.conid = json_conid(json_member(value, "conid"));
  row.symbol = symbol;
  if (is_venue_name(exchange)) row.exchange = exchange;  // for some kinds it is prose
  const rapidjson::Value* sections = json_member(value, "sections");
  if (sections != nullptr && sections->IsArray()) {
    for (const auto& section : sections->GetArray()) read_section(section, row);
  }
  const bool used = row.is_index || row.is_currency || row.has_futures;
  return !used || (row.conid != 0 && common::is_listed_name(symbol));
}

std::string digits_of(const rapidjson::Value* value) {
  if (value != nullptr && value->IsUint64()) return std::to_string(value->GetUint64());
  return std::string{json_text(value)};
}

/// False: cannot be read.
bool read_info_row(const rapidjson::Value& value, InfoRow& row) {
  std::string_view exchange = json_text(json_member(value, "listingExchange"));
  if (exchange.empty()) exchange = json_text(json_member(value, "exchange"));
  const std::string_view currency = json_text(json_member(value, "currency"));
  const std::string_view symbol = json_text(json_member(value, "symbol"));
  row.conid = json_conid(json_member(value, "conid"));
  row.type = list_text(json_member(value, "secType"));
  row.expiry = digits_of(json_member(value, "maturityDate"));
  row.exchange = exchange;
  row.symbol = symbol;
  row.currency = currency;
  return row.conid != 0 && is_venue_name(exchange) && common::is_listed_name(symbol) && (currency.empty() || is_venue_name(currency)) &&
         row.expiry.size() <= 8;
}

template <class Rows, class Read>
Result<Rows> read_rows(std::string_view body, Read&& read) {
  rapidjson::Document document;
  if (body.size() > kAnswerBytesMax || !parse_json(document, body)) return Error{Reason::BadJson};
  if (!document.IsArray()) return Error{Reason::BadShape};
  Rows out;
  for (const auto& value : document.GetArray()) {
    if (out.rows.size() >= kAnswerRowsMax) break;
    typename decltype(out.rows)::value_type row;
    if (read(value, row)) {
      out.rows.push_back(std::move(row));
    } else {
      ++out.bad;
    }
  }
  return out;
}

}  // namespace

AnswerKind judge_contract_answer(int status, std::string_view body) {
  if (status == 0 || status == 408 || status == 429 || (status >= 502 && status <= 504)) return AnswerKind::TryLater;
  if (status == 401 || status == 403) return AnswerKind::LoginMissing;
  const std::string error = error_of(body);
  if (tells_of_login(error)) return AnswerKind::LoginMissing;
  if (status == 200) return error.empty() ? AnswerKind::Good : AnswerKind::Bad;
  return (status == 400 || status == 404) && !error.empty() ? AnswerKind::Refused : AnswerKind::Bad;
}

Result<std::map<std::string, ShareRows, std::less<>>> read_shares(std::string_view body) {
  rapidjson::Document document;
  if (body.size() > kAnswerBytesMax || !parse_json(document, body)) return Error{Reason::BadJson};
  if (!document.IsObject()) return Error{Reason::BadShape};
  std::map<std::string, ShareRows, std::less<>> out;
  for (const auto& member : document.GetObject()) {
    if (out.size() >= kAnswerRowsMax) break;
    const std::string_view symbol = json_text(&member.name);
    if (!common::is_listed_name(symbol)) continue;  // nobody asked for it
    ShareRows& rows = out[std::string{symbol}];
    if (member.value.IsArray()) {
      read_companies(member.value, rows);
    } else {
      ++rows.bad;
    }
  }
  return out;
}

Result<SearchRows> read_search(std::string_view body) { return read_rows<SearchRows>(body, read_search_row); }

Result<InfoRows> read_info(std::string_view body) { return read_rows<InfoRows>(body, read_info_row); }

bool list_holds(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const std::size_t end = list.find(';');
    if (list.substr(0, end) == word) return true;
    if (end == std::string_view::npos) return false;
    list.remove_prefix(end + 1);
  }
  return false;
}

}  // namespace tidegate::ibkr
