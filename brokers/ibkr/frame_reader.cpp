#include "brokers/ibkr/frame_reader.hpp"

#include <string_view>

#include <rapidjson/reader.h>

#include "brokers/common/json_stream.hpp"

namespace tidegate::ibkr {
namespace {

using Kind = common::JsonValue::Kind;

/// RapidJSON announces a number's text by PutBegin, too, once it stands behind the number: that is its end, and nothing of the text is to be passed
/// over. Strings are announced behind their opening quote.
class NumberTextStream : public common::JsonStream {
 public:
  using JsonStream::JsonStream;

  Ch* PutBegin() {
    auto* const next = reinterpret_cast<char*>(Tell());
    return next[-1] == '"' ? JsonStream::PutBegin() : next;
  }
};

}  // namespace
}  // namespace tidegate::ibkr

namespace rapidjson {
template <>
inline void SkipWhitespace(tidegate::ibkr::NumberTextStream& stream) {
  stream.skip_whitespace();
}
}  // namespace rapidjson

namespace tidegate::ibkr {

std::optional<Error> FrameReader::read(const std::string& frame, FrameShape shape, MessageSink& sink) {
  sink_ = &sink;
  shape_ = shape;
  error_.reset();
  place_ = Place::Frame;
  depth_ = 0;
  unescape_.begin_text(frame.size(), 1);
  NumberTextStream stream(frame, unescape_);
  rapidjson::Reader reader;
  constexpr unsigned kFlags = rapidjson::kParseInsituFlag | rapidjson::kParseNumbersAsStringsFlag;
  const bool parsed = !reader.Parse<kFlags>(stream, *this).IsError() && stream.at_end();
  if (!parsed && !error_) error_ = Error{Reason::BadJson};
  return error_;
}

// What follows is called by RapidJSON in the order of the text.

inline bool FrameReader::Key(const char* text, unsigned size, bool) {
  const std::string_view name{text, size};
  if (place_ == Place::Message) {
    slot_ = find_field(name);
    at_data_ = slot_ == Fields::Names::kOther && name == "data";
  } else if (place_ == Place::Row) {
    row_field_ = name == "row" ? &row_.row : name == "price" ? &row_.price : name == "bid" ? &row_.bid : name == "ask" ? &row_.ask : nullptr;
  }
  return true;
}

/// Almost all that a message holds.
inline bool FrameReader::on_text(std::string_view text, Value::Kind kind) {
  if (place_ != Place::Message) return on_scalar({.kind = kind, .text = text});
  fields_.put_text(slot_, text, kind);
  return true;
}

bool FrameReader::on_scalar(const Value& value) {
  switch (place_) {
    case Place::Message:
      fields_.put(slot_, value);
      return true;
    case Place::Row:
      if (row_field_ != nullptr) *row_field_ = value;
      return true;
    case Place::Rows:
    case Place::Skipped:
      return true;
    case Place::Answer:
      sink_->on_bad_message({Reason::BadShape});
      return true;
    case Place::Frame:
      break;
  }
  return refuse(Reason::BadShape);
}

inline bool FrameReader::StartObject() {
  if (!enter()) return false;
  switch (place_) {
    case Place::Frame:
      if (shape_ != FrameShape::Object) return refuse(Reason::BadShape);
      begin_message();
      return true;
    case Place::Answer:
      begin_message();
      return true;
    case Place::Message:
      fields_.put(slot_, {.kind = Kind::Object});
      skip();
      return true;
    case Place::Rows:
      row_ = {};
      row_field_ = nullptr;
      place_ = Place::Row;
      return true;
    case Place::Row:
      if (row_field_ != nullptr) *row_field_ = {.kind = Kind::Object};
      skip();
      return true;
    case Place::Skipped:
      break;
  }
  return true;
}

inline bool FrameReader::EndObject(unsigned) {
  const int closed = depth_--;
  if (place_ == Place::Message) {
    sink_->on_message({.fields = fields_, .rows = rows_, .too_many_rows = too_many_rows_});
    place_ = shape_ == FrameShape::Object ? Place::Frame : Place::Answer;
  } else if (place_ == Place::Row) {
    if (rows_.size() < kRowsPerMessageMax) {
      rows_.push_back(row_);
    } else {
      too_many_rows_ = true;
    }
    place_ = Place::Rows;
  } else if (closed == skipped_depth_) {
    place_ = skipped_from_;
  }
  return true;
}

inline bool FrameReader::StartArray() {
  if (!enter()) return false;
  switch (place_) {
    case Place::Frame:
      if (shape_ != FrameShape::ArrayOfRows) return refuse(Reason::BadShape);
      place_ = Place::Answer;
      return true;
    case Place::Answer:
      sink_->on_bad_message({Reason::BadShape});
      skip();
      return true;
    case Place::Message:
      fields_.put(slot_, {.kind = Kind::Array});
      if (at_data_) {
        rows_.clear();
        place_ = Place::Rows;
      } else {
        skip();
      }
      return true;
    case Place::Row:
      if (row_field_ != nullptr) *row_field_ = {.kind = Kind::Array};
      skip();
      return true;
    case Place::Rows:
      skip();
      return true;
    case Place::Skipped:
      break;
  }
  return true;
}

inline bool FrameReader::EndArray(unsigned) {
  const int closed = depth_--;
  if (place_ == Place::Rows) {
    place_ = Place::Message;
  } else if (place_ == Place::Answer) {
    place_ = Place::Frame;
  } else if (closed == skipped_depth_) {
    place_ = skipped_from_;
  }
  return true;
}

inline void FrameReader::begin_message() {
  fields_.clear();
  rows_.clear();
  too_many_rows_ = false;
  place_ = Place::Message;
}

/// One level deeper; false: too deep.
inline bool FrameReader::enter() { return ++depth_ <= kNestingMax || refuse(Reason::BadShape); }

/// Reads past the structure that has just begun.
inline void FrameReader::skip() {
  skipped_from_ = place_;
  skipped_depth_ = depth_;
  place_ = Place::Skipped;
}

/// Ends the parsing of this frame.
inline bool FrameReader::refuse(Reason reason) {
  error_ = Error{reason};
  return false;
}

}  // namespace tidegate::ibkr
