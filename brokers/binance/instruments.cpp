#include "brokers/binance/instruments.hpp"

#include <array>

#include <rapidjson/reader.h>

#include "brokers/common/field_reader.hpp"
#include "brokers/common/json_stream.hpp"

namespace tidegate::binance {
namespace {

using Kind = common::JsonValue::Kind;

// clang-format off
constexpr std::array<std::string_view, 16> kListNames = {
    "symbols", "rateLimits", "filters",                                                // lists
    "symbol", "status", "baseAsset", "quoteAsset", "contractType", "deliveryDate",     // of a symbol
    "filterType", "tickSize", "stepSize",                                              // of a filter
    "rateLimitType", "interval", "intervalNum", "limit"};                              // of a rate limit
// clang-format on
using ListFields = common::FieldTable<kListNames>;
using ListReader = common::FieldReader<ListFields>;
constexpr int kListNestingMax = 32;

consteval std::uint8_t list_slot_of(ListFields::Name name) { return name.slot; }

std::string_view text_or_empty(const ListFields& fields, ListFields::Name name) {
  const common::JsonValue* value = fields.find(name);
  return value != nullptr && value->kind == Kind::Text ? value->text : std::string_view{};
}

/// SAX handler over the whole answer: {"symbols":[{...,"filters":[{...}]}],"rateLimits":[{...}]}, all else skipped.
class ListHandler {
 public:
  explicit ListHandler(std::string_view venue) : venue_(venue) {}

  bool Null() { return on_scalar({}); }
  bool Bool(bool value) { return on_scalar({.kind = Kind::Boolean, .integer = value}); }
  bool Int(int value) { return on_scalar({.kind = Kind::Integer, .integer = value}); }
  bool Uint(unsigned value) { return on_scalar({.kind = Kind::Integer, .integer = value}); }
  bool Int64(std::int64_t value) { return on_scalar({.kind = Kind::Integer, .integer = value}); }
  bool Uint64(std::uint64_t value) {
    if (value > static_cast<std::uint64_t>(INT64_MAX)) return Double(0);
    return Int64(static_cast<std::int64_t>(value));
  }
  bool Double(double) { return on_scalar({.kind = Kind::Number}); }
  bool RawNumber(const char*, unsigned, bool) { return on_scalar({.kind = Kind::Number}); }
  bool String(const char* text, unsigned size, bool) { return on_scalar({.kind = Kind::Text, .text = {text, size}}); }

  bool Key(const char* text, unsigned size, bool) {
    slot_ = ListFields::Names::find({text, size});
    return true;
  }

  bool StartObject() {
    if (++depth_ > kListNestingMax) return false;
    if (place_ == Place::Symbols && depth_ == 3) begin(Place::Symbol, symbol_);
    if (place_ == Place::Filters && depth_ == 5) begin(Place::Filter, entry_);
    if (place_ == Place::RateLimits && depth_ == 3) begin(Place::RateLimit, entry_);
    return true;
  }

  bool EndObject(unsigned) {
    const int closed = depth_--;
    if (place_ == Place::Symbol && closed == 3) {
      end_symbol();
      place_ = Place::Symbols;
    } else if (place_ == Place::Filter && closed == 5) {
      end_filter();
      place_ = Place::Filters;
    } else if (place_ == Place::RateLimit && closed == 3) {
      end_rate_limit();
      place_ = Place::RateLimits;
    }
    return true;
  }

  bool StartArray() {
    if (++depth_ > kListNestingMax) return false;
    if (place_ == Place::Answer && depth_ == 2 && slot_ == list_slot_of("symbols")) {
      place_ = Place::Symbols;
      has_symbols_ = true;
    } else if (place_ == Place::Answer && depth_ == 2 && slot_ == list_slot_of("rateLimits")) {
      place_ = Place::RateLimits;
    } else if (place_ == Place::Symbol && depth_ == 4 && slot_ == list_slot_of("filters")) {
      place_ = Place::Filters;
    }
    return true;
  }

  bool EndArray(unsigned) {
    const int closed = depth_--;
    if (closed == 2) place_ = Place::Answer;
    if (place_ == Place::Filters && closed == 4) place_ = Place::Symbol;
    return true;
  }

  [[nodiscard]] bool has_symbols() const { return has_symbols_; }
  [[nodiscard]] ExchangeInfo take() { return std::move(info_); }

