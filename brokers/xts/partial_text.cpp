#include "brokers/xts/partial_text.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include "brokers/xts/number_text.hpp"

namespace tidegate::xts {
namespace {

enum class ValueType : std::uint8_t { Number, Quantity, Whole, Percentage };

struct KeyName {
  std::string_view name;
  ValueType type;
};
/// In the order of PartialKey.
constexpr std::array<KeyName, kPartialKeyCount> kKeys = {{
    {"ltp", ValueType::Number},
    {"ltq", ValueType::Quantity},
    {"tb", ValueType::Quantity},
    {"ts", ValueType::Quantity},
    {"v", ValueType::Quantity},
    {"ap", ValueType::Number},
    {"ltt", ValueType::Whole},
    {"lut", ValueType::Whole},
    {"pc", ValueType::Percentage},
    {"o", ValueType::Number},
    {"h", ValueType::Number},
    {"l", ValueType::Number},
    {"c", ValueType::Number},
    {"vp", ValueType::Number},
    {"bt", ValueType::Whole},
    {"bv", ValueType::Quantity},
    {"mt", ValueType::Whole},
}};

/// Takes what stands before the next `separator` from the front; false: nothing is left.
bool take_part(std::string_view& text, char separator, std::string_view& part) {
  if (text.data() == nullptr) return false;
  const std::size_t end = text.find(separator);
  part = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  return true;
}

template <class Integer>
bool read_id(std::string_view text, std::int64_t maximum, Integer& id) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 0 || value > maximum) return false;
  id = static_cast<Integer>(value);
  return true;
}

/// `<segment>_<id>`
bool read_instrument(std::string_view text, PartialText& out) {
  const std::size_t split = text.find('_');
  return split != std::string_view::npos && read_id(text.substr(0, split), std::numeric_limits<std::int32_t>::max(), out.segment) &&
         read_id(text.substr(split + 1), std::numeric_limits<std::int64_t>::max(), out.instrument) && out.instrument != 0;
}

std::optional<Error> read_value(std::string_view text, std::size_t key, PartialValues& values) {
  if (text.empty()) return std::nullopt;  // unchanged
  const KeyName& known = kKeys[key];
  const Result<Decimal> number = read_number(text);
  if (!number && known.type == ValueType::Percentage && number.error().reason == Reason::Overflow) {
    values.set(static_cast<PartialKey>(key), kAbsent);
    return std::nullopt;
  }
  if (!number) return Error{number.error().reason, known.name};
  if (known.type == ValueType::Quantity && number->mantissa < 0) return Error{Reason::BadDecimal, known.name};
  if (known.type == ValueType::Whole && !rescale(*number, 0).present()) return Error{Reason::BadInteger, known.name};
  values.set(static_cast<PartialKey>(key), *number);
  return std::nullopt;
}

std::optional<Error> read_row(std::string_view size, std::string_view price, std::string_view orders, std::string_view name, BookRow& row) {
  if (!size.empty()) {
    const Result<Decimal> number = read_number(size);
    if (!number) return Error{number.error().reason, name};
    if (number->mantissa < 0) return Error{Reason::BadDecimal, name};
    row.size = *number;
  }
  if (!price.empty()) {
    const Result<Decimal> number = read_number(price);
    if (!number) return Error{number.error().reason, name};
    row.price = *number;
  }
  if (!orders.empty()) {
    const Result<std::int64_t> number = read_whole_number(orders);
    if (!number) return Error{number.error().reason, name};
    if (*number < 0 || *number >= std::int64_t{kNoOrders}) return Error{Reason::BadInteger, name};
    row.orders = static_cast<std::uint32_t>(*number);
  }
  return std::nullopt;
}

/// `position|size|price|orders`, again and again; one row alone may have a flag behind it.
std::optional<Error> read_rows(std::string_view text, std::string_view name, std::array<BookRow, kPartialRows>& rows) {
  constexpr std::size_t kRowParts = 4;
  std::array<std::string_view, kRowParts * kPartialRows> parts;
  std::size_t count = 0;
  for (std::string_view part; take_part(text, '|', part);) {
    if (count == parts.size()) return Error{Reason::BadShape, name};
    parts[count++] = part;
  }
  if (count == kRowParts + 1) --count;
  if (count % kRowParts != 0) return Error{Reason::BadShape, name};
  for (std::size_t i = 0; i < count; i += kRowParts) {
    std::size_t position = 0;
    if (!read_id(parts[i], kPartialRows - 1, position)) return Error{Reason::BadInteger, name};
    if (const auto error = read_row(parts[i + 1], parts[i + 2], parts[i + 3], name, rows[position])) return error;
  }
  return std::nullopt;
}

std::optional<Error> read_pair(std::string_view key, std::string_view value, PartialText& out, bool& has_instrument) {
  if (key == "t") {
    has_instrument = true;
    return read_instrument(value, out) ? std::nullopt : std::optional{Error{Reason::BadText, "t"}};
  }
  if (key == "bi") return value.empty() ? std::nullopt : read_rows(value, "bi", out.values.bids);
  if (key == "ai") return value.empty() ? std::nullopt : read_rows(value, "ai", out.values.asks);
  for (std::size_t i = 0; i < kKeys.size(); ++i) {
    if (kKeys[i].name == key) return read_value(value, i, out.values);
  }
  return std::nullopt;
}

void apply_row(BookRow& row, const BookRow& later) {
  if (later.size.present()) row.size = later.size;
  if (later.price.present()) row.price = later.price;
  if (later.orders != kNoOrders) row.orders = later.orders;
}

}  // namespace

std::int64_t PartialValues::time(PartialKey key) const {
  const Decimal whole = rescale(value(key), 0);
  return whole.present() ? std::max(std::int64_t{0}, whole.mantissa) : 0;
}

void PartialValues::apply(const PartialValues& later) {
  for (std::size_t i = 0; i < kPartialKeyCount; ++i) {
    if ((later.named >> i & 1U) != 0) values[i] = later.values[i];
  }
  named |= later.named;
  for (std::size_t i = 0; i < kPartialRows; ++i) {
    apply_row(bids[i], later.bids[i]);
    apply_row(asks[i], later.asks[i]);
  }
}

std::optional<Error> parse_partial_text(std::string_view text, PartialText& out) {
  out = {};
  bool has_instrument = false;
  for (std::string_view part; take_part(text, ',', part);) {
    if (part.empty()) continue;
    const std::size_t colon = part.find(':');
    if (colon == std::string_view::npos) return Error{Reason::BadShape, part};
    if (const auto error = read_pair(part.substr(0, colon), part.substr(colon + 1), out, has_instrument)) return error;
  }
  if (!has_instrument) return Error{Reason::MissingField, "t"};
  return std::nullopt;
}

}  // namespace tidegate::xts
