// What REST answers about contracts, read. Pure; nothing of an answer is trusted. docs/protocols/ibkr.md#contract-requests
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/core/result.hpp"

namespace tidegate::ibkr {

/// A longer answer is none. The longest real one known has some 100 KiB.
inline constexpr std::size_t kAnswerBytesMax = 4U << 20U;
/// Rows read of one answer, and of one symbol in it.
inline constexpr std::size_t kAnswerRowsMax = 1'000;

/// What can be made of an answer before it is read.
enum class AnswerKind : std::uint8_t {
  Good,          // 200
  TryLater,      // none in time, too many requests, or the broker's own trouble: says nothing about what was asked
  LoginMissing,  // the broker cannot be asked before somebody logs in
  Refused,       // the broker has nothing of that name, in its own words
  Bad,           // anything else
};
/// `status` 0: none came.
[[nodiscard]] AnswerKind judge_contract_answer(int status, std::string_view body);

/// One listing of a share.
struct ListedShare {
  std::uint64_t conid = 0;
  std::string exchange;
  bool is_us = false;
};
struct ShareRows {
  std::vector<ListedShare> listed;
  std::uint32_t bad = 0;  // rows that cannot be read
};
/// Of trsrv/stocks, by symbol; one that is not there has no listing. Errors: BadJson, BadShape.
[[nodiscard]] Result<std::map<std::string, ShareRows, std::less<>>> read_shares(std::string_view body);

/// One row of iserver/secdef/search.
struct SearchRow {
  std::uint64_t conid = 0;
  std::string symbol;
  std::string exchange;  // where it is listed, from `description`; may be empty
  bool is_index = false;
  bool is_currency = false;
  bool has_futures = false;
  std::string future_months;     // "DEC26;MAR27"; empty: not sent
  std::string future_exchanges;  // "CME;QBALGO"
};
struct SearchRows {
  std::vector<SearchRow> rows;
  std::uint32_t bad = 0;
};
/// Errors: BadJson, BadShape.
[[nodiscard]] Result<SearchRows> read_search(std::string_view body);

/// One row of iserver/secdef/info.
struct InfoRow {
  std::uint64_t conid = 0;
  std::string symbol;
  std::string type;      // "FUT"
  std::string exchange;  // where it is listed, else where it is traded
  std::string currency;
  std::string expiry;  // "20261218"; empty: none
};
struct InfoRows {
  std::vector<InfoRow> rows;
  std::uint32_t bad = 0;
};
/// Errors: BadJson, BadShape.
[[nodiscard]] Result<InfoRows> read_info(std::string_view body);

/// Whether "CME;QBALGO" names "CME".
[[nodiscard]] bool list_holds(std::string_view list, std::string_view word);

}  // namespace tidegate::ibkr
