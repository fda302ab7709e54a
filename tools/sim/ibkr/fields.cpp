#include "tools/sim/ibkr/fields.hpp"

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

std::string signed_text(std::int64_t change, int decimals) { return (change > 0 ? "+" : "") + price_text(change, decimals); }

enum class Field : std::uint8_t {
  Last,
  LastSize,
  Bid,
  BidSize,
  Ask,
  AskSize,
  Volume,
  VolumeFull,
  High,
  Low,
  Open,
  PriorClose,
  Change,
  ChangePercent,
  Symbol,
  Company,
  Conid,
  Type,
  Listing,
  ConidAndExchange,
  OpenInterest,
  Availability,
};

const std::unordered_map<std::string_view, Field>& fields() {
  using enum Field;
  static const std::unordered_map<std::string_view, Field> kFields = {
      {"31", Last},           {"7059", LastSize},    {"84", Bid},          {"88", BidSize},       {"86", Ask},
      {"85", AskSize},        {"87", Volume},        {"7762", VolumeFull}, {"70", High},          {"71", Low},
      {"7295", Open},         {"7741", PriorClose},  {"82", Change},       {"83", ChangePercent}, {"55", Symbol},
      {"7051", Company},      {"6008", Conid},       {"6070", Type},       {"7221", Listing},     {"7094", ConidAndExchange},
      {"7697", OpenInterest}, {"6509", Availability}};
  return kFields;
}

/// Of a future, an index, a share: what names it.
std::string identity(const Quote& quote, Field field) {
  const Contract& contract = *quote.contract;
  switch (field) {
    case Field::Symbol:
      return json_text(contract.symbol);
    case Field::Company:
      return json_text(contract.name);
    case Field::Conid:
      return json_text(std::to_string(contract.conid));
    case Field::Type:
      return json_text(security_type_name(contract.type));
    case Field::Listing:
      return json_text(contract.exchange);
    case Field::ConidAndExchange:
      return json_text(std::to_string(contract.conid) + '@' + (quote.exchange.empty() ? "SMART" : quote.exchange));
    default:
      return {};
  }
}

std::string bid_or_ask(const Quote& quote, const BookLevel& level) {
  if (level.quantity <= 0) return {};
  const std::string text = price_text(level.price, quote.contract->decimals);
  return quote.numbers ? text : json_text(text);
}

std::string size_text(const BookLevel& level) { return level.quantity <= 0 ? std::string{} : json_text(with_commas(level.quantity)); }

std::string last_price(const Quote& quote) {
  const Figures& figures = quote.figures;
  const int decimals = quote.contract->decimals;
  if (quote.contract->untraded) return json_text("C" + price_text(figures.close, decimals));
  return json_text((quote.halted ? "H" : "") + price_text(figures.last, decimals));
}

std::string volume(const Quote& quote, bool full) {
  const std::int64_t number = quote.figures.volume;
  if (number <= 0) return {};
  if (full) return json_text(std::to_string(number));
  if (quote.wrong_suffix) return json_text(tenths_text(number * 10 / kThousand) + 'B');
  return json_text(with_suffix(number));
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
  if (found == fields().end())
    return field == "87_raw" && quote.figures.volume > 0
               ? java_double(quote.wrong_suffix ? quote.figures.volume / 100 * 100 * kMillion : rounded(quote.figures.volume))
               : std::string{};
  if (found->second == Field::Availability) return json_text(quote.availability);
  if (std::string text = identity(quote, found->second); !text.empty()) return text;
  if (!has_data(quote.availability)) return {};
  const Figures& figures = quote.figures;
  const int decimals = quote.contract->decimals;
  const bool traded = !quote.contract->untraded;
  switch (found->second) {
    case Field::Last:
      return last_price(quote);
    case Field::LastSize:
      return figures.last_quantity > 0 ? json_text(with_commas(figures.last_quantity)) : std::string{};
    case Field::Bid:
      return bid_or_ask(quote, figures.bids[0]);
    case Field::Ask:
      return bid_or_ask(quote, figures.asks[0]);
    case Field::BidSize:
      return size_text(figures.bids[0]);
    case Field::AskSize:
      return size_text(figures.asks[0]);
    case Field::Volume:
      return volume(quote, false);
    case Field::VolumeFull:
      return volume(quote, true);
    case Field::High:
      return traded ? json_text(price_text(figures.high, decimals)) : std::string{};
    case Field::Low:
      return traded ? json_text(price_text(figures.low, decimals)) : std::string{};
    case Field::Open:
      return traded ? json_text(price_text(figures.open, decimals)) : std::string{};
    case Field::PriorClose:
      return json_text(price_text(figures.close, decimals));
    case Field::Change:
      return traded ? json_text(signed_text(figures.last - figures.close, decimals)) : std::string{};
    case Field::ChangePercent:
      return traded ? percent_number((figures.last - figures.close) * 10'000 / figures.close) : std::string{};
    case Field::OpenInterest:
      return figures.open_interest > 0 ? json_text(with_suffix(figures.open_interest)) : std::string{};
    default:
      return {};
  }
}

}  // namespace tidegate::sim::ibkr
