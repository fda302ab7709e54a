#include "tools/sim/binance/kept_book.hpp"

#include <rapidjson/document.h>

#include "gateway/core/decimal.hpp"
#include "tools/sim/binance/text.hpp"

namespace tidegate::sim::binance {
namespace {

std::string_view view(const rapidjson::Value& text) { return {text.GetString(), text.GetStringLength()}; }

template <class Side>
void set_levels(const rapidjson::Value& list, Side& side) {
  if (!list.IsArray()) return;
  for (const auto& level : list.GetArray()) {
    if (!level.IsArray() || level.Size() < 2 || !level[0].IsString() || !level[1].IsString()) continue;
    const auto price = parse_decimal(view(level[0]));
    const auto quantity = parse_decimal(view(level[1]));
    if (!price.ok() || !quantity.ok()) continue;
    const Decimal key = rescale(*price, -8);
    if (!key.present()) continue;
    if (quantity->is_zero()) {
      side.erase(key.mantissa);
    } else {
      side[key.mantissa] = {std::string{view(level[0])}, std::string{view(level[1])}};
    }
  }
}

template <class Side>
void append_side(std::string& out, const Side& side, std::size_t limit) {
  out += '[';
  bool first = true;
  for (const auto& [key, level] : side) {
    if (limit-- == 0) break;
    out += first ? "[\"" : ",[\"";
    first = false;
    out += level.price;
    out += "\",\"";
    out += level.quantity;
    out += "\"]";
  }
  out += ']';
}

}  // namespace

void KeptBook::reset(std::int64_t update_id) {
  update_id_ = update_id;
  bids_.clear();
  asks_.clear();
}

bool KeptBook::load(std::string_view snapshot) {
  rapidjson::Document document;
  document.Parse(snapshot.data(), snapshot.size());
  if (document.HasParseError() || !document.IsObject()) return false;
  const auto id = document.FindMember("lastUpdateId");
  const auto bids = document.FindMember("bids");
  const auto asks = document.FindMember("asks");
  if (id == document.MemberEnd() || !id->value.IsInt64() || bids == document.MemberEnd() || asks == document.MemberEnd()) return false;
  reset(id->value.GetInt64());
  set_levels(bids->value, bids_);
  set_levels(asks->value, asks_);
  return true;
}

void KeptBook::apply(std::string_view event) {
  rapidjson::Document document;
  document.Parse(event.data(), event.size());
  if (document.HasParseError() || !document.IsObject()) return;
  const auto last = document.FindMember("u");
  const auto bids = document.FindMember("b");
  const auto asks = document.FindMember("a");
  if (last == document.MemberEnd() || !last->value.IsInt64() || last->value.GetInt64() <= update_id_) return;
  update_id_ = last->value.GetInt64();
  if (bids != document.MemberEnd()) set_levels(bids->value, bids_);
  if (asks != document.MemberEnd()) set_levels(asks->value, asks_);
}

std::string KeptBook::answer(Market market, std::size_t limit, std::int64_t now_ms) const {
  std::string out;
  ObjectWriter object{out};
  object.integer("lastUpdateId", update_id_);
  if (market == Market::Usdm) object.integer("E", now_ms).integer("T", now_ms);
  object.key("bids");
  append_side(out, bids_, limit);
  object.key("asks");
  append_side(out, asks_, limit);
  object.close();
  return out;
}

}  // namespace tidegate::sim::binance
