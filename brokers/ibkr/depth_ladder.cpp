#include "brokers/ibkr/depth_ladder.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>

#include "brokers/ibkr/value_text.hpp"

namespace tidegate::ibkr {
namespace {

using Kind = common::JsonValue::Kind;

Result<std::size_t> read_index(const common::JsonValue& value) {
  if (value.kind == Kind::Null) return Error{Reason::MissingField, "row"};
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(value.text.data(), value.text.data() + value.text.size(), index);
  const bool textual = value.kind == Kind::Number || value.kind == Kind::Text;
  if (!textual || value.text.empty() || end != value.text.data() + value.text.size()) return Error{Reason::BadInteger, "row"};
  if (error != std::errc{} || index >= kLadderRowsMax) return Error{Reason::TooManyLevels, "row"};
  return index;
}

}  // namespace

DepthLadder::Applied DepthLadder::apply(std::span<const LadderRow> rows) {
  Applied applied;
  const auto fail = [&applied](Error error) {
    if (!applied.fault) applied.fault = error;
  };
  for (const LadderRow& sent : rows) {
    const Result<std::size_t> index = read_index(sent.row);
    if (!index) {
      fail(index.error());
      continue;
    }
    const Result<Row> read = read_row(sent);
    if (!read) fail(read.error());
    const Row row = read ? *read : Row{};
    if (*index >= rows_.size()) {
      if (row == Row{}) continue;
      rows_.resize(*index + 1);
    }
    if (rows_[*index] == row) continue;
    rows_[*index] = row;
    applied.changed = true;
  }
  return applied;
}

Result<DepthLadder::Row> DepthLadder::read_row(const LadderRow& sent) {
  const auto failed = [](const Result<Decimal>& read, std::string_view field) { return Error{read.error().reason, field}; };
  const Result<Decimal> price = read_ladder_price(sent.price);
  if (!price) return failed(price, "price");
  const Result<Decimal> bid = read_quantity(sent.bid);
  if (!bid) return failed(bid, "bid");
  const Result<Decimal> ask = read_quantity(sent.ask);
  if (!ask) return failed(ask, "ask");
  const auto holds_something = [](Decimal size) { return size.present() && !size.is_zero(); };
  if (!price->present() || (!holds_something(*bid) && !holds_something(*ask))) return Row{};
  return Row{*price, *bid, *ask};
}

void DepthLadder::read_levels(std::vector<LevelUpdate>& bids, std::vector<LevelUpdate>& asks) const {
  bids.clear();
  asks.clear();
  const auto add = [](std::vector<LevelUpdate>& side, Decimal price, Decimal size) {
    if (size.present() && !size.is_zero()) side.push_back({.price = price, .quantity = size});
  };
  for (const Row& row : rows_) {
    add(bids, row.price, row.bid);
    add(asks, row.price, row.ask);
  }
  // Rows of one message may overtake one another, so their order is not relied on.
  std::sort(bids.begin(), bids.end(), [](const LevelUpdate& a, const LevelUpdate& b) { return compare(a.price, b.price) > 0; });
  std::sort(asks.begin(), asks.end(), [](const LevelUpdate& a, const LevelUpdate& b) { return compare(a.price, b.price) < 0; });
}

}  // namespace tidegate::ibkr
