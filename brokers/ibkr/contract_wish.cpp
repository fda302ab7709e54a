#include "brokers/ibkr/contract_wish.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace tidegate::ibkr {
namespace {

using namespace std::chrono;

/// Rows of a search that are followed up.
constexpr std::size_t kParentsMax = 4;
/// A contract of December may expire in November, or even in October.
constexpr int kMonthsAhead = 2;

UtcTime day_of(const std::string& expiry) {
  const auto date = read_expiry(expiry);
  return date ? UtcTime{nanoseconds{sys_days{*date}.time_since_epoch()}.count()} : kNoTime;
}

std::string key_of(const Contract& contract) { return contract.venue + ":" + contract.name; }

std::map<std::string, int> count_names(const std::vector<Contract>& contracts) {
  std::map<std::string, int> counts;
  for (const Contract& contract : contracts) ++counts[key_of(contract)];
  return counts;
}

}  // namespace

void tell_apart(std::vector<Contract>& contracts) {
  const auto by_month = count_names(contracts);
  for (Contract& contract : contracts) {
    if (by_month.at(key_of(contract)) == 1 || contract.kind != InstrumentKind::Future || !contract.expiry.known()) continue;
    const year_month_day expiry{floor<days>(sys_time<nanoseconds>{nanoseconds{contract.expiry.ns}})};
    contract.name = date_name(contract.root, expiry);
  }
  const auto by_day = count_names(contracts);
  for (Contract& contract : contracts) {
    if (by_day.at(key_of(contract)) > 1) contract.name += "#" + std::to_string(contract.conid);
  }
}

ContractWish::ContractWish(ContractQuery query) : query_(std::move(query)) {
  if (query_.form == Form::Plain) {
    begin_plain();
  } else {
    ask(Request::Search, query_.form == Form::Currency ? query_.symbol : query_.root);
  }
  month_ = query_.month;
  if (query_.form != Form::Date) return;
  month_ = {static_cast<int>(query_.expiry.year()), static_cast<unsigned>(query_.expiry.month())};
  months_left_ = kMonthsAhead;
}

void ContractWish::ask(Request request, std::string symbol) {
  step_ = {};
  step_.request = request;
  step_.symbol = std::move(symbol);
}

void ContractWish::begin_plain() {
  plain_ = true;
  ask(Request::Shares, query_.symbol);
}

void ContractWish::end() {
  step_ = {};
  tell_apart(all_);
}

// A share hides an index of the same name, unless the venue tells them apart: shares come many to a request.
bool ContractWish::take(const ShareRows& rows) {
  bool any = false;
  for (const ListedShare& share : rows.listed) {
    const auto known = [&share](const Contract& contract) { return contract.conid == share.conid; };
    if (all_.size() >= kContractsPerNameMax || std::ranges::any_of(all_, known)) continue;
    all_.push_back({.conid = share.conid,
                    .kind = InstrumentKind::Cash,
                    .venue = share.exchange,
                    .name = query_.symbol,
                    .base = {},
                    .quote = {},
                    .expiry = kNoTime,
                    .root = {},
                    .is_us = share.is_us});
    any = any || query_.venue == kSmart || is_of_venue(share.exchange);
  }
  if (!any && rows.bad > 0) {
    all_.clear();
    return false;
  }
  if (any || query_.venue == kSmart) {
    end();
  } else {
    ask(Request::Search, query_.symbol);
  }
  return true;
}

bool ContractWish::may_have(const SearchRow& row) const {
  if (query_.form == Form::Currency) return row.is_currency && (row.symbol == query_.root || row.symbol == query_.symbol);
  const bool of_venue = is_of_venue(row.exchange) || list_holds(row.future_exchanges, query_.venue);
  if (!row.has_futures || row.symbol != query_.root || !of_venue) return false;
  return query_.form == Form::Date || row.future_months.empty() || list_holds(row.future_months, broker_month(month_));
}

