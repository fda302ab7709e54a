#include "tools/sim/ibkr/fields.hpp"

#include <algorithm>
#include <cstdlib>
#include <unordered_map>

#include "tools/sim/common/random.hpp"
#include "tools/sim/ibkr/json_object.hpp"

namespace tidegate::sim::ibkr {
namespace {

constexpr std::int64_t kThousand = 1'000, kMillion = 1'000'000, kBillion = 1'000'000'000;
constexpr std::int64_t kSuffixFrom = 10'000;        // below, volumes are written whole
constexpr std::int64_t kExponentFrom = 10'000'000;  // from here on the broker's servers write numbers with an exponent

/// Tenths, as 12.2: one decimal always.
std::string tenths_text(std::int64_t tenths) { return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10); }

/// The unit of the suffix; 1: none.
std::int64_t suffix_unit(std::int64_t number) {
  if (number >= kBillion) return kBillion;
  if (number >= kMillion) return kMillion;
  return number >= kSuffixFrom ? kThousand : 1;
}

/// The number as with_suffix rounds it.
std::int64_t rounded(std::int64_t number) {
  const std::int64_t unit = suffix_unit(number);
  return unit == 1 ? number : number * 10 / unit * (unit / 10);
}

/// As the broker's servers, written in Java, print a double: 950500.0, 1.22E7.
std::string java_double(std::int64_t number) {
  if (number < kExponentFrom) return std::to_string(number) + ".0";
  std::string digits = std::to_string(number);
  const std::size_t exponent = digits.size() - 1;
  while (digits.size() > 2 && digits.back() == '0') digits.pop_back();
  return digits.substr(0, 1) + '.' + digits.substr(1) + 'E' + std::to_string(exponent);
}

/// Hundredths of a percent as a JSON number: 0.57, -9.4, 0.0.
std::string percent_number(std::int64_t hundredths) {
  std::string text = price_text(hundredths, 2);
  if (text.back() == '0') text.pop_back();
  return text;
}

std::string price(const Quote& quote, std::int64_t value) { return json_text(price_text(value, quote.contract->decimals)); }

/// Of the day's trading; empty where there was none.
std::string day_price(const Quote& quote, std::int64_t value) { return quote.contract->untraded ? std::string{} : price(quote, value); }

std::string bid_or_ask(const Quote& quote, const BookLevel& level) {
  if (level.quantity <= 0) return {};
  return quote.numbers ? price_text(level.price, quote.contract->decimals) : price(quote, level.price);
}

std::string size_text(std::int64_t quantity) { return quantity <= 0 ? std::string{} : json_text(with_commas(quantity)); }

std::string last_price(const Quote& quote) {
  const int decimals = quote.contract->decimals;
  if (quote.contract->untraded) return json_text("C" + price_text(quote.figures.close, decimals));
  return json_text((quote.halted ? "H" : "") + price_text(quote.figures.last, decimals));
}

std::string volume(const Quote& quote) {
  const std::int64_t number = quote.figures.volume;
  if (number <= 0) return {};
  return json_text(quote.wrong_suffix ? tenths_text(number * 10 / kThousand) + 'B' : with_suffix(number));
}

std::string volume_number(const Quote& quote) {
  const std::int64_t number = quote.figures.volume;
  if (number <= 0) return {};
  return java_double(quote.wrong_suffix ? number / 100 * 100 * kMillion : rounded(number));
}

std::string volume_in_full(const Quote& quote) { return quote.figures.volume > 0 ? json_text(std::to_string(quote.figures.volume)) : std::string{}; }

std::string change(const Quote& quote) {
  if (quote.contract->untraded) return {};
  const std::int64_t by = quote.figures.last - quote.figures.close;
  return json_text((by > 0 ? "+" : "") + price_text(by, quote.contract->decimals));
}

std::string change_percent(const Quote& quote) {
  if (quote.contract->untraded) return {};
  return percent_number((quote.figures.last - quote.figures.close) * 10'000 / quote.figures.close);
}

std::string open_interest(const Quote& quote) {
  return quote.figures.open_interest > 0 ? json_text(with_suffix(quote.figures.open_interest)) : std::string{};
}

std::string conid_and_exchange(const Quote& quote) {
  return json_text(std::to_string(quote.contract->conid) + '@' + (quote.exchange.empty() ? "SMART" : quote.exchange));
}

struct Field {
  std::string (*write)(const Quote&);
  bool of_market = true;  // false: known of the contract without market data
};

const std::unordered_map<std::string_view, Field>& fields() {
  static const std::unordered_map<std::string_view, Field> kFields = {
      {"31", {last_price}},
      {"7059", {[](const Quote& quote) { return size_text(quote.figures.last_quantity); }}},
      {"84", {[](const Quote& quote) { return bid_or_ask(quote, quote.figures.bids[0]); }}},
      {"86", {[](const Quote& quote) { return bid_or_ask(quote, quote.figures.asks[0]); }}},
      {"88", {[](const Quote& quote) { return size_text(quote.figures.bids[0].quantity); }}},
      {"85", {[](const Quote& quote) { return size_text(quote.figures.asks[0].quantity); }}},
      {"87", {volume}},
      {"87_raw", {volume_number}},
      {"7762", {volume_in_full}},
      {"70", {[](const Quote& quote) { return day_price(quote, quote.figures.high); }}},
      {"71", {[](const Quote& quote) { return day_price(quote, quote.figures.low); }}},
      {"7295", {[](const Quote& quote) { return day_price(quote, quote.figures.open); }}},
      {"7741", {[](const Quote& quote) { return price(quote, quote.figures.close); }}},
      {"82", {change}},
      {"83", {change_percent}},
      {"7697", {open_interest}},
      {"6509", {[](const Quote& quote) { return json_text(quote.availability); }, false}},
      {"55", {[](const Quote& quote) { return json_text(quote.contract->symbol); }, false}},
      {"7051", {[](const Quote& quote) { return json_text(quote.contract->name); }, false}},
      {"6008", {[](const Quote& quote) { return json_text(std::to_string(quote.contract->conid)); }, false}},
      {"6070", {[](const Quote& quote) { return json_text(security_type_name(quote.contract->type)); }, false}},
      {"7221", {[](const Quote& quote) { return json_text(quote.contract->exchange); }, false}},
      {"7094", {conid_and_exchange, false}},
  };
  return kFields;
}

}  // namespace

std::string price_text(std::int64_t price, int decimals) {
  std::string digits = std::to_string(std::llabs(price));
  const auto places = static_cast<std::size_t>(decimals);
  if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
  if (places > 0) digits.insert(digits.size() - places, 1, '.');
  return price < 0 ? "-" + digits : digits;
}

std::string with_commas(std::int64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, 1, ',');
  return digits;
}

