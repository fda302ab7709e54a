#include "brokers/binance/frame_reader.hpp"

#include <limits>

#include <rapidjson/reader.h>

#include "brokers/binance/plain_message.hpp"
#include "brokers/common/decimal_reader.hpp"
#include "brokers/common/json_stream.hpp"

namespace tidegate::binance {

using Kind = common::JsonValue::Kind;

std::optional<Error> FrameReader::read(const std::string& frame, MessageSink& sink) {
  if (read_plain_message(frame, message_)) {
    sink.on_message(message_);
    return std::nullopt;
  }
  sink_ = &sink;
  error_.reset();
  message_.stream = {};
  stream_known_ = false;
  unescape_.begin_text(frame.size(), 2);
  if (!parse(frame)) return error_;
  // Key order is free: an envelope whose stream comes last is read again, now that its name is known.
  if (stream_known_ && data_skipped_ && !parse(frame)) return error_;
  return std::nullopt;
}

bool FrameReader::parse(const std::string& frame) {
  place_ = Place::Frame;
  depth_ = array_depth_ = 0;
  data_skipped_ = data_read_ = false;
  common::JsonStream stream(frame, unescape_);
  rapidjson::Reader reader;
  const bool parsed = !reader.Parse<rapidjson::kParseInsituFlag>(stream, *this).IsError() && stream.at_end();
  if (!parsed && !error_) error_ = Error{Reason::BadJson};
  return parsed;
}

// What follows is called by RapidJSON in the order of the text.

inline bool FrameReader::Key(const char* text, unsigned size, bool) {
  if (place_ == Place::Skipped) return true;
  slot_ = Fields::Names::find({text, size});
  return depth_ == 1 && slot_ == slot_of("data") ? on_data_key() : true;
}

inline bool FrameReader::on_data_key() {
  if (data_read_) return refuse(Reason::BadShape, "data");
  if (!stream_known_) {
    const Value* stream = message_.fields.find("stream");
    if (stream == nullptr || stream->kind != Kind::Text) {
      data_skipped_ = true;
      return true;
    }
    message_.stream = stream->text;
    stream_known_ = true;
  }
  place_ = Place::Envelope;
  data_read_ = true;
  return true;
}

// The two usual kinds first, past the values' common path: most of a frame's time is spent here.

inline bool FrameReader::String(const char* text, unsigned size, bool) {
  if (place_ == Place::Message) {
    message_.fields.put_text(slot_, {text, size});
    return true;
  }
  if (place_ == Place::Levels && depth_ != side_depth_ && level_values_ < 2) {
    if (Decimal decimal; common::read_short_decimal({text, size}, decimal)) {
      on_level_decimal(decimal);
      return true;
    }
  }
  return on_scalar({.kind = Kind::Text, .text = {text, size}});
}

inline bool FrameReader::Int64(std::int64_t value) {
  if (place_ == Place::Message) {
    message_.fields.put_integer(slot_, value);
    return true;
  }
  return on_scalar({.kind = Kind::Integer, .integer = value});
}

bool FrameReader::on_scalar(const Value& value) {
  switch (place_) {
    case Place::Message:
      message_.fields.put(slot_, value);
      return true;
    case Place::Levels:
      on_level_value(value);
      return true;
    case Place::Kline:
      message_.kline.put(slot_, value);
      return true;
    case Place::Skipped:
      return true;
    case Place::Array:
      sink_->on_bad_message({Reason::BadShape});
      return true;
    case Place::Envelope:
      sink_->on_bad_message({Reason::BadShape, "data"});
      place_ = Place::Message;
      return true;
    case Place::Frame:
      break;
  }
  return refuse(Reason::BadShape);
}

inline bool FrameReader::Uint64(std::uint64_t value) {
  if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return Double(0);
  return Int64(static_cast<std::int64_t>(value));
}

inline bool FrameReader::StartObject() {
  if (!enter()) return false;
  switch (place_) {
    case Place::Frame:
    case Place::Envelope:
    case Place::Array:
      begin_message();
      return true;
    case Place::Message:
      message_.fields.put(slot_, {.kind = Kind::Object});
      if (slot_ == slot_of("k")) {
        message_.kline.clear();
        place_ = Place::Kline;
      } else {
        skip();
      }
      return true;
    case Place::Kline:
      message_.kline.put(slot_, {.kind = Kind::Object});
      skip();
      return true;
    case Place::Levels:
      if (depth_ == side_depth_ + 1) {
        levels_fail(Reason::BadShape);
      } else {
        on_level_value({.kind = Kind::Object});
      }
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
    if (closed == 1) {
      end_root();
    } else {
      end_message();
    }
  } else if (place_ == Place::Kline) {
    place_ = Place::Message;
  } else if (closed == skipped_depth_) {
    place_ = skipped_from_;
  }
  return true;
}

inline bool FrameReader::StartArray() {
  if (!enter()) return false;
  switch (place_) {
    case Place::Frame:
    case Place::Envelope:
      place_ = Place::Array;
      array_depth_ = depth_;
      return true;
    case Place::Array:
      sink_->on_bad_message({Reason::BadShape});
      skip();
      return true;
    case Place::Message:
      message_.fields.put(slot_, {.kind = Kind::Array});
      if (LevelList* const list = message_.list(slot_)) {
        begin_levels(*list);
      } else {
        skip();
      }
      return true;
    case Place::Kline:
      message_.kline.put(slot_, {.kind = Kind::Array});
      skip();
      return true;
    case Place::Levels:
      if (depth_ == side_depth_ + 1) {
        begin_level();
      } else {
        on_level_value({.kind = Kind::Array});
        skip();
      }
      return true;
    case Place::Skipped:
      break;
  }
  return true;
}

inline bool FrameReader::EndArray(unsigned) {
  const int closed = depth_--;
  if (place_ == Place::Levels) {
    if (closed == side_depth_) {
      place_ = Place::Message;
    } else {
      end_level();
    }
  } else if (place_ == Place::Array) {
    array_depth_ = 0;
    place_ = depth_ == 0 ? Place::Frame : Place::Message;
  } else if (closed == skipped_depth_) {
    place_ = skipped_from_;
  }
  return true;
}

inline void FrameReader::begin_message() {
  message_.clear();
  place_ = Place::Message;
}

inline void FrameReader::end_message() {
  sink_->on_message(message_);
  place_ = array_depth_ != 0 ? Place::Array : Place::Message;
}

/// The root object: a message itself, unless it was an envelope, or turns out to be one that must be read again.
inline void FrameReader::end_root() {
  if (data_read_) return;
  if (const Value* stream = message_.fields.find("stream"); data_skipped_ && stream != nullptr && stream->kind == Kind::Text) {
    message_.stream = stream->text;
    stream_known_ = true;
    return;
  }
  end_message();
}

inline void FrameReader::begin_levels(LevelList& side) {
  side.clear();
  side_ = &side;
  side_depth_ = depth_;
  place_ = Place::Levels;
}

inline void FrameReader::begin_level() {
  level_values_ = 0;
  level_ = side_->levels.size() == kLevelsMax ? &level_too_many_ : &side_->levels.emplace_back();
}

void FrameReader::on_level_value(const Value& value) {
  if (depth_ == side_depth_) return levels_fail(Reason::BadShape);
  if (level_values_ > 1) return;  // older interfaces put an empty array behind price and quantity
  Result<Decimal> decimal = common::read_decimal(value);
  if (decimal && decimal->mantissa < 0) decimal = Error{Reason::BadDecimal};
  if (!decimal) levels_fail(decimal.error().reason);
  on_level_decimal(decimal ? *decimal : kAbsent);
}

inline void FrameReader::on_level_decimal(Decimal decimal) { (level_values_++ == 0 ? level_->price : level_->quantity) = decimal; }

inline void FrameReader::end_level() {
  if (level_values_ < 2) return levels_fail(Reason::MissingField);
  if (level_ == &level_too_many_) levels_fail(Reason::TooManyLevels);
}

inline void FrameReader::levels_fail(Reason reason) {
  if (!side_->fault) side_->fault = reason;
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
inline bool FrameReader::refuse(Reason reason, std::string_view field) {
  error_ = Error{reason, field};
  return false;
}

}  // namespace tidegate::binance
