#include "brokers/xts/json_reader.hpp"

#include <rapidjson/reader.h>

#include "brokers/xts/json_text.hpp"
#include "brokers/xts/number_text.hpp"

namespace tidegate::xts {
namespace {

using Kind = common::JsonValue::Kind;

constexpr unsigned kFlags = rapidjson::kParseInsituFlag | rapidjson::kParseNumbersAsStringsFlag;

/// Absent for null and for what was not sent.
Decimal row_decimal(const common::JsonValue& value, std::string_view name, JsonRows& rows) {
  if (value.kind == Kind::Null) return kAbsent;
  if (value.kind != Kind::Number && value.kind != Kind::Text) {
    rows.fail({Reason::BadDecimal, name});
    return kAbsent;
  }
  const Result<Decimal> decimal = read_number(value.text);
  if (decimal) return *decimal;
  rows.fail({decimal.error().reason, name});
  return kAbsent;
}

std::uint32_t row_orders(Decimal orders, JsonRows& rows) {
  if (!orders.present()) return kNoOrders;
  const Decimal whole = rescale(orders, 0);
  if (whole.present() && whole.mantissa >= 0 && whole.mantissa < std::int64_t{kNoOrders}) return static_cast<std::uint32_t>(whole.mantissa);
  rows.fail({Reason::BadInteger, "TotalOrders"});
  return kNoOrders;
}

}  // namespace

void JsonRows::begin() {
  sent = true;
  rows.clear();
  fault.reset();
}

void JsonRows::fail(Error error) {
  if (!fault) fault = error;
}

std::optional<Error> JsonReader::read(std::string_view json) {
  text_.assign(json);
  unescape_.begin_text(text_.size(), 1);
  return parse(PlainJson{text_, unescape_});
}

std::optional<Error> JsonReader::read_quoted(std::string_view text) {
  auto error = parse(QuotedJson{text});
  if (!error || error->reason != Reason::BadJson) return error;
  // An escape of another kind stands in it, or it is broken: once more, the slow way.
  if (!unescaper_.unescape(text, text_)) return Error{Reason::BadJson};
  unescape_.begin_text(text_.size(), 1);
  return parse(PlainJson{text_, unescape_});
}

template <class Stream>
std::optional<Error> JsonReader::parse(Stream stream) {
  place_ = Place::Start;
  depth_ = 0;
  error_.reset();
  rapidjson::Reader reader;
  if (reader.Parse<kFlags>(stream, *this).IsError() || !stream.at_end()) return error_ ? error_ : Error{Reason::BadJson};
  return std::nullopt;
}

// What follows is called by RapidJSON in the order of the text.

inline bool JsonReader::Key(const char* text, unsigned size, bool) {
  if (place_ != Place::Skipped) slot_ = FieldIndex::find({text, size});
  return true;
}

inline bool JsonReader::on_scalar(const Value& value) {
  switch (place_) {
    case Place::Message:
    case Place::Touchline: {
      Fields& fields = place_ == Place::Message ? message_.fields : message_.touchline;
      fields.put(slot_, value);
      if (JsonRows* const rows = rows_under(slot_)) {
        rows->begin();
        rows->sent = value.kind != Kind::Null;
        if (rows->sent) rows->fail({Reason::BadShape, kFieldNames[slot_]});
      } else if (place_ == Place::Message && slot_ == slot_of("Touchline")) {
        message_.has_touchline = false;
      }
      return true;
    }
    case Place::Row:
      if (slot_ == slot_of("Size")) size_ = value;
      if (slot_ == slot_of("Price")) price_ = value;
      if (slot_ == slot_of("TotalOrders")) orders_ = value;
      return true;
    case Place::Rows:
      rows_->fail({Reason::BadShape});
      return true;
    case Place::Skipped:
      return true;
    case Place::Start:
      break;
  }
  return refuse();
}

/// What the rows under a name of the present object go to; null: no rows stand under that name.
inline JsonRows* JsonReader::rows_under(std::uint8_t slot) {
  const bool in_touchline = place_ == Place::Touchline;
  switch (slot) {
    case slot_of("Bids"):
      return in_touchline ? nullptr : &message_.bids;
    case slot_of("Asks"):
      return in_touchline ? nullptr : &message_.asks;
    case slot_of("BidInfo"):
      return in_touchline ? &message_.touchline_bid : &message_.bid;
    case slot_of("AskInfo"):
      return in_touchline ? &message_.touchline_ask : &message_.ask;
    default:
      return nullptr;
  }
}

inline bool JsonReader::StartObject() {
  if (!enter()) return false;
  switch (place_) {
    case Place::Start:
      message_.fields.clear();
      message_.touchline.clear();
      message_.has_touchline = false;
      for (JsonRows* rows : {&message_.bids, &message_.asks, &message_.bid, &message_.ask, &message_.touchline_bid, &message_.touchline_ask}) {
        rows->begin();
        rows->sent = false;
      }
      place_ = Place::Message;
      return true;
    case Place::Message:
    case Place::Touchline:
      begin_field_object();
      return true;
    case Place::Rows:
      begin_row();
      return true;
    case Place::Row:
      static_cast<void>(on_scalar({.kind = Kind::Object}));
      skip();
      return true;
    case Place::Skipped:
      break;
  }
  return true;
}

/// An object under a name: the touchline, one row, or nothing for us.
inline void JsonReader::begin_field_object() {
  (place_ == Place::Message ? message_.fields : message_.touchline).put(slot_, {.kind = Kind::Object});
  if (place_ == Place::Message && slot_ == slot_of("Touchline")) {
    message_.touchline.clear();
    message_.touchline_bid.sent = message_.touchline_ask.sent = false;
    message_.has_touchline = true;
    place_ = Place::Touchline;
    return;
  }
  JsonRows* const rows = rows_under(slot_);
  if (rows == nullptr) return skip();
  rows->begin();
  if (slot_ != slot_of("BidInfo") && slot_ != slot_of("AskInfo")) {
    rows->fail({Reason::BadShape, kFieldNames[slot_]});
    return skip();
  }
  rows_ = rows;
  begin_row();
}

inline bool JsonReader::EndObject(unsigned) {
  const int closed = depth_--;
  if (place_ == Place::Row) {
    end_row();
  } else if (place_ == Place::Touchline) {
    place_ = Place::Message;
  } else if (place_ == Place::Skipped && closed == skipped_depth_) {
    place_ = skipped_from_;
  }
  return true;
}

inline bool JsonReader::StartArray() {
  if (!enter()) return false;
  if (place_ == Place::Start) return refuse();
  if (place_ == Place::Message && (slot_ == slot_of("Bids") || slot_ == slot_of("Asks"))) {
    message_.fields.put(slot_, {.kind = Kind::Array});
    rows_ = rows_under(slot_);
    rows_->begin();
    place_ = Place::Rows;
    return true;
  }
  if (place_ != Place::Skipped) {
    static_cast<void>(on_scalar({.kind = Kind::Array}));
    skip();
  }
  return true;
}

inline bool JsonReader::EndArray(unsigned) {
  const int closed = depth_--;
  if (place_ == Place::Rows) {
    place_ = Place::Message;
  } else if (place_ == Place::Skipped && closed == skipped_depth_) {
    place_ = skipped_from_;
  }
  return true;
}

inline void JsonReader::begin_row() {
  size_ = price_ = orders_ = {};
  row_from_ = place_;
  place_ = Place::Row;
}

inline void JsonReader::end_row() {
  place_ = row_from_;
  if (rows_->rows.size() == kJsonRowsMax) return rows_->fail({Reason::TooManyLevels});
  const BookRow row{
      .size = row_decimal(size_, "Size", *rows_),
      .price = row_decimal(price_, "Price", *rows_),
      .orders = row_orders(row_decimal(orders_, "TotalOrders", *rows_), *rows_),
  };
  if (row.size.present() && row.size.mantissa < 0) rows_->fail({Reason::BadDecimal, "Size"});
  rows_->rows.push_back(row);
}

/// One level deeper; false: too deep.
inline bool JsonReader::enter() { return ++depth_ <= kJsonNestingMax || refuse(); }

/// Reads past the structure that has just begun.
inline void JsonReader::skip() {
  skipped_from_ = place_;
  skipped_depth_ = depth_;
  place_ = Place::Skipped;
}

/// Ends the parsing of this text.
inline bool JsonReader::refuse() {
  error_ = Error{Reason::BadShape};
  return false;
}

}  // namespace tidegate::xts
