// The first byte chooses whether the rest is an answer about contracts, a cache file or a name.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "brokers/ibkr/contract_answers.hpp"
#include "brokers/ibkr/contract_cache.hpp"
#include "brokers/ibkr/contract_name.hpp"
#include "brokers/ibkr/contract_wish.hpp"

using namespace tidegate;

namespace {

constexpr UtcTime kNow{1'795'000'000'000'000'000};

void require(bool holds) {
  if (!holds) __builtin_trap();
}

/// Whatever the answers: a wish comes to an end, and its contracts have names of their own that can be asked for again.
void check_wish(std::string_view name, std::string_view body) {
  const auto query = ibkr::read_contract_name(name, kNow);
  require(query.has_value());
  ibkr::ContractWish wish{*query};
  const auto shares = ibkr::read_shares(body);
  const auto search = ibkr::read_search(body);
  const auto info = ibkr::read_info(body);
  for (int step = 0; wish.next().request != ibkr::ContractWish::Request::None; ++step) {
    require(step < 100);
    bool taken = false;
    if (wish.next().request == ibkr::ContractWish::Request::Shares && shares.ok() && shares->contains(wish.next().symbol)) {
      taken = wish.take(shares->find(wish.next().symbol)->second);
    }
    if (wish.next().request == ibkr::ContractWish::Request::Search && search.ok()) taken = wish.take(*search);
    if (wish.next().request == ibkr::ContractWish::Request::Info && info.ok()) taken = wish.take(*info);
    if (!taken) wish.take_nothing();
  }
  require(wish.all().size() <= ibkr::kContractsPerNameMax);
  ibkr::ContractBook book;
  const auto found = wish.found();
  book.put(std::string{name}, found, wish.all(), kNow);
  require(book.contracts().size() == found.size());
  for (const auto& [conid, known] : book.contracts()) require(ibkr::is_contract_name(known.instrument.symbol()));
  require(ibkr::read_book(ibkr::to_json(book)).has_value());
}

void check_answer(const std::string& body) {
  static_cast<void>(ibkr::judge_contract_answer(400, body));
  for (const char* name : {"AAPL", "SMART:AAPL", "CBOE:SPX", "EUR.USD", "CME:ESZ6", "ES-20261218", "NASDAQ:SAME#5"}) check_wish(name, body);
}

/// What was read can be written and read again.
void check_cache(const std::string& json) {
  const auto book = ibkr::read_book(json);
  if (!book) return;
  const std::string again = ibkr::to_json(*book);
  const auto copy = ibkr::read_book(again);
  require(copy.has_value() && ibkr::to_json(*copy) == again);
}

void check_name(const std::string& text) {
  const auto query = ibkr::read_contract_name(text, kNow);
  require(query.has_value() == ibkr::is_contract_name(text));
  if (!query || query->form != ibkr::ContractQuery::Form::Month) return;
  const auto again = ibkr::read_contract_name(ibkr::month_name(query->root, query->month), kNow);
  require(again.has_value() && again->root == query->root && again->month == query->month);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string text{reinterpret_cast<const char*>(data + 1), size - 1};
  text.shrink_to_fit();
  if (data[0] % 4 == 0) {
    check_cache(text);
  } else if (data[0] % 4 == 1) {
    check_name(text);
  } else {
    check_answer(text);
  }
  return 0;
}