std::string with_suffix(std::int64_t number) {
  const std::int64_t unit = suffix_unit(number);
  if (unit == 1) return with_commas(number);
  const char letter = unit == kThousand ? 'K' : unit == kMillion ? 'M' : 'B';
  return tenths_text(number * 10 / unit) + letter;
}

bool has_data(std::string_view availability) { return !availability.empty() && availability.front() != 'N' && availability.front() != 'O'; }

Figures routed(const Figures& figures, std::string_view exchange, std::int64_t tick) {
  Figures out = figures;
  Random random{hash_text(exchange)};
  const std::int64_t away = random.below(3) * tick, share = 2 + random.below(8);
  for (BookLevel& level : out.bids) level = {std::max(level.price - away, tick), level.quantity == 0 ? 0 : level.quantity / share + 1, level.orders};
  for (BookLevel& level : out.asks) level = {level.price + away, level.quantity == 0 ? 0 : level.quantity / share + 1, level.orders};
  out.volume = figures.volume / share;
  return out;
}

std::string field_value(const Quote& quote, std::string_view field) {
  const auto found = fields().find(field);
  if (found == fields().end() || (found->second.of_market && !has_data(quote.availability))) return {};
  return found->second.write(quote);
}

}  // namespace tidegate::sim::ibkr
