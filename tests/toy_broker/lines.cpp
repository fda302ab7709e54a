#include "tests/toy_broker/lines.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>

#include "brokers/common/decimal_reader.hpp"
#include "brokers/common/instrument_fields.hpp"

namespace tidegate::toy {
namespace {

constexpr std::size_t kNameBytesMax = 12;
constexpr std::int64_t kMillisecondsMax = INT64_MAX / 1'000'000;

/// Takes a line apart, word by word; keeps the first fault.
class Words {
 public:
  explicit Words(std::string_view line) : rest_(line) { take("kind"); }

  std::string_view name() {
    const std::string_view word = take("name");
    const auto allowed = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
    if (word.size() > kNameBytesMax || !std::ranges::all_of(word, allowed)) fail({Reason::BadText, "name"});
    return word;
  }
  Decimal amount(std::string_view field) {
    const auto amount = common::read_decimal(take(field));
    if (!amount) fail({amount.error().reason, field});
    if (amount.ok() && amount->mantissa < 0) fail({Reason::BadDecimal, field});
    return amount.ok() ? *amount : kAbsent;
  }
  Decimal optional_amount(std::string_view field) {
    if (rest_ == "-") return take(field), kAbsent;
    return amount(field);
  }
  UtcTime milliseconds(std::string_view field) {
    const std::string_view word = take(field);
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), count);
    if (error != std::errc{} || end != word.data() + word.size() || count < 0 || count > kMillisecondsMax) {
      fail({Reason::BadInteger, field});
      return kNoTime;
    }
    return UtcTime::from_milliseconds(count);
  }
  std::string_view rest() {
    const std::string_view all = rest_;
    rest_ = {};
    return all;
  }
  template <class T>
  Result<T> result(const T& message) {
    if (!rest_.empty()) fail({Reason::BadText, "end"});
    if (failed_) return error_;
    return message;
  }

 private:
  std::string_view take(std::string_view field) {
    const std::size_t end = std::min(rest_.find(' '), rest_.size());
    const std::string_view word = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    if (word.empty()) fail({Reason::MissingField, field});
    return word;
  }
  void fail(Error error) {
    if (!failed_) error_ = error;
    failed_ = true;
  }

  std::string_view rest_;
  bool failed_ = false;
  Error error_{};
};

}  // namespace

LineKind kind_of(std::string_view line) {
  const std::string_view word = line.substr(0, line.find(' '));
  if (word == "T") return LineKind::Trade;
  if (word == "I") return LineKind::Instrument;
  if (word == "END") return LineKind::EndOfList;
  if (word == "E") return LineKind::Refusal;
  return word == "." ? LineKind::Heartbeat : LineKind::Other;
}

Result<TradeLine> read_trade(std::string_view line) {
  Words words{line};
  const TradeLine trade{
      .name = words.name(), .price = words.amount("price"), .quantity = words.amount("quantity"), .time = words.milliseconds("time")};
  return words.result(trade);
}

Result<InstrumentLine> read_instrument(std::string_view line) {
  Words words{line};
  const InstrumentLine instrument{.name = words.name(), .tick_size = words.optional_amount("tick_size")};
  return words.result(instrument);
}

Result<RefusalLine> read_refusal(std::string_view line) {
  Words words{line};
  const RefusalLine refusal{.name = words.name(), .words = words.rest()};
  return words.result(refusal);
}

}  // namespace tidegate::toy
