#include "tools/sim/ibkr/streams.hpp"

#include "tools/sim/ibkr/json_object.hpp"

namespace tidegate::sim::ibkr {
namespace {

std::string ladder_row(std::size_t row, bool focus, const std::string& price, std::string_view side, std::int64_t size) {
  JsonObject out;
  out.number("row", static_cast<std::int64_t>(row)).number("focus", focus ? 1 : 0).text("price", price);
  if (size > 0) out.text(side, with_commas(size));
  return out.str();
}

}  // namespace

std::string stream_frame(const Stream& stream, const FieldValues& fields, std::int64_t utc_ms, Random* random) {
  JsonObject out;
  out.text("server_id", stream.slot)
      .text("conidEx", stream.target)
      .number("conid", stream.conid)
      .number("_updated", utc_ms)
      .text("6119", stream.slot);
  for (const auto& [field, value] : fields) out.add(field, value);
  out.text("topic", "smd+" + stream.target);
  if (random != nullptr) out.shuffle(*random);
  return out.str();
}

FieldValues all_fields(const Stream& stream, const Quote& quote) {
  FieldValues out;
  for (const std::string& field : stream.fields) {
    std::string value = field_value(quote, field);
    if (value.empty()) continue;
    out.emplace(field, std::move(value));
    if (field == "87") out.emplace("87_raw", field_value(quote, "87_raw"));
  }
  out.emplace("6509", field_value(quote, "6509"));
  return out;
}

FieldValues changed_fields(const Stream& stream, const FieldValues& now) {
  FieldValues out;
  for (const auto& [field, value] : now) {
    const auto before = stream.sent.find(field);
    if (before == stream.sent.end() || before->second != value) out.emplace(field, value);
  }
  return out;
}

FieldValues unknown_contract_fields() { return {{"31", R"("N/A")"}, {"55", R"("-")"}}; }

std::vector<std::string> ladder_rows(const Quote& quote) {
  std::vector<std::string> out;
  const Figures& figures = quote.figures;
  const int decimals = quote.contract->decimals;
  if (quote.contract->type == SecurityType::Index || quote.contract->untraded || !has_data(quote.availability)) return out;
  for (std::size_t level = kBookLevels; level > 0; --level) {
    out.push_back(ladder_row(out.size(), false, price_text(figures.asks[level - 1].price, decimals), "ask", figures.asks[level - 1].quantity));
  }
  const std::string last = with_commas(figures.last_quantity) + " @ " + price_text(figures.last, decimals);
  out.push_back(ladder_row(out.size(), true, last, "", 0));
  for (const BookLevel& level : figures.bids) out.push_back(ladder_row(out.size(), false, price_text(level.price, decimals), "bid", level.quantity));
  return out;
}

}  // namespace tidegate::sim::ibkr