bool ContractWish::take(const SearchRows& rows) {
  if (plain_) {
    for (const SearchRow& row : rows.rows) {
      if (!row.is_index || row.symbol != query_.symbol || row.exchange.empty() || !is_of_venue(row.exchange)) continue;
      if (all_.size() >= kContractsPerNameMax) break;
      all_.push_back({.conid = row.conid,
                      .kind = InstrumentKind::Index,
                      .venue = row.exchange,
                      .name = row.symbol,
                      .base = {},
                      .quote = {},
                      .expiry = kNoTime,
                      .root = {},
                      .is_us = false});
    }
    if (found().empty() && rows.bad > 0) return false;
    end();
    return true;
  }
  for (const SearchRow& row : rows.rows) {
    if (parents_.size() < kParentsMax && may_have(row) && std::ranges::find(parents_, row.conid) == parents_.end()) parents_.push_back(row.conid);
  }
  if (parents_.empty() && rows.bad > 0) return false;
  to_ask_.assign(parents_.begin(), parents_.end());
  ask_next_info();
  return true;
}

void ContractWish::ask_next_info() {
  if (to_ask_.empty() && query_.form == Form::Date && found().empty() && months_left_ > 0 && !parents_.empty()) {
    --months_left_;
    month_ = next_month(month_);
    to_ask_.assign(parents_.begin(), parents_.end());
  }
  if (to_ask_.empty()) {
    if (query_.form == Form::Month && all_.empty()) return begin_plain();
    return end();
  }
  step_ = {.request = Request::Info, .symbol = {}, .conid = to_ask_.front(), .type = dated() ? "FUT" : "CASH", .month = {}};
  if (dated()) step_.month = broker_month(month_);
}

void ContractWish::take_future(const InfoRow& row) {
  if (row.type != "FUT" || row.symbol != query_.root || !is_of_venue(row.exchange)) return;
  all_.push_back({.conid = row.conid,
                  .kind = InstrumentKind::Future,
                  .venue = row.exchange,
                  .name = month_name(query_.root, month_),
                  .base = {},
                  .quote = {},
                  .expiry = day_of(row.expiry),
                  .root = query_.root,
                  .is_us = false});
}

bool ContractWish::take(const InfoRows& rows) {
  const std::size_t before = all_.size();
  for (const InfoRow& row : rows.rows) {
    const auto known = [&row](const Contract& contract) { return contract.conid == row.conid; };
    if (all_.size() >= kContractsPerNameMax || std::ranges::any_of(all_, known)) continue;
    if (dated()) {
      take_future(row);
    } else if (row.conid == step_.conid && (row.symbol == query_.root || row.symbol == query_.symbol) && row.currency == query_.quote) {
      all_.push_back({.conid = row.conid,
                      .kind = InstrumentKind::Cash,
                      .venue = std::string{kCurrencyVenue},
                      .name = query_.symbol,
                      .base = query_.root,
                      .quote = query_.quote,
                      .expiry = kNoTime,
                      .root = {},
                      .is_us = false});
    }
  }
  if (all_.size() == before && rows.bad > 0) return false;
  to_ask_.pop_front();
  ask_next_info();
  return true;
}

void ContractWish::take_nothing() {
  switch (step_.request) {
    case Request::None:
      return;
    case Request::Shares:
      return static_cast<void>(take(ShareRows{}));
    case Request::Search:
      return static_cast<void>(take(SearchRows{}));
    case Request::Info:
      return static_cast<void>(take(InfoRows{}));
  }
}

std::vector<Contract> ContractWish::found() const {
  std::vector<Contract> out;
  const bool smart = query_.venue == kSmart;
  const bool any_us = std::ranges::any_of(all_, [](const Contract& contract) { return contract.is_us; });
  for (const Contract& contract : all_) {
    if (query_.conid != 0 && contract.conid != query_.conid) continue;
    if (smart ? any_us && !contract.is_us && query_.conid == 0 : !is_of_venue(contract.venue)) continue;
    if (query_.form == Form::Date && !plain_ && contract.expiry != UtcTime{nanoseconds{sys_days{query_.expiry}.time_since_epoch()}.count()}) continue;
    out.push_back(contract);
  }
  return out;
}

}  // namespace tidegate::ibkr
