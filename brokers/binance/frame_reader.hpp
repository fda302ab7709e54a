// Splits one JSON frame into its messages: with or without the combined envelope, one message or an array of them. Knows the frame's shapes and where
// fields stand; what they mean is the decoder's business. A frame that is a plain message is read as such (plain_message.hpp), any other by
// RapidJSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "brokers/binance/message.hpp"
#include "brokers/common/unescape_buffer.hpp"
#include "gateway/core/result.hpp"
#include "gateway/core/update.hpp"

namespace tidegate::binance {

/// Objects and arrays within one another, so that a frame of brackets ends before the stack does. Binance uses five.
inline constexpr int kNestingMax = 32;

class MessageSink {
 public:
  virtual ~MessageSink() = default;
  /// Everything in it is valid during the call only.
  virtual void on_message(const Message& message) = 0;
  /// An element of an array, or the content of an envelope, that is no message at all.
  virtual void on_bad_message(Error error) = 0;
};

/// Keeps its buffers, so that reading allocates nothing once they have grown. One thread.
class FrameReader {
 public:
  /// Gives each message to the sink as soon as it is complete. An error, BadJson or BadShape, ends the frame; messages before it were given.
  [[nodiscard]] std::optional<Error> read(const std::string& frame, MessageSink& sink);

  // What RapidJSON calls while it parses; false stops it.
  bool Null() { return on_scalar({}); }
  bool Bool(bool value) { return on_scalar({.kind = common::JsonValue::Kind::Boolean, .integer = value}); }
  bool Int(int value) { return Int64(value); }
  bool Uint(unsigned value) { return Int64(value); }
  bool Int64(std::int64_t value);
  bool Uint64(std::uint64_t value);
  bool Double(double) { return on_scalar({.kind = common::JsonValue::Kind::Number}); }
  bool RawNumber(const char*, unsigned, bool) { return on_scalar({.kind = common::JsonValue::Kind::Number}); }
  bool String(const char* text, unsigned size, bool);
  bool Key(const char* text, unsigned size, bool);
  bool StartObject();
  bool EndObject(unsigned);
  bool StartArray();
  bool EndArray(unsigned);

 private:
  /// What the values that come now belong to.
  enum class Place : std::uint8_t {
    Frame,     // nothing yet: the root value comes next
    Message,   // fields of the message
    Kline,     // fields of the object under "k"
    Envelope,  // the value of "data" comes next
    Array,     // messages of an array
    Levels,    // one side of a book
    Skipped,   // an object or array that nobody reads
  };

  using Value = common::JsonValue;

  bool on_scalar(const Value& value);
  bool on_data_key();
  void begin_message();
  void end_message();
  void end_root();
  void begin_levels(LevelList& side);
  void begin_level();
  void on_level_value(const Value& value);
  void on_level_decimal(Decimal decimal);
  void end_level();
  void levels_fail(Reason reason);
  bool enter();
  void skip();
  bool refuse(Reason reason, std::string_view field = {});
  bool parse(const std::string& frame);

  MessageSink* sink_ = nullptr;
  std::optional<Error> error_;

  Place place_ = Place::Frame;
  int depth_ = 0;
  int array_depth_ = 0;                // depth of the array of messages; 0: none is open
  int skipped_depth_ = 0;              // depth at which the skipped structure began
  Place skipped_from_ = Place::Frame;  // where reading goes on after it

  bool stream_known_ = false;  // the envelope's, which is in message_ then
  bool data_skipped_ = false;  // "data" came before "stream"
  bool data_read_ = false;     // the root object is an envelope, and no message itself

  std::uint8_t slot_ = 0;  // of the field whose value comes next
  Message message_;

  LevelList* side_ = nullptr;  // the list that is being read
  int side_depth_ = 0;
  LevelUpdate* level_ = nullptr;  // that is being read, in its list
  LevelUpdate level_too_many_;    // for levels beyond kLevelsMax
  unsigned level_values_ = 0;     // of the level that is being read

  common::UnescapeBuffer unescape_;
};

}  // namespace tidegate::binance
