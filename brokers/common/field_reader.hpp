// Reads the fields of one message into a wire struct, so that a decoder looks like the broker's own table of fields.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>

#include "brokers/common/decimal_reader.hpp"
#include "brokers/common/field_table.hpp"
#include "gateway/core/result.hpp"
#include "gateway/core/time.hpp"

namespace tidegate::common {

/// What a broker's integer times count.
enum class TimeUnit : std::uint8_t { Millisecond, Microsecond };

/// Longest symbol any venue uses, with room to spare. A symbol becomes part of names that live long.
inline constexpr std::size_t kSymbolBytesMax = 64;

/// Keeps the first fault; a value read after it, or with it, means nothing, and `result` gives the fault instead of the message.
/// Each read gives MissingField when the field is absent or null (`optional_...`: gives absence), and the Reason of its type otherwise.
template <class Table>
class FieldReader {
 public:
  using Name = typename Table::Name;
  using Kind = JsonValue::Kind;

  FieldReader(const Table& table, TimeUnit unit) : table_(table), unit_(unit) {}

  /// Views into the frame. BadText: not text, empty, or longer than any symbol.
  std::string_view symbol(Name name) {
    const std::string_view symbol = text(name);
    if (symbol.empty() || symbol.size() > kSymbolBytesMax) fail(Reason::BadText, name);
    return symbol;
  }
  std::string_view text(Name name) {
    const JsonValue* value = need(name);
    if (value == nullptr) return {};
    if (value->kind != Kind::Text) fail(Reason::BadText, name);
    return value->text;
  }
  bool boolean(Name name) {
    const JsonValue* value = need(name);
    if (value == nullptr) return false;
    if (value->kind != Kind::Boolean) fail(Reason::BadShape, name);
    return value->integer != 0;
  }
  /// BadInteger: not an integer, or outside of [minimum, maximum].
  std::int64_t integer(Name name, std::int64_t minimum = 0, std::int64_t maximum = std::numeric_limits<std::int64_t>::max()) {
    const JsonValue* value = need(name);
    if (value == nullptr) return 0;
    if (value->kind != Kind::Integer || value->integer < minimum || value->integer > maximum) fail(Reason::BadInteger, name);
    return value->integer;
  }
  /// An array, whose elements its parser keeps elsewhere. BadShape.
  void array(Name name) {
    const JsonValue* value = need(name);
    if (value != nullptr && value->kind != Kind::Array) fail(Reason::BadShape, name);
  }
  /// Zero or more, below 2^56: what a trade record can hold.
  std::uint64_t trade_id(Name name) { return static_cast<std::uint64_t>(integer(name, 0, (std::int64_t{1} << 56) - 1)); }

  /// An integer of the connection's unit; BadInteger where it fits no nanoseconds.
  UtcTime time(Name name) {
    const std::int64_t scale = unit_ == TimeUnit::Millisecond ? 1'000'000 : 1'000;
    const std::int64_t count = integer(name, 0, std::numeric_limits<std::int64_t>::max() / scale);
    return failed_ ? kNoTime : UtcTime{count * scale};
  }
  UtcTime optional_time(Name name) { return table_.find(name) == nullptr ? kNoTime : time(name); }

  /// May be negative. BadDecimal, Overflow.
  Decimal decimal(Name name) {
    const JsonValue* value = need(name);
    if (value == nullptr) return kAbsent;
    Decimal read;
    if (value->kind != Kind::Text || !read_short_decimal(value->text, read)) return long_decimal(*value, name);
    return read;
  }
  /// Prices and quantities are never negative: BadDecimal.
  Decimal price(Name name) {
    const Decimal value = decimal(name);
    if (value.present() && value.mantissa < 0) fail(Reason::BadDecimal, name);
    return value;
  }
  Decimal quantity(Name name) { return price(name); }
  Decimal optional_price(Name name) { return table_.find(name) == nullptr ? kAbsent : price(name); }
  Decimal optional_quantity(Name name) { return optional_price(name); }

  [[gnu::cold, gnu::noinline]] void fail(Reason reason, Name name) { fail(Error{reason, name.text()}); }
  [[gnu::cold, gnu::noinline]] void fail(Error error) {
    if (failed_) return;
    failed_ = true;
    error_ = error;
  }

  [[nodiscard]] bool failed() const { return failed_; }
  /// Of a reader that has failed.
  [[nodiscard]] const Error& error() const { return error_; }
  template <class T>
  Result<T> result(T message) const {
    if (failed_) return error_;
    return Result<T>(std::move(message));
  }

 private:
  const JsonValue* need(Name name) {
    const JsonValue* value = table_.find(name);
    if (value == nullptr) fail(Reason::MissingField, name);
    return value;
  }
  [[gnu::cold, gnu::noinline]] Decimal long_decimal(const JsonValue& value, Name name) {
    const Result<Decimal> read = read_decimal(value);
    if (read) return *read;
    fail(read.error().reason, name);
    return kAbsent;
  }

  const Table& table_;
  TimeUnit unit_;
  bool failed_ = false;
  Error error_{};
};

}  // namespace tidegate::common