 private:
  enum class Place : std::uint8_t { Answer, Symbols, Symbol, Filters, Filter, RateLimits, RateLimit };

  /// Scalars count where they stand directly in an object that is read; deeper ones belong to what is skipped.
  bool on_scalar(const common::JsonValue& value) {
    if (place_ == Place::Symbol && depth_ == 3) symbol_.put(slot_, value);
    if (place_ == Place::Filter && depth_ == 5) entry_.put(slot_, value);
    if (place_ == Place::RateLimit && depth_ == 3) entry_.put(slot_, value);
    if (place_ == Place::Symbols && depth_ == 2) skip({Reason::BadShape, "symbols"});
    return true;
  }

  void begin(Place place, ListFields& fields) {
    fields.clear();
    place_ = place;
    if (place == Place::Symbol) {
      tick_size_ = lot_size_ = kAbsent;
      step_error_.reset();
    }
  }

  /// docs/protocols/binance.md#instruments
  void end_symbol() {
    ListReader field{symbol_, common::TimeUnit::Millisecond};
    Instrument instrument;
    instrument.venue = venue_;
    instrument.name = field.symbol("symbol");
    instrument.native.text = instrument.name;
    instrument.base = field.text("baseAsset");
    instrument.quote = field.text("quoteAsset");
    instrument.status = field.text("status");
    instrument.trading = instrument.status == "TRADING";
    instrument.tick_size = tick_size_;
    instrument.lot_size = lot_size_;
    // Spot has no contract type. Perpetuals carry a date in the year 2100; TRADIFI_PERPETUAL is one too.
    const std::string_view contract = text_or_empty(symbol_, "contractType");
    if (!contract.empty() && contract.find("PERPETUAL") == std::string_view::npos) instrument.expiry = field.optional_time("deliveryDate");
    if (step_error_) field.fail(*step_error_);
    Result<Instrument> read = field.result(std::move(instrument));
    if (!read) return skip(read.error());
    info_.instruments.push_back(std::move(*read));
  }

  /// Filters come in any order and with any extra kinds.
  void end_filter() {
    const std::string_view type = text_or_empty(entry_, "filterType");
    if (type == "PRICE_FILTER") tick_size_ = step("tickSize");
    if (type == "LOT_SIZE") lot_size_ = step("stepSize");
  }

  Decimal step(ListFields::Name name) {
    ListReader field{entry_, common::TimeUnit::Millisecond};
    const Decimal value = field.price(name);
    if (const auto read = field.result(value); !read) {
      if (!step_error_) step_error_ = read.error();
      return kAbsent;
    }
    return value.is_zero() ? kAbsent : value;
  }

  void end_rate_limit() {
    const common::JsonValue* count = entry_.find("intervalNum");
    const common::JsonValue* limit = entry_.find("limit");
    const bool one_minute = text_or_empty(entry_, "interval") == "MINUTE" && count != nullptr && count->kind == Kind::Integer && count->integer == 1;
    if (text_or_empty(entry_, "rateLimitType") != "REQUEST_WEIGHT" || !one_minute) return;
    if (limit != nullptr && limit->kind == Kind::Integer && limit->integer > 0) info_.weight_per_minute = limit->integer;
  }

  void skip(Error error) {
    if (info_.skipped++ == 0) info_.first_skipped = error;
  }

  std::string_view venue_;
  ExchangeInfo info_;
  bool has_symbols_ = false;
  Place place_ = Place::Answer;
  int depth_ = 0;
  std::uint8_t slot_ = ListFields::Names::kOther;
  ListFields symbol_;
  ListFields entry_;  // a filter or a rate limit
  Decimal tick_size_;
  Decimal lot_size_;
  std::optional<Error> step_error_;
};

}  // namespace

Result<ExchangeInfo> parse_exchange_info(const std::string& body, std::string_view venue) {
  common::UnescapeBuffer unescape;
  unescape.begin_text(body.size(), 1);
  common::JsonStream stream(body, unescape);
  ListHandler handler(venue);
  rapidjson::Reader reader;
  if (reader.Parse<rapidjson::kParseInsituFlag>(stream, handler).IsError() || !stream.at_end()) return Error{Reason::BadJson};
  if (!handler.has_symbols()) return Error{Reason::MissingField, "symbols"};
  return handler.take();
}

}  // namespace tidegate::binance
