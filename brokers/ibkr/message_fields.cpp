#include "brokers/ibkr/message_fields.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <system_error>
#include <utility>

#include "brokers/ibkr/value_text.hpp"

namespace tidegate::ibkr {
namespace {

using common::JsonValue;
using Kind = JsonValue::Kind;

constexpr std::array<std::pair<std::string_view, TopicKind>, 14> kTopics = {{
    {"smd", TopicKind::MarketData},
    {"sbd", TopicKind::Depth},
    {"sor", TopicKind::Order},
    {"str", TopicKind::Execution},
    {"spl", TopicKind::ProfitLoss},
    {"ssd", TopicKind::Summary},
    {"sld", TopicKind::Ledger},
    {"sts", TopicKind::Control},
    {"act", TopicKind::Control},
    {"tic", TopicKind::Control},
    {"ntf", TopicKind::Control},
    {"blt", TopicKind::Control},
    {"system", TopicKind::Control},
    {"error", TopicKind::Control},
}};

/// A whole number above zero; 0: it is none.
std::uint64_t read_id(std::string_view text) {
  std::uint64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  return error == std::errc{} && end == text.data() + text.size() ? id : 0;
}

bool is_exchange(std::string_view text) {
  const auto allowed = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-'; };
  return !text.empty() && text.size() <= kExchangeBytesMax && std::all_of(text.begin(), text.end(), allowed);
}

/// Milliseconds since 1970, as number or text.
UtcTime read_time(const Fields& fields, std::optional<Error>& fault) {
  constexpr std::int64_t kNanosecondsPerMillisecond = 1'000'000;
  const JsonValue* const value = fields.find("_updated");
  if (value == nullptr) return kNoTime;
  const bool textual = value->kind == Kind::Number || value->kind == Kind::Text;
  const std::uint64_t milliseconds = textual ? read_id(value->text) : 0;
  if (milliseconds == 0 || milliseconds > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max() / kNanosecondsPerMillisecond)) {
    fault = Error{Reason::BadInteger, "_updated"};
    return kNoTime;
  }
  return UtcTime{static_cast<std::int64_t>(milliseconds) * kNanosecondsPerMillisecond};
}

Result<Decimal> read_field(Value field, const JsonValue& value, PriceMark& mark) {
  switch (field) {
    case Value::Last: {
      const Result<MarkedPrice> marked = read_last_price(value);
      if (!marked) return marked.error();
      mark = marked->mark;
      return marked->price;
    }
    case Value::Bid:
    case Value::Ask:
    case Value::High:
    case Value::Low:
    case Value::Open:
    case Value::PreviousClose:
    case Value::Change:
      return read_price(value);
    case Value::ChangePercent:
      return read_percent(value);
    case Value::LastSize:
    case Value::BidSize:
    case Value::AskSize:
    case Value::Volume:
    case Value::RoundedVolume:
    case Value::OptionOpenInterest:
    case Value::FutureOpenInterest:
      break;
  }
  return read_quantity(value);
}

bool is_text(const JsonValue* value, std::string_view text) { return value != nullptr && value->kind == Kind::Text && value->text == text; }

}  // namespace

Topic read_topic(std::string_view topic) {
  const std::size_t plus = topic.find('+');
  const std::string_view code = topic.substr(0, plus);
  const auto known = std::find_if(kTopics.begin(), kTopics.end(), [code](const auto& entry) { return entry.first == code; });
  return {known == kTopics.end() ? TopicKind::Other : known->second, plus == std::string_view::npos ? std::string_view{} : topic.substr(plus + 1)};
}

Result<StreamTarget> read_target(std::string_view target) {
  const std::size_t at = target.find('@');
  const StreamTarget read{.conid = read_id(target.substr(0, at)),
                          .exchange = at == std::string_view::npos ? std::string_view{} : target.substr(at + 1)};
  if (read.conid == 0 || (at != std::string_view::npos && !is_exchange(read.exchange))) return Error{Reason::BadText, "topic"};
  return read;
}

bool is_combination(std::string_view target) { return target.find(';') != std::string_view::npos; }

Result<StreamTarget> read_ladder_target(std::string_view target) {
  const std::size_t conid = target.find('+');
  if (conid == std::string_view::npos) return Error{Reason::BadText, "topic"};
  target.remove_prefix(conid + 1);
  const std::size_t plus = target.find('+');
  const StreamTarget read{.conid = read_id(target.substr(0, plus)),
                          .exchange = plus == std::string_view::npos ? std::string_view{} : target.substr(plus + 1)};
  if (read.conid == 0 || (plus != std::string_view::npos && !is_exchange(read.exchange))) return Error{Reason::BadText, "topic"};
  return read;
}

Result<StreamTarget> read_row_target(const Fields& fields) {
  const JsonValue* id = fields.find("conidEx");
  if (id == nullptr) id = fields.find("conid");
  if (id == nullptr) return Error{Reason::MissingField, "conid"};
  if (id->kind != Kind::Text && id->kind != Kind::Number) return Error{Reason::BadText, "conid"};
  return read_target(id->text);
}

MarketData read_market_data(const Fields& fields) {
  MarketData data;
  data.updated = read_time(fields, data.fault);
  if (const JsonValue* const availability = fields.find("6509"); availability != nullptr && availability->kind == Kind::Text) {
    data.availability = availability->text;
  }
  for (std::uint8_t i = 0; i < kValueCount; ++i) {
    const FieldName name = kValueNames[i];
    if (!fields.sent(name)) continue;
    const JsonValue* const found = fields.find(name);
    const JsonValue value = found == nullptr ? JsonValue{} : *found;
    if (value.kind == Kind::Object || value.kind == Kind::Array || value.kind == Kind::Boolean) continue;  // nothing that a field of this kind says
    const auto field = static_cast<Value>(i);
    data.sent |= bit(field);
    const Result<Decimal> read = read_field(field, value, data.mark);
    if (read) {
      data.values[i] = *read;
    } else if (!data.fault) {
      data.fault = Error{read.error().reason, name.text()};
    }
  }
  data.unknown_contract = data.sent == bit(Value::Last) && is_text(fields.find("31"), "N/A") && is_text(fields.find("55"), "-");
  return data;
}

}  // namespace tidegate::ibkr
